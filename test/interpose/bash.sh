#!/bin/bash
# T-tool6, M1: bash: arrays, substitutions, pipelines, subshells, 300 forks.
# timeout: 150
. "$ACRE_TEST_SRC/interpose/lib.bash"
need bash
same bash '
    declare -A m
    for i in {1..3000}; do m[key$((i % 611))]+="$i "; done
    printf "%s\n" "${!m[@]}" | sort | md5sum
    for i in {1..300}; do x=$(echo $((i * i))); done; echo "$x"
    s=; for i in {1..2000}; do s+="line $i of text "; done; echo "${#s} ${s//line/LINE}" | md5sum
    seq 20000 | while read -r n; do [ $((n % 1000)) = 0 ] && echo $n; done
    f() { local n=$1; [ $n -le 1 ] && echo 1 || echo $(( $(f $((n - 1))) + n )); }; f 40
    mapfile -t a < <(seq 5000); echo "${#a[@]} ${a[4999]}"
    find /usr/share/doc -maxdepth 2 2>/dev/null | sort -r | awk "{ n += length(\$0) } END { print n, NR }"
'
