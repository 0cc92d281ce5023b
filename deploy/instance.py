"""The running instance, as commands that look into it or repair it need it."""

from __future__ import annotations

from deploy import run_file
from deploy.local.layout import Layout, default_layout, load_secrets
from deploy.local.postgres import SUPERUSER
from deploy.provision import Site
from shared.rulebooks.units import load_units


def running_site(layout: Layout | None = None) -> Site:
    """The site of the instance that runs at this home; raises `NotUpError` where there is none."""
    found = layout or default_layout()
    running, secrets = run_file.read(found.home), load_secrets(found)
    return Site(
        running.kafka_bootstrap,
        running.topic_prefix,
        f"postgresql://{SUPERUSER}:{secrets.postgres_superuser}@{running.postgres}/postgres",
        running.database,
        secrets.roles,
        load_units().codes,
    )
