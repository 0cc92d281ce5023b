-- A certificate whose decision was annulled (article 10.1.b) is no longer in force, whatever its months.

ALTER TABLE certificate ADD COLUMN annulled_on date;
DROP INDEX certificate_in_force;
CREATE INDEX certificate_in_force ON certificate (unit, expires_on) WHERE ended_on IS NULL AND annulled_on IS NULL;
