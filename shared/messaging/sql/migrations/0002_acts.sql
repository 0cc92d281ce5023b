-- What operators ask of a service about a record that stands still; the service itself carries it out.

CREATE TABLE act (
    act_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('redrive', 'skip', 'supersede', 'release', 'refuse')),
    target text NOT NULL,
    asked_by text NOT NULL CHECK (asked_by <> ''),
    why text NOT NULL CHECK (why <> ''),
    forced boolean NOT NULL DEFAULT false,
    event bytea CHECK ((kind = 'supersede') = (event IS NOT NULL)),
    asked_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    done_at timestamptz,
    outcome text CHECK ((done_at IS NULL) = (outcome IS NULL) AND outcome IN ('done', 'failed', 'refused')),
    code text,
    detail text
);
CREATE UNIQUE INDEX act_open ON act (target) WHERE done_at IS NULL;
CREATE INDEX act_target ON act (target, asked_at);

ALTER TABLE dead_letter
    ADD COLUMN told bigint NOT NULL DEFAULT 1,
    ADD COLUMN settled_how text,
    ADD COLUMN settled_at timestamptz,
    ADD COLUMN settled_act uuid;
CREATE INDEX dead_letter_open ON dead_letter (recorded_at) WHERE settled_at IS NULL;

COMMENT ON COLUMN act.target IS 'a dead letter''s id; <subject>/<topic>/<sequence> of a held record; <unit>/<event id> of a held intake event';
COMMENT ON COLUMN act.attempts IS 'how often a process began to carry it out';
COMMENT ON COLUMN dead_letter.told IS 'how many events the bus has had about this dead letter';
