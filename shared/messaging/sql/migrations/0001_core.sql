-- What every service keeps to take each event in once, in order, and to announce its own.

CREATE TABLE watermark (
    topic text NOT NULL,
    part integer NOT NULL,
    lane text NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, part)
);
CREATE INDEX watermark_lane ON watermark (lane);

CREATE TABLE lane (
    lane text PRIMARY KEY,
    head bigint NOT NULL DEFAULT 0
);

CREATE TABLE relay (
    lane text PRIMARY KEY,
    sent bigint NOT NULL DEFAULT 0
);

CREATE TABLE outbox (
    lane text NOT NULL,
    position bigint NOT NULL,
    topic text NOT NULL,
    part integer NOT NULL,
    key text NOT NULL,
    headers bytea NOT NULL,
    value bytea NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lane, position)
);

CREATE TABLE subject (
    subject text PRIMARY KEY,
    part integer NOT NULL,
    version bigint NOT NULL,
    positions jsonb NOT NULL,
    published bigint NOT NULL,
    state jsonb NOT NULL,
    due_on date
);
CREATE INDEX subject_due ON subject (part, due_on) WHERE due_on IS NOT NULL;

CREATE TABLE held (
    subject text NOT NULL,
    topic text NOT NULL,
    sequence bigint NOT NULL,
    reason text NOT NULL,
    part integer NOT NULL,
    topic_offset bigint NOT NULL,
    timestamp_ms bigint NOT NULL,
    key bytea,
    headers bytea NOT NULL,
    value bytea,
    held_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subject, topic, sequence)
);

CREATE TABLE dead_letter (
    dead_letter_id uuid PRIMARY KEY,
    topic text NOT NULL,
    part integer NOT NULL,
    topic_offset bigint NOT NULL,
    subject text,
    sequence bigint,
    reason text NOT NULL,
    detail text NOT NULL,
    key bytea,
    headers bytea NOT NULL,
    value bytea,
    sha256 text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
