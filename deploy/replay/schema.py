"""An empty schema beside a service's live one, for as long as a replay takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from deploy.provision import CORE, ROOT, Site, role
from shared.postgres.migrations import migrate


@contextmanager
def empty_schema(site: Site, service: str) -> Iterator[str]:
    """The name of a migrated, empty schema that the service's role owns; it is gone at the end.

    What an interrupted replay left behind is dropped first.
    """
    name = f"replay_{service}"
    with psycopg.connect(site.postgres_superuser_dsn, dbname=site.database, autocommit=True) as connection:
        _drop(connection, name)
        owner = sql.Identifier(role(service))
        connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(sql.Identifier(name), owner))
        try:
            migrate(site.dsn(service), name, (CORE, ROOT / "services" / service / "sql" / "migrations"))
            yield name
        finally:
            _drop(connection, name)


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute("SET client_min_messages TO warning")
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))
