-- Notices, their deliveries, and the contacts they go to; contacts are personal data and stand nowhere else.

CREATE TABLE contact (
    recipient_id text PRIMARY KEY,
    version bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('producer', 'commune')),
    name text NOT NULL,
    email text,
    phone text
);

CREATE TABLE notice (
    notice_id uuid PRIMARY KEY,
    written bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    subject text NOT NULL,
    part integer NOT NULL,
    recipient_id text NOT NULL,
    kind text NOT NULL,
    facts jsonb NOT NULL
);

CREATE INDEX notice_subject ON notice (subject);

CREATE TABLE delivery (
    notice_id uuid NOT NULL REFERENCES notice,
    channel text NOT NULL CHECK (channel IN ('mail')),
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    attempt_open boolean NOT NULL DEFAULT false,
    leased_by text,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    message_id text,
    uncertain boolean NOT NULL DEFAULT false,
    last_error text,
    ended_at timestamptz,
    PRIMARY KEY (notice_id, channel)
);

COMMENT ON COLUMN delivery.attempt_open IS 'an attempt was started and its end is not known';
COMMENT ON COLUMN delivery.uncertain IS 'an earlier attempt may have reached the receiving server';

CREATE INDEX delivery_due ON delivery (next_attempt_at) WHERE state = 'pending';
