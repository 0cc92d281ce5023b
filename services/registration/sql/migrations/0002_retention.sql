-- The bytes of old, answered events are dropped; these are the rows that still have theirs.

CREATE INDEX journal_bytes ON journal (recorded_ms)
WHERE status IN ('admitted', 'refused') AND headers <> '[]'::bytea;

COMMENT ON COLUMN journal.headers IS '[] once the event''s bytes have gone: long after it was answered';
