-- name: published
-- How many events each subject has announced.
SELECT subject, published FROM subject WHERE published > 0

-- name: unsent_of_topic
-- What was announced on a topic and stands behind the relay's cursor, so perhaps not in Kafka yet.
SELECT o.part, o.key, o.headers, o.value
FROM relay AS r JOIN outbox AS o ON o.lane = r.lane AND o.position > r.sent
WHERE o.topic = $1

-- name: letters
-- Every dead letter, and the event of the act that settled it.
SELECT l.dead_letter_id, l.topic, l.part, l.topic_offset, l.subject, l.sequence, l.key, l.headers, l.value, l.reason,
       l.settled_how, a.event
FROM dead_letter AS l LEFT JOIN act AS a ON a.act_id = l.settled_act

-- name: acts_on_holds
-- What operators did to held records, but for trying them again.
SELECT kind, target FROM act WHERE outcome = 'done' AND (kind = 'refuse' OR kind = 'release' AND forced)

-- name: announced
-- The headers of what a slot announced on a topic, in order.
SELECT headers FROM outbox WHERE lane = $1 AND topic = $2 ORDER BY position

-- name: core_subject
-- What every subject has come to. Not `version`: it counts the batches that changed it.
SELECT subject AS key, ROW(part, positions - 'replay.days', published, due_on)::text AS stands, state::jsonb AS written
FROM subject

-- name: core_held
-- What waits, and for what. Not `held_at`: the moment of writing.
SELECT subject || ' ' || topic || ' ' || sequence AS key,
       ROW(reason, part, topic_offset, timestamp_ms, key, headers, value)::text AS stands
FROM held

-- name: core_dead_letter
-- The dead letters that nobody has settled. Not `detail`, whose words may change, nor how often it was told.
SELECT dead_letter_id::text AS key,
       ROW(topic, part, topic_offset, subject, sequence, reason, sha256)::text AS stands
FROM dead_letter WHERE settled_at IS NULL

-- name: promotion_certificate
-- Every certificate.
SELECT certificate_id::text AS key, certificate::text AS stands FROM certificate

-- name: promotion_task
-- Every task, open or done.
SELECT task_id::text AS key, task::text AS stands FROM task

-- name: notification_contact
-- Where each recipient is reached.
SELECT recipient_id AS key, contact::text AS stands FROM contact

-- name: notification_notice
-- Every notice; what its words are made of only while it is to be delivered, for that goes some time afterwards.
-- Not its column `written`: it counts across subjects, whose order batches decide.
SELECT notice_id::text AS key, ROW(subject, part, recipient_id, kind)::text AS stands,
       CASE WHEN EXISTS (SELECT FROM delivery AS d WHERE d.notice_id = notice.notice_id AND d.state = 'pending')
            THEN facts END AS written
FROM notice

-- name: notification_delivery
-- What became of each notice, as far as the notices' own log tells it: a sent one's attempts, Message-ID and moment,
-- a failed one's attempts and cause. Not the attempts and leases of a pending one, nor `uncertain`, nor the Message-ID
-- and moment of a failed one: the bus hears of ends alone, and of them no more than a reader needs.
SELECT notice_id || ' ' || channel AS key, ROW(
           state,
           CASE WHEN state <> 'pending' THEN attempts END,
           CASE WHEN state = 'sent' THEN message_id END,
           CASE WHEN state = 'sent' THEN ended_at END,
           CASE WHEN state = 'failed' THEN last_error END
       )::text AS stands
FROM delivery

-- name: console_product_row
-- The overview's row of each product.
SELECT product_id AS key, product_row::text AS stands FROM product_row

-- name: console_dead_letter_row
-- The row of each dead letter.
SELECT dead_letter_id AS key, dead_letter_row::text AS stands FROM dead_letter_row

-- name: console_freshness
-- How far each topic is told. Not `taken_in_at` and `changes`: the moment and the number of batches.
SELECT family AS key, recorded_ms::text AS stands FROM freshness
