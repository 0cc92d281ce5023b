-- name: read_entries
-- The entries of these keys (kinds, names), without locking.
SELECT kind, name, version, document::text AS document
FROM entry
WHERE (kind, name) IN (SELECT * FROM unnest($1::text[], $2::text[]))

-- name: lock_entries
-- The entries of these keys (kinds, names), locked in one order for everybody.
SELECT kind, name, version, document::text AS document
FROM entry
WHERE (kind, name) IN (SELECT * FROM unnest($1::text[], $2::text[]))
ORDER BY kind, name
FOR UPDATE

-- name: insert_entries
-- New entries (kinds, names, documents).
INSERT INTO entry (kind, name, version, document)
SELECT kind, name, 1, document::jsonb
FROM unnest($1::text[], $2::text[], $3::text[]) AS u (kind, name, document)

-- name: update_entries
-- Known entries (kinds, names, versions read, documents), each only if nobody changed it since; the count tells.
UPDATE entry
SET version = u.version + 1, document = u.document::jsonb
FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[]) AS u (kind, name, version, document)
WHERE entry.kind = u.kind AND entry.name = u.name AND entry.version = u.version

-- name: seen
-- What was answered to these events (units, event ids), and the hash of what they were.
SELECT unit, event_id, sha256, status, code, answer::text AS answer, waits_for, until
FROM journal
WHERE (unit, event_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))

-- name: insert_journal
-- New rows, in the order of their arrival.
INSERT INTO journal (
    unit, event_id, topic, partition, topic_offset, type, sha256, headers, value, recorded_ms,
    status, code, answer, waits_for, until
)
SELECT
    unit, event_id, topic, partition, topic_offset, type, sha256, headers, value, recorded_ms,
    status, code, answer::jsonb, waits_for, until
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::integer[], $5::bigint[], $6::text[], $7::text[], $8::bytea[], $9::bytea[],
    $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[], $15::date[]
) WITH ORDINALITY AS u (
    unit, event_id, topic, partition, topic_offset, type, sha256, headers, value, recorded_ms,
    status, code, answer, waits_for, until, place
)
ORDER BY place

-- name: update_journal
-- Later answers to held rows, which are no longer woken; the count tells.
UPDATE journal
SET status = u.status,
    code = u.code,
    answer = u.answer::jsonb,
    waits_for = u.waits_for,
    until = u.until,
    woken = false
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::date[])
    AS u (unit, event_id, status, code, answer, waits_for, until)
WHERE journal.unit = u.unit AND journal.event_id = u.event_id AND journal.status = 'held'

-- name: held_for
-- What is held for these, oldest first, at most so many.
SELECT unit, event_id, topic, partition, topic_offset, type, headers, value, recorded_ms, waits_for, until, arrival
FROM journal
WHERE status = 'held' AND waits_for = ANY($1::text[])
ORDER BY arrival
LIMIT $2

-- name: wake
-- What was held for these is to be judged again.
UPDATE journal SET woken = true WHERE status = 'held' AND waits_for = ANY($1::text[]) AND NOT woken

-- name: woken
-- What is to be judged again of these units, oldest first, at most so many, locked.
SELECT unit, event_id, topic, partition, topic_offset, type, headers, value, recorded_ms, waits_for, until, arrival
FROM journal
WHERE woken AND unit = ANY($1::text[])
ORDER BY arrival
LIMIT $2
FOR UPDATE

-- name: expired
-- What was held until a day before this one and is not to be judged again, oldest first, at most so many, locked.
SELECT unit, event_id, topic, partition, topic_offset, type, headers, value, recorded_ms, waits_for, until, arrival
FROM journal
WHERE status = 'held' AND until < $1 AND NOT woken
ORDER BY arrival
LIMIT $2
FOR UPDATE

-- name: any_woken
-- True when something of these units is to be judged again.
SELECT EXISTS (SELECT 1 FROM journal WHERE woken AND unit = ANY($1::text[]))

-- name: begin_holds
-- What is held without a last day has this one.
UPDATE journal SET until = $1 WHERE status = 'held' AND until IS NULL

-- name: awaited
-- What held events wait for, at most so many different things.
SELECT DISTINCT waits_for FROM journal WHERE status = 'held' LIMIT $1

-- name: intake_held
-- How many events wait for what they name.
SELECT count(*) AS events FROM journal WHERE status = 'held'

-- name: held_event
-- One event that is held, locked.
SELECT unit, event_id, topic, partition, topic_offset, type, headers, value, recorded_ms, waits_for, until, arrival
FROM journal
WHERE unit = $1 AND event_id = $2 AND status = 'held'
FOR UPDATE

-- name: reopen
-- An event on which we failed is to be judged again, with these bytes; returns its place in the order of arrival.
UPDATE journal
SET status = 'held', waits_for = 'operator', until = NULL, headers = $4, value = $5
WHERE unit = $1 AND event_id = $2 AND topic_offset = $3 AND status = 'dead_lettered'
RETURNING arrival

-- name: prune_journal
-- Drops the bytes of events answered for good and known since before so many seconds, at most so many; the rows stay.
UPDATE journal SET headers = '[]', value = NULL
WHERE (unit, event_id) IN (
    SELECT unit, event_id FROM journal
    WHERE status IN ('admitted', 'refused') AND headers <> '[]'::bytea
      AND recorded_ms < (extract(epoch FROM now()) - $1::float8) * 1000
    ORDER BY recorded_ms LIMIT $2 FOR UPDATE SKIP LOCKED
)
