#!/bin/bash
# T-tool6, M1: sqlite3: a database on disk and in memory, indices, joins, a vacuum.
# timeout: 150
. "$ACRE_TEST_SRC/interpose/lib.bash"
need sqlite3
cat >work.sql <<'END'
pragma journal_mode=memory; pragma threads=2;
create table t(a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)
insert into t select i, substr('abcdefghijklmnopqrstuvwxyz', 1 + i % 26) || (i * 7919 % 2003), i / 3.0 from n;
create index tb on t(b); create index tc on t(c desc);
select count(*), count(distinct b), sum(c) from t;
select x.b, count(*) from t x join t y on x.b = y.b and +x.a < +y.a group by 1 order by 2 desc, 1 limit 5;
select group_concat(b, ',') from (select b from t order by b limit 2000);
update t set b = b || 'x' where a % 3 = 0; delete from t where a % 5 = 0; vacuum; pragma integrity_check;
select a, b from t order by b desc limit 3;
END
same sqlite3 'sqlite3 test.db <../work.sql; sqlite3 :memory: <../work.sql | md5sum'
