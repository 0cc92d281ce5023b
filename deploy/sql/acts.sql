-- name: ask
-- The act is asked for, unless one about the same target is not done yet.
INSERT INTO act (act_id, kind, target, asked_by, why, forced, event)
VALUES (%(act_id)s, %(kind)s, %(target)s, %(by)s, %(why)s, %(forced)s, %(event)s)
ON CONFLICT DO NOTHING
RETURNING act_id

-- name: open_act
-- The act about this target that is not done yet.
SELECT act_id, kind, asked_by FROM act WHERE target = %(target)s AND done_at IS NULL

-- name: outcomes
-- What came of these acts, those that are done.
SELECT act_id, outcome, code, detail FROM act WHERE act_id = ANY(%(act_ids)s) AND done_at IS NOT NULL

-- name: acts_of
-- Everything that was ever asked about this target.
SELECT kind, asked_by, why, asked_at, forced, done_at, outcome, code, detail FROM act
WHERE target = %(target)s ORDER BY asked_at, act_id

-- name: letters
-- Dead letters without their bytes, the oldest first, at most so many.
SELECT dead_letter_id, topic, part, topic_offset, subject, sequence, reason, coalesce(octet_length(value), 0) AS bytes,
       recorded_at, settled_how
FROM dead_letter WHERE %(settled)s OR settled_at IS NULL ORDER BY recorded_at, dead_letter_id LIMIT %(limit)s

-- name: letter
-- One dead letter with its bytes.
SELECT dead_letter_id, topic, part, topic_offset, subject, sequence, reason, detail, key, headers, value, sha256,
       recorded_at, settled_how, settled_at
FROM dead_letter WHERE dead_letter_id = %(id)s

-- name: held
-- What waits at its place in a subject's sequence, dead letters aside, and the last number applied before it.
SELECT subject || '/' || topic || '/' || sequence AS target, topic, reason AS waits_for, NULL::date AS until,
       held_at AS since, coalesce((subject.positions -> topic ->> 0)::bigint, 0) + 1 AS next, sequence
FROM held LEFT JOIN subject USING (subject)
WHERE reason NOT LIKE 'dead:%%' ORDER BY held_at, subject, topic, sequence LIMIT %(limit)s

-- name: held_intake
-- What waits at the door.
SELECT unit || '/' || event_id AS target, topic, waits_for, until, to_timestamp(recorded_ms / 1000.0) AS since,
       NULL::bigint AS next, NULL::bigint AS sequence
FROM journal WHERE status = 'held' ORDER BY arrival LIMIT %(limit)s

-- name: held_record
-- The bytes of a held record.
SELECT topic, part, topic_offset, headers, value FROM held
WHERE subject || '/' || topic || '/' || sequence = %(target)s

-- name: held_intake_record
-- The bytes of a held intake event.
SELECT topic, partition AS part, topic_offset, headers, value FROM journal
WHERE unit || '/' || event_id = %(target)s AND status = 'held'

-- name: dossier
-- The dossier of this name, id or official number, its product's id, and how far it has come.
SELECT named.document ->> 'id' AS id, named.document ->> 'state' AS state, product.document ->> 'id' AS product_id
FROM entry
JOIN entry AS named ON named.kind = 'dossier'
    AND named.name = CASE WHEN entry.kind = 'dossier' THEN entry.name ELSE entry.document -> 'to' ->> 1 END
JOIN entry AS product ON product.kind = 'product' AND product.name = named.document ->> 'product'
WHERE (entry.kind, entry.name) IN (('dossier', %(name)s), ('dossier-id', %(id)s), ('number', %(number)s))
LIMIT 1

-- name: state_of
-- What a service knows of a subject.
SELECT state::text AS state FROM subject WHERE subject = %(subject)s
