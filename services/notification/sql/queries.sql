-- name: save_contacts
-- Keeps the latest version of each contact of a batch.
INSERT INTO contact (recipient_id, version, kind, name, email, phone)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
ON CONFLICT (recipient_id) DO UPDATE
SET version = excluded.version, kind = excluded.kind, name = excluded.name,
    email = excluded.email, phone = excluded.phone
WHERE contact.version < excluded.version;

-- name: write_notices
-- Adds the notices of a batch, in the order they were written.
INSERT INTO notice (notice_id, subject, part, recipient_id, kind, facts)
SELECT notice_id, subject, part, recipient_id, kind, facts::jsonb
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[])
    WITH ORDINALITY AS new (notice_id, subject, part, recipient_id, kind, facts, place)
ORDER BY place;

-- name: open_deliveries
-- Gives each new notice a delivery by mail that is due now.
INSERT INTO delivery (notice_id, channel)
SELECT notice_id, 'mail' FROM unnest($1::uuid[]) AS new (notice_id);

-- name: claim_due
-- Starts an attempt for up to $1 due deliveries whose recipient's contact is known, under a lease of $3 seconds.
WITH due AS (
    SELECT d.notice_id, d.channel
    FROM delivery AS d
    JOIN notice AS n USING (notice_id)
    WHERE d.state = 'pending'
      AND d.channel = 'mail'
      AND d.next_attempt_at <= now()
      AND EXISTS (SELECT FROM contact AS c WHERE c.recipient_id = n.recipient_id)
    ORDER BY d.next_attempt_at, n.written
    LIMIT $1
    FOR UPDATE OF d SKIP LOCKED
),
started AS (
    UPDATE delivery AS d
    SET attempts = d.attempts + 1,
        uncertain = d.uncertain OR d.attempt_open,
        attempt_open = true,
        leased_by = $2,
        next_attempt_at = now() + make_interval(secs => $3),
        message_id = coalesce(d.message_id, '<' || d.notice_id || '@' || $4::text || '>')
    FROM due
    WHERE d.notice_id = due.notice_id AND d.channel = due.channel
    RETURNING d.notice_id, d.attempts, d.uncertain, d.message_id
)
SELECT s.notice_id, s.attempts, s.uncertain, s.message_id, n.subject, n.part, n.recipient_id, n.kind,
       n.facts::text AS facts, c.name AS recipient_name, c.email, p.name AS producer_name
FROM started AS s
JOIN notice AS n USING (notice_id)
JOIN contact AS c USING (recipient_id)
LEFT JOIN contact AS p ON p.recipient_id = n.facts ->> 'producer_id'
ORDER BY n.written;

-- name: take_back_leases
-- Makes due at once what this instance had started before it was started again.
UPDATE delivery SET next_attempt_at = now()
WHERE state = 'pending' AND attempt_open AND leased_by = $1;

-- name: mark_sent
-- Ends attempt $2 as accepted by the receiving server; returns when, or nothing where another attempt took over.
UPDATE delivery SET state = 'sent', attempt_open = false, leased_by = NULL, ended_at = now(), last_error = NULL
WHERE notice_id = $1 AND channel = 'mail' AND state = 'pending' AND attempts = $2
RETURNING ended_at;

-- name: mark_failed
-- Ends the delivery for good with attempt $2; returns when, or nothing where another attempt took over.
UPDATE delivery
SET state = 'failed', attempt_open = false, leased_by = NULL, ended_at = now(), last_error = $3,
    uncertain = uncertain OR $4
WHERE notice_id = $1 AND channel = 'mail' AND state = 'pending' AND attempts = $2
RETURNING ended_at;

-- name: postpone
-- Ends attempt $2 without effect; the next is due after $5 seconds, doubled for each attempt made, at most $6.
UPDATE delivery
SET attempt_open = false, leased_by = NULL, last_error = $3, uncertain = uncertain OR $4,
    next_attempt_at = now() + make_interval(secs => least($5::float8 * power(2, least(attempts - 1, 30)), $6::float8))
WHERE notice_id = $1 AND channel = 'mail' AND state = 'pending' AND attempts = $2;

-- name: release
-- Takes back attempts that were claimed and never begun.
UPDATE delivery AS d
SET attempts = d.attempts - 1, attempt_open = false, leased_by = NULL, next_attempt_at = now()
FROM unnest($1::uuid[], $2::integer[]) AS unbegun (notice_id, attempts)
WHERE d.notice_id = unbegun.notice_id AND d.channel = 'mail' AND d.state = 'pending'
  AND d.attempts = unbegun.attempts;

-- name: adopt_ends
-- Ends deliveries as they once ended, by what was told of them; nobody attempts them again.
UPDATE delivery AS d
SET state = told.state, attempts = told.attempts, message_id = told.message_id, ended_at = told.ended_at,
    last_error = told.last_error
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::timestamptz[], $6::text[])
    AS told (notice_id, state, attempts, message_id, ended_at, last_error)
WHERE d.notice_id = told.notice_id AND d.channel = 'mail';

-- name: unsent
-- How many notices are neither sent nor given up, and the age of the oldest one's fact, which its id begins with.
SELECT count(*) AS notices,
       coalesce(extract(epoch FROM now()) - min(('x' || translate(left(notice_id::text, 13), '-', ''))::bit(48)::bigint)
                / 1000.0, 0)::float8 AS seconds
FROM delivery WHERE state = 'pending';

-- name: traceparent
-- The trace context of the event that a notice tells of.
SELECT facts ->> 'traceparent' FROM notice WHERE notice_id = $1;

-- name: prune_notices
-- Empties notices whose every delivery ended so many seconds ago, at most so many; who was told what and when stays.
UPDATE notice SET facts = '{}', emptied = true
WHERE notice_id IN (
    SELECT n.notice_id
    FROM delivery AS d
    JOIN notice AS n USING (notice_id)
    WHERE d.ended_at < now() - make_interval(secs => $1) AND NOT n.emptied
      AND NOT EXISTS (SELECT FROM delivery AS o WHERE o.notice_id = n.notice_id AND o.state = 'pending')
    ORDER BY d.ended_at LIMIT $2 FOR UPDATE OF n SKIP LOCKED
);
