#!/bin/bash
# acre doctor: every check is there, and its word about limits is true.
. "$(dirname "$0")/setup.bash"

"$acre" doctor --json >"$work/json"; is_json "$work/json"
json "$work/json" 'len(d["checks"]) >= 10'
json "$work/json" 'all(c["result"] in ("ok", "warn", "fail") for c in d["checks"])'
json "$work/json" 'd["failed"] == any(c["result"] == "fail" for c in d["checks"])'
json "$work/json" 'all(c["advice"] for c in d["checks"] if c["result"] == "warn")'

ACRE_LIBRARY=/nowhere run "$acre" doctor; is_status 1 "no library"
says "fail  library"; says "fail  preloading"

need_library
run "$acre" doctor; is_status 0 doctor; quiet
for name in kernel "C library" "huge pages" overcommit mappings "address space" cgroup \
    seccomp "guard pages" library; do
    says "  $name "
done
says "works: cat ran with acre 0."
run bash -c "ulimit -v 4000000; '$acre' doctor"; says "warn  address space   3.8"
