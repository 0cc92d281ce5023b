-- An official number belongs to the product: each keeps the first that one of its dossiers was given.

UPDATE entry AS product
SET version = product.version + 1, document = product.document || jsonb_build_object('number', first.number)
FROM (
    SELECT DISTINCT ON (document ->> 'product')
        document ->> 'product' AS product,
        document ->> 'number' AS number
    FROM entry
    WHERE kind = 'dossier' AND document ->> 'number' IS NOT NULL
    ORDER BY document ->> 'product', document ->> 'id'
) AS first
WHERE product.kind = 'product' AND product.name = first.product AND product.document ->> 'number' IS NULL;
