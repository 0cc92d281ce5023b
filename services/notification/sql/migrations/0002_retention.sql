-- What the words of a notice were made of goes long after the notice was delivered; who was told what and when stays.

ALTER TABLE notice ADD COLUMN emptied boolean NOT NULL DEFAULT false;
CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL;
