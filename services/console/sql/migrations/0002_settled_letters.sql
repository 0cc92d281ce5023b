-- What operators did about dead letters.

ALTER TABLE dead_letter_row
    ADD COLUMN settled_how text,
    ADD COLUMN settled_by text,
    ADD COLUMN settled_ms bigint;

CREATE INDEX dead_letter_row_open ON dead_letter_row ((settled_ms IS NOT NULL), recorded_ms DESC, dead_letter_id);
