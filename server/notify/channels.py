"""Which channels the operator's settings open."""

from __future__ import annotations

from server.clock import Clock
from server.languages import Languages
from server.notify.mail import Composer, Mailer, Smtp
from server.notify.notices import Notices
from server.notify.outbox import Outbox, Send
from server.notify.rows import Channel
from server.notify.signing import read_secrets
from server.notify.webhooks import Webhook
from server.settings import Settings
from server.store.engine import Store


def notifications(settings: Settings, store: Store, clock: Clock, languages: Languages) -> tuple[Notices, Outbox]:
    """What writes and what sends."""
    channels: dict[Channel, Send] = {}
    compose = None
    if settings.smtp_host:
        channels["mail"] = Mailer(smtp_of(settings))
        compose = Composer(languages, settings.mail_from, settings.url)
    if settings.webhook_url:
        secrets = read_secrets(settings.webhook_secret)
        channels["webhook"] = Webhook(clock, settings.webhook_url, secrets, private=settings.webhook_private)
    outbox = Outbox(store, clock, channels)
    return Notices(store, clock, compose=compose, can_report="webhook" in channels, wake=outbox.wake), outbox


def smtp_of(settings: Settings) -> Smtp:
    return Smtp(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        sender=settings.mail_from,
        user=settings.smtp_user,
        password=settings.smtp_password,
    )
