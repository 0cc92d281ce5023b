-- Read models of the console: one row per product and per dead letter, and how far each topic has been read.

CREATE TABLE product_row (
    product_id text PRIMARY KEY,
    number text,
    name text NOT NULL,
    province text NOT NULL,
    commune text NOT NULL,
    status text NOT NULL,
    stage text NOT NULL,
    stars integer,
    alarms text[] NOT NULL,
    open_tasks integer NOT NULL,
    notices_written integer NOT NULL,
    notices_sent integer NOT NULL,
    notices_failed integer NOT NULL,
    updated_ms bigint NOT NULL
);

CREATE INDEX product_row_stage ON product_row (province, stage);
CREATE INDEX product_row_status ON product_row (status, updated_ms DESC, product_id);
CREATE INDEX product_row_province ON product_row (province, updated_ms DESC, product_id);
CREATE INDEX product_row_updated ON product_row (updated_ms DESC, product_id);
CREATE INDEX product_row_alarms ON product_row (updated_ms DESC, product_id) WHERE cardinality(alarms) > 0;

CREATE TABLE dead_letter_row (
    dead_letter_id text PRIMARY KEY,
    service text NOT NULL,
    topic text NOT NULL,
    part integer NOT NULL,
    topic_offset bigint NOT NULL,
    about text,
    reason text NOT NULL,
    size_bytes bigint NOT NULL,
    recorded_ms bigint NOT NULL
);

CREATE INDEX dead_letter_row_recorded ON dead_letter_row (recorded_ms DESC, dead_letter_id);

CREATE TABLE freshness (
    family text PRIMARY KEY,
    recorded_ms bigint NOT NULL,
    taken_in_at timestamptz NOT NULL,
    changes bigint NOT NULL
);

COMMENT ON COLUMN freshness.recorded_ms IS 'when the latest event of the topic became known to us';
COMMENT ON COLUMN freshness.changes IS 'batches taken in; the sum over all topics is the version of these tables';
