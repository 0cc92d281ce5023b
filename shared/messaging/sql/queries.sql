-- name: ensure_watermarks
-- A row for each partition of each input topic, at the offset given, where there is none yet.
INSERT INTO watermark (topic, part, lane, next_offset)
SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::bigint[])
ON CONFLICT DO NOTHING

-- name: ensure_lanes
-- A head and a relay cursor for each lane, where there are none yet.
WITH wanted AS (SELECT unnest($1::text[]) AS lane),
heads AS (INSERT INTO lane (lane) SELECT lane FROM wanted ON CONFLICT DO NOTHING)
INSERT INTO relay (lane) SELECT lane FROM wanted ON CONFLICT DO NOTHING

-- name: watermarks
-- The next offset of each partition, without locking.
SELECT topic, part, next_offset FROM watermark

-- name: lock_lanes
-- The slot lock: the watermarks of all topics of these lanes, in one order for everybody.
SELECT topic, part, next_offset FROM watermark WHERE lane = ANY($1::text[]) ORDER BY lane, topic, part FOR UPDATE

-- name: move_watermarks
-- The partitions of this batch stand behind its last records.
UPDATE watermark SET next_offset = u.next_offset
FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS u (topic, part, next_offset)
WHERE watermark.topic = u.topic AND watermark.part = u.part

-- name: load_subjects
-- The state of every subject named.
SELECT subject, part, version, positions, published, state FROM subject WHERE subject = ANY($1::text[])

-- name: due_subjects
-- Subjects of these partitions that a day concerns, in their order behind the one named, at most so many.
SELECT subject FROM subject
WHERE part = ANY($1::integer[]) AND due_on <= $2 AND subject > $3 ORDER BY subject LIMIT $4

-- name: load_held
-- What is held for the subjects named.
SELECT subject, topic, sequence, reason, part, topic_offset, timestamp_ms, key, headers, value
FROM held WHERE subject = ANY($1::text[])

-- name: insert_subjects
-- New subjects.
INSERT INTO subject (subject, part, version, positions, published, state, due_on)
SELECT s, p, 1, pos::jsonb, pub, st::json, due
FROM unnest($1::text[], $2::integer[], $3::text[], $4::bigint[], $5::text[], $6::date[]) AS u (s, p, pos, pub, st, due)

-- name: update_subjects
-- Known subjects, each only if nobody changed it since it was read; the count tells.
UPDATE subject
SET version = u.version + 1, positions = u.positions::jsonb, published = u.published, state = u.state::json,
    due_on = u.due_on
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::date[])
    AS u (subject, version, positions, published, state, due_on)
WHERE subject.subject = u.subject AND subject.version = u.version

-- name: delete_held
-- Records that are held no more, or for another reason.
DELETE FROM held
USING unnest($1::text[], $2::text[], $3::bigint[]) AS u (subject, topic, sequence)
WHERE held.subject = u.subject AND held.topic = u.topic AND held.sequence = u.sequence

-- name: keep_dead_letter
-- A record that could not be applied, with its bytes; one that fails again after a redrive says why anew. Returns how
-- many events the bus has then had about it.
INSERT INTO dead_letter (
    dead_letter_id, topic, part, topic_offset, subject, sequence, reason, detail, key, headers, value, sha256
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (dead_letter_id) DO UPDATE
SET reason = excluded.reason, detail = excluded.detail, recorded_at = now(), told = dead_letter.told + 1,
    key = coalesce(dead_letter.key, excluded.key), value = coalesce(dead_letter.value, excluded.value),
    headers = CASE dead_letter.headers WHEN '[]' THEN excluded.headers ELSE dead_letter.headers END,
    settled_how = NULL, settled_at = NULL, settled_act = NULL
RETURNING told

-- name: advance_heads
-- Each lane's last position, so many further on; the relay is told when the transaction commits. The caller holds the
-- slot lock.
WITH moved AS (
    UPDATE lane SET head = head + u.records FROM unnest($1::text[], $2::bigint[]) AS u (lane, records)
    WHERE lane.lane = u.lane RETURNING lane.lane, lane.head
)
SELECT lane, head, pg_notify('outbox_' || current_schema(), '') FROM moved

-- name: move_heads
-- The lanes' last positions.
UPDATE lane SET head = u.head FROM unnest($1::text[], $2::bigint[]) AS u (lane, head) WHERE lane.lane = u.lane

-- name: unsent
-- The next rows of every lane behind its cursor, in order, at most so many a lane.
SELECT o.lane, o.position, o.topic, o.part, o.key, o.headers, o.value
FROM relay AS r
CROSS JOIN LATERAL (
    SELECT * FROM outbox WHERE outbox.lane = r.lane AND outbox.position > r.sent ORDER BY outbox.position LIMIT $1
) AS o
ORDER BY o.lane, o.position

-- name: move_cursors
-- What was acknowledged by the broker is behind the cursor.
UPDATE relay SET sent = u.sent FROM unnest($1::text[], $2::bigint[]) AS u (lane, sent) WHERE relay.lane = u.lane

-- name: prune_outbox
-- Removes sent rows past their keeping, at most so many. Of each lane only its oldest are looked at.
DELETE FROM outbox USING (
    SELECT o.lane, o.position
    FROM relay AS r
    CROSS JOIN LATERAL (
        SELECT lane, position, written_at FROM outbox
        WHERE outbox.lane = r.lane AND outbox.position <= r.sent
        ORDER BY outbox.position LIMIT $2
    ) AS o
    WHERE o.written_at < now() - make_interval(secs => $1)
    LIMIT $2
) AS old
WHERE outbox.lane = old.lane AND outbox.position = old.position

-- name: prune_dead_letters
-- Drops the bytes of dead letters settled so long ago, at most so many; their ids, hashes and ends stay.
UPDATE dead_letter SET key = NULL, headers = '[]', value = NULL
WHERE dead_letter_id IN (
    SELECT dead_letter_id FROM dead_letter
    WHERE settled_at < now() - make_interval(secs => $1) AND headers <> '[]'::bytea
    ORDER BY settled_at LIMIT $2 FOR UPDATE SKIP LOCKED
)

-- name: relay_lock
-- True for the one relay of this schema, for as long as its connection lasts.
SELECT pg_try_advisory_lock(hashtextextended('relay/' || current_database() || '/' || current_schema(), 0))

-- name: topics_seen
-- The ids under which these topics are known.
SELECT topic, topic_id FROM topic_seen WHERE usage = $1 AND topic = ANY($2::text[])

-- name: see_topics
-- Topics that were not known are known under these ids.
INSERT INTO topic_seen (usage, topic, topic_id) SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT DO NOTHING

-- name: relayed
-- Up to where each output partition was compared with the outbox.
SELECT topic, part, next_offset FROM relayed

-- name: save_relayed
-- Output partitions were compared with the outbox up to here.
INSERT INTO relayed (topic, part, next_offset) SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[])
ON CONFLICT (topic, part) DO UPDATE SET next_offset = excluded.next_offset

-- name: announced_at
-- What the outbox holds at these places, and how far each lane has come; no headers where the row is gone.
SELECT u.lane, u.position, o.headers, coalesce(l.head, 0) AS head
FROM unnest($1::text[], $2::bigint[]) AS u (lane, position)
LEFT JOIN outbox AS o USING (lane, position)
LEFT JOIN lane AS l USING (lane)
