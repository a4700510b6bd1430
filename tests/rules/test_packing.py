"""What an operator starts Microteach with holds together: image, compose file, Caddyfile, coturn's and systemd's files."""

from __future__ import annotations

import ipaddress
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml  # type: ignore[import-untyped]

from server.settings import ENVIRONMENT_PREFIX, Settings, read_settings
from tests.fakes.image import ROOT, dockerfile, exec_form, ignored, stages

CONFIG = ROOT / "config"
COMPOSE: dict[str, Any] = yaml.safe_load((CONFIG / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("microteach:")}
CADDYFILE = (CONFIG / "Caddyfile").read_text()
COTURN = [line.strip() for line in (CONFIG / "coturn.conf").read_text().splitlines() if line.strip() and not line.startswith("#")]
UNIT = (CONFIG / "microteach.service").read_text()
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
KEYS = {ENVIRONMENT_PREFIX + field.name.upper() for field in msgspec.structs.fields(Settings)}
IMAGE_SETTINGS = dockerfile()[-1].environment
SETTINGS_FILE = "/microteach/microteach.toml"


def settings_of(service: dict[str, Any]) -> Settings:
    """As a process in the container reads them: image, then compose file, over the cluster's example."""
    return read_settings(CONFIG / "cluster.example.toml", {**IMAGE_SETTINGS, **service["environment"]})


# The image


def test_every_source_of_a_copy_is_there_and_not_left_out() -> None:
    rules = (ROOT / ".dockerignore").read_text()
    sources = [name for stage in dockerfile() for origin, names, _ in stage.copies if not origin for name in names]
    assert sources
    for name in sources:
        assert (ROOT / name).exists(), name
        assert not ignored(name, rules), name


def test_nothing_private_gets_into_the_build() -> None:
    rules = (ROOT / ".dockerignore").read_text()
    for name in (
        "data/microteach.db",
        "data/keys/x.key",
        "microteach.toml",
        "config/.env",
        "config/microteach.toml",
        ".git/config",
        ".venv",
    ):
        assert ignored(name, rules), name
    for name in ("server/app.py", "config/plans/alone.toml", "web/templates/base.html", "server/media/native/forward.c"):
        assert not ignored(name, rules), name
    assert ignored("server/media/native/forward.so", rules), "made anew in the image, for its own C library"


def test_the_image_runs_as_somebody_without_rights_and_without_a_shell() -> None:
    last = dockerfile()[-1]
    user, _, group = last.last("USER").partition(":")
    assert int(user) >= 10_000
    assert int(group) >= 10_000
    assert exec_form(last.last("ENTRYPOINT"))[-1] == "microteach"
    assert exec_form(last.last("CMD")) == ["run"]
    assert last.last("STOPSIGNAL") == "SIGTERM"
    assert {"/data", "/keys"} == set(exec_form(last.last("VOLUME")))
    assert "chown" not in " ".join(last.all("COPY")), "the program belongs to root"


def test_the_image_is_made_in_two_stages_and_keeps_no_compiler() -> None:
    build, last = dockerfile()
    assert build.base == last.base, "a virtual environment works only with the Python that it was made with"
    assert "gcc" in " ".join(build.all("RUN"))
    assert "gcc" not in " ".join(last.all("RUN"))
    assert all("rm -rf /var/lib/apt/lists/*" in run for run in (*build.all("RUN"), *last.all("RUN")) if "apt-get install" in run)


def test_its_labels_licences_and_version_are_those_of_the_project() -> None:
    labels = dockerfile()[-1].last("LABEL")
    assert f'image.version="{VERSION}"' in labels
    assert "GPL-2.0-or-later" in labels, "FFmpeg in PyAV's wheels, NOTICE"
    copied = [name for _, names, _ in dockerfile()[-1].copies for name in names]
    assert {"LICENSE", "NOTICE"} <= set(copied)


def test_images_are_named_by_version_and_by_no_host() -> None:
    images = [stage.base for stage in dockerfile()] + [service["image"] for service in SERVICES.values()]
    for image in images:
        assert re.fullmatch(r"[a-z0-9-]+(/[a-z0-9-]+)?:[0-9][0-9A-Za-z.-]*", image), image
    assert {service["image"] for service in OURS.values()} == {f"microteach:{VERSION}"}


def test_a_dockerfile_is_read_as_it_is_meant() -> None:
    first, second = stages('FROM a:1 AS b\n# no\nRUN x \\\n && y\nFROM c:2\nENV A=1 \\\n    B="2 3"\nCOPY --from=b /x y ./\nCMD ["z"]\n')
    assert (first.base, first.name, second.base) == ("a:1", "b", "c:2")
    assert first.all("RUN") == ["x   && y"]
    assert second.environment == {"A": "1", "B": "2 3"}
    assert second.copies == [("b", ["/x", "y"], "./")]


# Settings and ports


def test_every_setting_that_is_named_exists() -> None:
    named = set(IMAGE_SETTINGS) | {key for service in OURS.values() for key in service["environment"]}
    named |= set(re.findall(r"\bMT_[A-Z0-9_]+", UNIT + (ROOT / "Dockerfile").read_text()))
    assert {name for name in named if name.startswith(ENVIRONMENT_PREFIX)} - KEYS <= {"MT_SETTINGS"}
    assert {f"{ENVIRONMENT_PREFIX}DATA", f"{ENVIRONMENT_PREFIX}KEYS"} <= set(IMAGE_SETTINGS)


def test_ports_are_the_programs_own() -> None:
    default = Settings()
    exposed = dockerfile()[-1].last("EXPOSE").split()
    assert exposed == [f"{default.port}/tcp", f"{default.media_port}/udp"]
    assert SERVICES["microteach"]["environment"]["MT_MEDIA_PORT"] == str(default.media_port)
    assert settings_of(SERVICES["microteach"]).port == default.port


def test_nothing_listens_for_others_but_what_people_need() -> None:
    for name, service in SERVICES.items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name}: {port}"
    for name in ("microteach", "second"):
        settings = settings_of(SERVICES[name])
        for address in (settings.listen, settings.node_listen, settings.metrics_listen):
            assert ipaddress.ip_address(address.rpartition(":")[0]).is_loopback, address


