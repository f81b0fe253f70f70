-- Real work for SQLite, all in memory: inserts, indexes, joins, grouping.
PRAGMA temp_store = memory;
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
CREATE TABLE sale (id INTEGER PRIMARY KEY, customer INTEGER, item TEXT, price REAL);
BEGIN;
INSERT INTO customer
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
SELECT i, 'customer ' || i, 'city ' || (i * 7919 % 97) FROM n;
INSERT INTO sale
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120000)
SELECT i, 1 + i * 7907 % 8000, 'item ' || (i * 104729 % 1500), (i * 31 % 1000) / 10.0
FROM n;
COMMIT;
CREATE INDEX sale_customer ON sale (customer);
CREATE INDEX sale_item ON sale (item);
SELECT city, count(*), round(sum(price), 1) FROM sale JOIN customer
ON customer.id = sale.customer GROUP BY city ORDER BY 3 DESC LIMIT 3;
SELECT item, count(DISTINCT customer) AS buyers, group_concat(customer)
FROM sale GROUP BY item ORDER BY buyers DESC, item LIMIT 1;
UPDATE sale SET item = item || ' (old)' WHERE id % 3 = 0;
DELETE FROM sale WHERE customer % 5 = 0;
SELECT count(*), max(length(item)) FROM sale;
SELECT substr(item, 1, 7) AS kind, avg(price) FROM sale
GROUP BY kind ORDER BY 2 LIMIT 2;
SELECT a.item, count(*) FROM sale a JOIN sale b ON a.customer = b.customer
AND a.id < b.id GROUP BY a.item ORDER BY 2 DESC, 1 LIMIT 2;
