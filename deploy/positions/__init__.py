"""Where the services stand on their topics, and what brings them on again when a topic or a database was replaced."""
