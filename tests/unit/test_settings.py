from pathlib import Path

import msgspec
import pytest

from server.settings import Settings, SettingsError, read_settings

EXAMPLE = Path(__file__).parents[2] / "config" / "microteach.example.toml"
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"


def test_the_example_shows_every_key_with_its_default() -> None:
    assert read_settings(EXAMPLE, {}) == Settings()
    text = EXAMPLE.read_text()
    assert all(f"\n{field.name} = " in text for field in msgspec.structs.fields(Settings))


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "microteach.toml"
    file.write_text('media_port = 4000\nadvertise = ["192.0.2.1"]\n')
    settings = read_settings(file, {"MT_MEDIA_PORT": "5000", "MT_ADVERTISE": "192.0.2.7, 2001:db8::1"})
    assert settings.media_port == 5000
    assert settings.advertise == ("192.0.2.7", "2001:db8::1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("surprise = 1", "surprise"),
        ("media_port = 0", "media_port"),
        ("listen = 'localhost'", "listen"),
        ("listen = 'localhost:99999'", "99999"),
        ("public_url = 'school.example'", "public_url"),
        ("tls_cert = 'a.pem'", "tls_key"),
        ("oidc_issuer = 'https://id.school.example'", "oidc_client_id"),
        ("oidc_issuer = 'http://id.school.example'\noidc_client_id = 'microteach'", "https"),
        ("oidc_issuer = 'id.school.example'\noidc_client_id = 'microteach'", "oidc_issuer"),
        ("smtp_host = 'mail.school.example'", "mail_from"),
        ("smtp_host = 'mail.school.example'\nmail_from = 'Microteach <m@school.example>'", "mail_from"),
        ("smtp_host = 'mail.school.example'\nmail_from = 'm@school.example'\nlisten = '0.0.0.0:80'", "public_url"),
        ("smtp_host = 'mail.school.example'\nmail_from = 'm@school.example'\nsmtp_user = 'm'\nsmtp_security = 'none'", "smtp_security"),
        ("smtp_security = 'ssl'", "smtp_security"),
        ("webhook_url = 'https://school.example/hook'", "webhook_secret"),
        ("webhook_url = 'https://school.example/hook'\nwebhook_secret = 'whsec_c2hvcnQ='", "webhook_secret"),
        (f"webhook_url = 'http://school.example/hook'\nwebhook_secret = '{SECRET}'", "https"),
        ("webhook_url = 'https://user:word@school.example/hook'", "webhook_url"),
        ("turn_urls = ['turn:relay.school.example']", "turn_secret"),
        ("turn_secret = 'x'", "turn_urls"),
        ("turn_urls = ['stun:relay.school.example']\nturn_secret = 'x'", "turn_urls"),
        ("turn_urls = ['turns:relay.school.example?transport=sctp']\nturn_secret = 'x'", "turn_urls"),
        ("turn_minutes = 5", "turn_minutes"),
        ("listen =", "microteach.toml"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "microteach.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=words):
        read_settings(file, {})


@pytest.mark.parametrize(
    ("listen", "url"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::1]:81", "http://[::1]:81"),
        ("school.example:82", "http://school.example:82"),
    ],
)
def test_the_address_that_is_printed_can_be_opened(listen: str, url: str) -> None:
    assert Settings(listen=listen).url == url


def test_links_and_cookies_follow_the_address_that_people_open() -> None:
    behind = Settings(public_url="https://school.example")
    assert behind.secure
    assert behind.url == "https://school.example"
    assert not Settings().secure


def test_what_is_secret_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "microteach.toml"
    relay = "turn_urls = ['turn:x']\nturn_secret = 'canary'"
    hook = f"webhook_url = 'https://school.example/hook'\nwebhook_secret = '{SECRET} {SECRET}'"
    file.write_text(f"{hook}\nsmtp_password = 'canary'\n{relay}\n")
    shown = repr(read_settings(file, {"MT_WEBHOOK_PRIVATE": "true"}))
    assert "webhook_private=True" in shown
    assert "canary" not in shown
    assert SECRET not in shown
