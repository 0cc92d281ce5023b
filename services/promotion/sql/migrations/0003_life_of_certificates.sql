-- A certificate may stay valid beyond its end until its renewal has a result (article 12.3), and may be withdrawn (8).

ALTER TABLE certificate ADD COLUMN extended_to date, ADD COLUMN withdrawn_on date;
DROP INDEX certificate_in_force;
CREATE INDEX certificate_in_force ON certificate (unit, expires_on)
    WHERE ended_on IS NULL AND annulled_on IS NULL AND withdrawn_on IS NULL;
