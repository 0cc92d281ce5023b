"""Real Kafka, PostgreSQL and mailbox on one machine, started, watched and stopped by one launcher."""
