-- The state is read and written whole, by one program: kept as its text, PostgreSQL neither takes it apart nor puts it
-- together again, which had cost more than everything else it does for an event.

ALTER TABLE subject ALTER COLUMN state TYPE json;