def test_the_nodes_of_the_cluster_are_members_of_one_and_share_no_port() -> None:
    first, second = (settings_of(SERVICES[name]) for name in ("microteach", "second"))
    assert first.redis == second.redis != ""
    assert first.database == second.database != ""
    assert first.node != second.node
    for key in ("listen", "node_listen", "metrics_listen", "media_port"):
        assert getattr(first, key) != getattr(second, key), key
    volumes = [
        {each.split(":")[0] for each in SERVICES[name]["volumes"] if each.split(":")[1] in ("/data", "/keys")}
        for name in ("microteach", "second")
    ]
    assert not volumes[0] & volumes[1], "each records to its own disk"


@pytest.mark.parametrize(("service", "key"), [("postgres", "database"), ("valkey", "redis"), ("s3", "s3_endpoint")])
def test_the_clusters_example_finds_what_the_compose_file_starts(service: str, key: str) -> None:
    published = SERVICES[service]["ports"][0].rpartition(":")[0]
    assert published in getattr(settings_of(SERVICES["microteach"]), key)


def test_the_two_buckets_of_the_example_are_made() -> None:
    settings, script = settings_of(SERVICES["microteach"]), SERVICES["s3"]["command"][0]
    assert f"for bucket in {settings.s3_bucket} {settings.s3_keys_bucket};" in script


@pytest.mark.parametrize("service", [name for name, service in SERVICES.items() if service.get("entrypoint")])
def test_scripts_of_the_compose_file_are_scripts_and_stop_without_a_secret(service: str) -> None:
    (script,) = SERVICES[service]["command"]
    script = re.sub(r"\$\{[A-Z]+:-(.*?)\}", r"\1", script).replace("$$", "$")
    checked = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    wanted = re.search(r"\$\{([A-Z0-9_]+):\?\}", script)
    assert wanted
    assert wanted[1] in SERVICES[service]["environment"]
    first = script[: script.index("weed server" if service == "s3" else "exec")].replace("/etc/coturn/base.conf", "/dev/null")
    first = first.replace("/tmp/", "/dev/null/")
    tried = subprocess.run(["/bin/sh", "-ec", first], env={}, text=True, capture_output=True, check=False)
    assert tried.returncode != 0


def test_the_default_is_one_container_and_every_profile_is_explained() -> None:
    assert [name for name, service in SERVICES.items() if not service.get("profiles")] == ["microteach"]
    head = (CONFIG / "compose.yaml").read_text().split("x-microteach")[0]
    for profile in {profile for service in SERVICES.values() for profile in service.get("profiles", [])}:
        assert f"--profile {profile}" in head
    for name in re.findall(r"\$\{([A-Z0-9_]+)[:}]", (CONFIG / "compose.yaml").read_text().split("x-microteach")[1]):
        assert name in head or name == "CERTIFICATES", name


