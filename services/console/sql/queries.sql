-- name: save_products
-- Writes the rows of the products that a batch changed.
INSERT INTO product_row (product_id, number, name, province, commune, status, stage, stars, alarms, open_tasks,
                         notices_written, notices_sent, notices_failed, updated_ms, round_ends_on)
SELECT product_id, number, name, province, commune, status, stage, stars, string_to_array(alarms, ','), open_tasks,
       notices_written, notices_sent, notices_failed, updated_ms, round_ends_on
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[],
            $9::text[], $10::integer[], $11::integer[], $12::integer[], $13::integer[], $14::bigint[], $15::date[])
    AS new (product_id, number, name, province, commune, status, stage, stars, alarms, open_tasks,
            notices_written, notices_sent, notices_failed, updated_ms, round_ends_on)
ON CONFLICT (product_id) DO UPDATE
SET number = excluded.number, name = excluded.name, province = excluded.province, commune = excluded.commune,
    status = excluded.status, stage = excluded.stage, stars = excluded.stars, alarms = excluded.alarms,
    open_tasks = excluded.open_tasks, notices_written = excluded.notices_written,
    notices_sent = excluded.notices_sent, notices_failed = excluded.notices_failed, updated_ms = excluded.updated_ms,
    round_ends_on = excluded.round_ends_on;

-- name: save_dead_letters
-- Writes the dead letters of a batch, new ones and those that were settled or failed again.
INSERT INTO dead_letter_row (dead_letter_id, service, topic, part, topic_offset, about, reason, size_bytes, recorded_ms,
                             settled_how, settled_by, settled_ms)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::bigint[], $6::text[], $7::text[],
                     $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::bigint[])
ON CONFLICT (dead_letter_id) DO UPDATE
SET reason = excluded.reason, settled_how = excluded.settled_how, settled_by = excluded.settled_by,
    settled_ms = excluded.settled_ms;

-- name: save_freshness
-- Notes how far each topic has been read; rows are taken in one order, so that two batches never wait for each other.
INSERT INTO freshness (family, recorded_ms, taken_in_at, changes)
SELECT family, recorded_ms, now(), 1
FROM unnest($1::text[], $2::bigint[]) AS new (family, recorded_ms)
ORDER BY family
ON CONFLICT (family) DO UPDATE
SET recorded_ms = greatest(freshness.recorded_ms, excluded.recorded_ms),
    taken_in_at = excluded.taken_in_at, changes = freshness.changes + 1;

-- name: version
-- The version of the read models: it grows with every batch that changed something.
SELECT coalesce(sum(changes), 0)::bigint FROM freshness;

-- name: grid
-- How many products of each province stand at each stage.
SELECT province, stage, count(*)::integer AS products FROM product_row GROUP BY province, stage;

-- name: totals
-- Counts over all products, open dead letters, and events that the console holds.
SELECT count(*)::integer AS products,
       (count(*) FILTER (WHERE 'decision_held' = ANY (alarms)))::integer AS decisions_held,
       (count(*) FILTER (WHERE 'overdue' = ANY (alarms)))::integer AS overdue,
       coalesce(sum(open_tasks), 0)::integer AS open_tasks,
       coalesce(sum(notices_written), 0)::integer AS notices_written,
       coalesce(sum(notices_sent), 0)::integer AS notices_sent,
       coalesce(sum(notices_failed), 0)::integer AS notices_failed,
       (SELECT count(*)::integer FROM dead_letter_row WHERE settled_ms IS NULL) AS dead_letters,
       (SELECT count(*)::integer FROM held) AS holds
FROM product_row;

-- name: freshness
-- How far each topic has been read.
SELECT family, recorded_ms, (extract(epoch FROM taken_in_at) * 1000)::bigint AS taken_in_ms FROM freshness
ORDER BY family;

-- name: products
-- A page of products, the latest changed first: of one province, status or alarm, stage, round, or of all.
SELECT product_id, number, name, province, commune, status, stars, alarms, updated_ms, round_ends_on
FROM product_row
WHERE ($1::text IS NULL OR province = $1)
  AND ($2::text IS NULL OR status = $2)
  AND ($3::text IS NULL OR (cardinality(alarms) > 0 AND $3 = ANY (alarms)))
  AND ($4::text IS NULL OR stage = $4)
  AND ($5::date IS NULL OR round_ends_on = $5)
ORDER BY updated_ms DESC, product_id
LIMIT $6 OFFSET $7;

-- name: products_counted
-- How many products the same filters give.
SELECT count(*)::integer FROM product_row
WHERE ($1::text IS NULL OR province = $1)
  AND ($2::text IS NULL OR status = $2)
  AND ($3::text IS NULL OR (cardinality(alarms) > 0 AND $3 = ANY (alarms)))
  AND ($4::text IS NULL OR stage = $4)
  AND ($5::date IS NULL OR round_ends_on = $5);

-- name: rounds
-- The last days of the rounds that products are in, the next first.
SELECT DISTINCT round_ends_on FROM product_row WHERE round_ends_on IS NOT NULL ORDER BY 1 LIMIT $1;

-- name: product_state
-- Everything known of one product, as the core keeps it.
SELECT state::text AS state FROM subject
WHERE subject = $1 AND EXISTS (SELECT FROM product_row WHERE product_id = $1);

-- name: dead_letters
-- The open dead letters, then the settled ones, the latest first.
SELECT dead_letter_id, service, topic, part, topic_offset, about, reason, size_bytes, recorded_ms,
       settled_how, settled_by, settled_ms
FROM dead_letter_row
ORDER BY settled_ms IS NOT NULL, recorded_ms DESC, dead_letter_id LIMIT $1;

-- name: holds
-- What the console itself holds, the longest waiting first, with the product's name where it is known.
SELECT h.subject, h.topic, h.sequence, split_part(h.reason, ':', 1) AS reason, p.name, p.province,
       (extract(epoch FROM h.held_at) * 1000)::bigint AS held_ms
FROM held AS h LEFT JOIN product_row AS p ON p.product_id = h.subject
ORDER BY h.held_at, h.subject, h.topic, h.sequence LIMIT $1;

-- name: told
-- How many facts of each kind the stories of all products tell.
SELECT fact ->> 'kind' AS kind, count(*)::integer AS facts
FROM subject CROSS JOIN LATERAL json_array_elements(state -> 'story') AS fact
GROUP BY 1 ORDER BY 1;
