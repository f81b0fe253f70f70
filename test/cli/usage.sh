#!/bin/bash
# Help, version, wrong usage, unknown commands.
. "$(dirname "$0")/setup.bash"

run "$acre"; is_status 2 "no command"; says "usage: acre COMMAND"
run "$acre" help; is_status 0 help; says "run a program under acre"; quiet
run "$acre" --help; is_status 0 --help; says "usage: acre COMMAND"
run "$acre" version; is_status 0 version; says "acre 0."
run "$acre" --version; is_status 0 --version; says "acre 0."
"$acre" version --json >"$work/v"; is_json "$work/v"

for command in run stat options status doctor version help; do
    run "$acre" help $command; is_status 0 "help $command"; says "usage: acre $command"
    run "$acre" $command --help; is_status 0 "$command --help"
    says "usage: acre $command"; quiet
    run "$acre" $command --no-such-option; is_status 2 "$command --no-such-option"
    errs "unknown option '--no-such-option'"
done

# Commands of later versions are not there, and nobody claims that they are.
for command in report diff top map leaks purge chaos advise layout fsck check profile; do
    run "$acre" $command; is_status 2 $command; errs "unknown command '$command'"
    "$acre" help | grep -q "^  $command " && fail "help lists $command"
done
run "$acre" rnu; is_status 2 rnu; errs "did you mean 'run'?"
run "$acre" statsu; errs "did you mean 'status'?"
run "$acre" xyzzy; errs "unknown command 'xyzzy'"
run "$acre" help opions; is_status 2 "help opions"; errs "did you mean 'options'?"
run "$acre" run; is_status 2 run; errs "no program is given"
run "$acre" stat --json; is_status 2 stat; errs "no program is given"
run "$acre" run -o; is_status 2 "run -o"; errs "needs a value"
run "$acre" options extra; is_status 2 "options extra"; errs "unexpected argument 'extra'"

if [ -w /dev/full ]; then
    "$acre" options >/dev/full 2>"$work/err"; status=$?; err=$(cat "$work/err")
    is_status 125 "options >/dev/full"; errs "cannot write to standard output"
fi
"$acre" help >&- 2>/dev/null        # a closed output is an error, not a crash
[ $? -eq 125 ] || fail "help with a closed output"
