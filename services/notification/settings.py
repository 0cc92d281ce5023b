"""What notification is told at its start."""

from __future__ import annotations

from shared.messaging.settings import ServiceSettings


class Settings(ServiceSettings):
    """Besides what every service has: the mail server, and who the mails are from."""

    postgres_schema: str = "notification"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 2525
    mail_from: str = "ocop@thong-bao.example"
    mail_from_name: str = "Hệ thống OCOP"
    message_id_domain: str = "thong-bao.example"
    delivered_keep_days: int = 730
