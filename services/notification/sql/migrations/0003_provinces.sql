-- A province's own office is a recipient too.

ALTER TABLE contact DROP CONSTRAINT contact_kind_check;
ALTER TABLE contact ADD CONSTRAINT contact_kind_check CHECK (kind IN ('producer', 'commune', 'province'));
