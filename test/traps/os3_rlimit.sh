#!/bin/bash
# T-os3: real programs start and work under ulimit -v (64 MB and up) and -d.
[ -n "$ACRE_PRELOAD" ] || { echo "no library under test" >&2; exit 77; }
bad=0
for limit in "-v 65536" "-v 262144" "-v 1048576" "-v 8388608" "-d 32768" "-d 262144"; do
    for command in "ls -l /usr/bin" "perl -e 'my %h; \$h{\$_} = \"x\$_\" for 1..20000; print scalar keys %h'" \
                   "sort /etc/services" "git --version"; do
        want=$( ulimit $limit; eval "$command" 2>&1 )
        got=$( ulimit $limit; export LD_PRELOAD=$ACRE_PRELOAD; eval "timeout 20 $command" 2>&1 )
        if [ "$want" != "$got" ]; then
            echo "ulimit $limit; $command: differs: $(tail -c 300 <<<"$got")" >&2; bad=1
        fi
    done
done
exit $bad
