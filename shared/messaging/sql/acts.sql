-- name: begin_act
-- The act that was asked for first of those not done, begun once more, unless another process is at it.
UPDATE act SET attempts = attempts + 1
WHERE act_id = (SELECT act_id FROM act WHERE done_at IS NULL ORDER BY asked_at, act_id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING act_id, attempts

-- name: take_act
-- The act, locked, if it is not done and no other process is at it.
SELECT act_id, kind, target, asked_by, asked_at, forced, event FROM act
WHERE act_id = $1 AND done_at IS NULL FOR UPDATE SKIP LOCKED

-- name: finish_act
-- What came of the act.
UPDATE act SET done_at = now(), outcome = $2, code = $3, detail = $4 WHERE act_id = $1 AND done_at IS NULL

-- name: failures
-- How often a redrive of this failed.
SELECT count(*) FROM act WHERE target = $1 AND kind = 'redrive' AND outcome = 'failed'

-- name: letter
-- A dead letter with its bytes.
SELECT dead_letter_id, topic, part, topic_offset, subject, sequence, key, headers, value, told, settled_how
FROM dead_letter WHERE dead_letter_id = $1

-- name: settle_letter
-- The dead letter is settled, and one more event says so; returns that event's number.
UPDATE dead_letter SET settled_how = $2, settled_act = $3, settled_at = now(), told = told + 1
WHERE dead_letter_id = $1
RETURNING told

-- name: held_part
-- The partition of a held record.
SELECT part FROM held WHERE subject = $1 AND topic = $2 AND sequence = $3
