-- What registration knows, and the record of everything that came in.

-- An entry of the register under its key; an alias entry ('product-id', 'number', …) points to the primary key.
CREATE TABLE entry (
    kind text NOT NULL,
    name text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    document jsonb NOT NULL,
    PRIMARY KEY (kind, name)
);

-- One row per intake event, written with its first answer. Its bytes never change; its answer does while it is held.
-- A record from which no event id could be read, or whose id was used before, stands under '@<hash>'; no id begins so.
-- sha256 is over source, type and body, or over headers and body where those could not be read.
CREATE TABLE journal (
    unit text NOT NULL,
    event_id text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL CHECK (partition >= 0),
    topic_offset bigint NOT NULL CHECK (topic_offset >= 0),
    type text,
    sha256 text NOT NULL,
    headers bytea NOT NULL,
    value bytea,
    recorded_ms bigint NOT NULL,
    status text NOT NULL CHECK (status IN ('admitted', 'held', 'refused', 'dead_lettered')),
    code text NOT NULL,
    answer jsonb NOT NULL,
    waits_for text CHECK ((status = 'held') = (waits_for IS NOT NULL)),
    until date CHECK (status = 'held' OR until IS NULL),
    woken boolean NOT NULL DEFAULT false CHECK (status = 'held' OR NOT woken),
    arrival bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (unit, event_id)
);

CREATE INDEX journal_waits ON journal (waits_for) WHERE status = 'held';
CREATE INDEX journal_woken ON journal (unit, arrival) WHERE woken;
CREATE INDEX journal_until ON journal (until) WHERE status = 'held';
