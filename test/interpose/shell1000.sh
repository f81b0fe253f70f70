#!/bin/bash
# T-tool6: 300 small programs one after the other, pipelines among them.
# timeout: 100
. "$ACRE_TEST_SRC/interpose/lib.bash"
same 'small programs' 'for i in {1..75}; do /bin/true; /bin/echo $i; expr $i + 1; date -u -d @$i | tr a-z A-Z; done; ls -la /etc | wc -c; tar cf - /etc/services /etc/passwd 2>/dev/null | gzip -n | gzip -d | md5sum; sort -R --random-source=/bin/true /etc/services | sort | md5sum'
