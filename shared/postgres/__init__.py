"""Connections, migrations and queries, for whoever owns a schema."""