def test_our_containers_can_write_only_where_they_should() -> None:
    for name, service in OURS.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert any(each.startswith("/tmp:") for each in service["tmpfs"]), name
        assert service["shm_size"] == "256mb", "the ring of 64 MiB does not fit into Docker's own 64 MB"
        assert int(service["stop_grace_period"].removesuffix("s")) >= settings_of(SERVICES["microteach"]).drain_s + 20
        assert [each for each in service["volumes"] if each.endswith(f":{SETTINGS_FILE}:ro")], name


def test_every_volume_is_declared_and_used() -> None:
    used = {each.split(":")[0] for service in SERVICES.values() for each in service.get("volumes", [])}
    named = {re.sub(r"\$\{[A-Z_]+:-(.*?)\}", r"\1", each) for each in used}
    named = {each for each in named if re.fullmatch(r"[a-z0-9-]+", each)} | {"caddy-files"}
    assert named == set(COMPOSE["volumes"])


def test_files_that_containers_read_are_there() -> None:
    for service in SERVICES.values():
        for each in service.get("volumes", []):
            if each.startswith("./"):
                assert (CONFIG / each.split(":")[0]).is_file(), each
    assert (CONFIG / "microteach.example.toml").is_file()


# In front, and the relay


def test_caddy_asks_the_nodes_where_they_say_whether_they_live() -> None:
    port = IMAGE_SETTINGS["MT_METRICS_LISTEN"].rpartition(":")[2]
    assert f"health_port {{$HEALTH_PORT:{port}}}" in CADDYFILE
    assert "health_uri /healthz" in CADDYFILE
    for name in ("microteach", "second"):
        assert SERVICES[name]["environment"]["MT_METRICS_LISTEN"].endswith(f":{port}")
        assert SERVICES[name]["environment"]["MT_LISTEN"] in (CONFIG / "compose.yaml").read_text().split("x-microteach")[0]


def test_caddy_names_every_word_that_it_is_given() -> None:
    named = set(re.findall(r"\{\$([A-Z_]+)", CADDYFILE))
    assert set(SERVICES["caddy"]["environment"]) <= named
    for name in named:
        assert re.search(rf"^# .*\b{name}\b", CADDYFILE, re.MULTILINE), name
    for mode in ("public", "internal", "files"):
        assert f"(tls-{mode})" in CADDYFILE
        assert re.search(rf"^# +(TLS +)?{mode}:", CADDYFILE, re.MULTILINE), mode


def test_the_relay_forbids_every_special_address() -> None:
    denied = [line.removeprefix("denied-peer-ip=").split("-") for line in COTURN if line.startswith("denied-peer-ip=")]
    ranges = [(ipaddress.ip_address(each[0]), ipaddress.ip_address(each[-1])) for each in denied]
    every = {4: ("0.0.0.0", "255.255.255.255"), 6: ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")}
    for version, (first, last) in every.items():
        assert (ipaddress.ip_address(first), ipaddress.ip_address(last)) in ranges
        narrower = [each for each in ranges if (str(each[0]), str(each[1])) != (first, last)]
        special = ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "172.31.0.1", "100.64.0.1", "0.0.0.0", "224.0.0.1"]
        special = (
            special
            if version == 4
            else ["::1", "::", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fc00::1", "fe80::1", "ff02::1", "2002:7f00:1::"]
        )
        for address in special:
            asked = ipaddress.ip_address(address)
            inside = [one for one in narrower if one[0].version == version and int(one[0]) <= int(asked) <= int(one[1])]
            assert inside, address
    assert "use-auth-secret" in COTURN
    assert not any(line.startswith(("static-auth-secret", "user=", "lt-cred-mech", "allow-loopback-peers")) for line in COTURN)


# systemd


def test_the_unit_gives_up_what_it_does_not_need_and_waits_for_the_end() -> None:
    lines = UNIT.splitlines()
    for line in (
        "NoNewPrivileges=true",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "UMask=0077",
        "LimitCORE=0",
        "KillSignal=SIGTERM",
    ):
        assert line in lines
    timeout = next(int(line.partition("=")[2]) for line in lines if line.startswith("TimeoutStopSec="))
    assert timeout >= Settings().drain_s + 20
    start = next(line for line in lines if line.startswith("ExecStart="))
    assert " run --settings " in start


def test_no_file_holds_a_secret() -> None:
    for path in (CONFIG / "compose.yaml", CONFIG / "coturn.conf", CONFIG / "Caddyfile", CONFIG / "microteach.service", ROOT / "Dockerfile"):
        for line in Path(path).read_text().splitlines():
            given = re.search(r"(?i)(password|secret)[a-z_-]*\s*[:=]\s*([^\s\",\]]+)", re.sub(r"\$+\{[^}]*\}", "", line))
            assert line.lstrip().startswith("#") or given is None, f"{path.name}: {line}"
