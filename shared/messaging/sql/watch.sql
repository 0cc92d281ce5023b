-- name: figures
-- What waits in this schema, as one row: unsent rows, held records, dead letters, whether a relay leads, watermarks.
WITH behind AS (
    SELECT lane, sent, head - sent AS rows FROM lane JOIN relay USING (lane) WHERE head > sent
),
oldest AS (
    SELECT min(o.written_at) AS written_at
    FROM behind
    CROSS JOIN LATERAL (
        SELECT written_at FROM outbox
        WHERE outbox.lane = behind.lane AND outbox.position > behind.sent
        ORDER BY outbox.position LIMIT 1
    ) AS o
),
holds AS (
    SELECT split_part(reason, ':', 1) AS kind, count(*) AS records, min(held_at) AS since FROM held GROUP BY 1
),
letters AS (
    SELECT reason, count(*) AS records FROM dead_letter WHERE settled_at IS NULL GROUP BY reason
),
lock AS (
    SELECT hashtextextended('relay/' || current_database() || '/' || current_schema(), 0) AS key
)
SELECT
    (SELECT coalesce(sum(rows), 0)::bigint FROM behind) AS unsent_rows,
    (SELECT coalesce(extract(epoch FROM now() - written_at), 0)::float8 FROM oldest) AS unsent_seconds,
    (SELECT coalesce(json_object_agg(kind, records), '{}')::text FROM holds) AS held,
    (SELECT coalesce(extract(epoch FROM now() - min(since)), 0)::float8 FROM holds WHERE kind = 'gap') AS gap_seconds,
    (SELECT coalesce(json_object_agg(reason, records), '{}')::text FROM letters) AS dead_letters,
    (SELECT coalesce(json_agg(json_build_array(topic, part, next_offset)), '[]')::text FROM watermark) AS watermarks,
    EXISTS (
        SELECT FROM pg_locks, lock
        WHERE locktype = 'advisory' AND granted AND objsubid = 1
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND classid::bigint = (key >> 32) & 4294967295 AND objid::bigint = key & 4294967295
    ) AS led
