-- So that what is past its keeping is found without reading what is not.

CREATE INDEX dead_letter_settled ON dead_letter (settled_at) WHERE settled_at IS NOT NULL AND headers <> '[]'::bytea;

COMMENT ON COLUMN dead_letter.headers IS '[] once the record''s bytes have gone: a while after the letter was settled';
