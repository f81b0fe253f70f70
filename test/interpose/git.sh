#!/bin/bash
# T-tool6, M1: git: init, add, commit, branch, merge, log, repack with threads, fsck, clone.
# timeout: 150
. "$ACRE_TEST_SRC/interpose/lib.bash"
need git
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b \
       GIT_AUTHOR_DATE="2024-01-01T00:00:00Z" GIT_COMMITTER_DATE="2024-01-01T00:00:00Z" \
       GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null HOME=$PWD
same git '
    git init -q -b main repo && cd repo
    for c in 1 2 3 4 5; do
        for i in {1..60}; do seq $((i * c)) $((i * c + 800)) >file$i; done
        git add . && git commit -q -m "commit $c"
    done
    git checkout -q -b side HEAD~2 && echo x >side && git add side && git commit -q -m side
    git checkout -q main && git merge -q -m merge side
    git -c pack.threads=2 repack -adfq --depth=20 --window=20
    git fsck --full --strict 2>/dev/null; git log --oneline --stat | md5sum; git rev-parse HEAD
    git clone -q . ../copy && git -C ../copy rev-parse HEAD
    git grep -c 77 | md5sum; git diff HEAD~3 | md5sum; git blame file7 | md5sum
    git archive HEAD | md5sum
'
