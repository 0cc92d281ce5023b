-- The last day of the round in which a product's dossier is evaluated, while it is not over.

ALTER TABLE product_row ADD COLUMN round_ends_on date;

CREATE INDEX product_row_round ON product_row (round_ends_on, updated_ms DESC, product_id)
    WHERE round_ends_on IS NOT NULL;
