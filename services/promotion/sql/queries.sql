-- name: issue_certificates
-- Adds the certificates issued in a batch.
INSERT INTO certificate (certificate_id, subject, dossier_id, unit, level, stars, decision_number, issued_on, expires_on)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::date[], $9::date[]
);

-- name: change_certificates
-- Says of certificates what a batch told last of each: its end (or that there is none), how far it was extended, its fall.
UPDATE certificate SET
    ended_on = CASE WHEN told.of_its_end THEN told.ended_on ELSE certificate.ended_on END,
    extended_to = coalesce(told.extended_to, certificate.extended_to),
    annulled_on = coalesce(told.annulled_on, certificate.annulled_on),
    withdrawn_on = coalesce(told.withdrawn_on, certificate.withdrawn_on)
FROM unnest($1::uuid[], $2::boolean[], $3::date[], $4::date[], $5::date[], $6::date[])
    AS told (certificate_id, of_its_end, ended_on, extended_to, annulled_on, withdrawn_on)
WHERE certificate.certificate_id = told.certificate_id;

-- name: close_tasks
-- Closes tasks that were open before a batch; a dossier has one open task of a kind at most.
UPDATE task SET closed_on = told.closed_on
FROM unnest($1::uuid[], $2::text[], $3::date[]) AS told (dossier_id, task, closed_on)
WHERE task.dossier_id = told.dossier_id AND task.task = told.task AND task.closed_on IS NULL;

-- name: open_tasks
-- Adds the tasks opened in a batch, closed already where the batch closed them too.
INSERT INTO task (task_id, subject, dossier_id, task, unit, opened_on, total, stars, closed_on)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::date[], $7::text[], $8::smallint[], $9::date[]
);
