#!/bin/bash
# Programs that cannot run (under acre) are refused, with the reason.
. "$(dirname "$0")/setup.bash"

refuses() {     # STATUS WORDS COMMAND
    local command
    for command in run stat; do
        run "$acre" $command -- "$3"; is_status "$1" "$command $3"; errs "$2"
    done
}
script() { printf '%s\n' "$2" >"$work/$1"; chmod +x "$work/$1"; }

refuses 127 "was not found in PATH" no-such-program-at-all
refuses 127 "was not found" "$work/nothing"
refuses 127 "was not found" ""
refuses 126 "it is a folder" /
echo text >"$work/plain"; refuses 126 "Permission denied" "$work/plain"
run env PATH="$work" "$acre" run -- plain; is_status 126 plain; errs "Permission denied"

# Scripts: followed to what runs them.
script loop "#!$work/loop"; refuses 126 "interpreters are scripts" "$work/loop"
script lost "#!/no/such/interpreter"; refuses 127 "/no/such/interpreter" "$work/lost"
script none "#!"; refuses 126 "names no" "$work/none"
script env-lost "#!/usr/bin/env no-such-program-at-all"
refuses 127 "was not found in PATH" "$work/env-lost"

# ELF files of all kinds, out of a good one.
cp "$(type -P true)" "$work/good"
patch() { printf "$3" | dd of="$work/$1" bs=1 seek="$2" conv=notrunc status=none; }
elf() { cp "$work/good" "$work/$1"; }
elf i386; patch i386 4 '\001'; patch i386 18 '\003'
refuses 126 "a program for 32-bit x86" "$work/i386"
elf sparc; patch sparc 5 '\002'; refuses 126 "a program for" "$work/sparc"
elf riscv; patch riscv 18 '\363'; refuses 126 "a program for RISC-V" "$work/riscv"
head -c 40 "$work/good" >"$work/cut"; chmod +x "$work/cut"
refuses 126 "ELF headers are damaged" "$work/cut"
offset=$(grep -abo '/lib64/ld-linux-x86-64.so.2' "$work/good" | head -1 | cut -d: -f1)
if [ -n "$offset" ]; then
    elf musl; patch musl "$offset" '/lib/ld-musl-x86_64.so.1\000\000\000'
    refuses 126 "the C library musl" "$work/musl"
    elf gone; patch gone "$offset" '/lib64/ld-linux-x86-64.so.9'
    refuses 127 "its dynamic loader /lib64/ld-linux-x86-64.so.9" "$work/gone"
fi
if echo 'int main(void) { return 0; }' >"$work/s.c" && command -v cc >/dev/null; then
    for kind in -static -static-pie; do
        cc $kind "$work/s.c" -o "$work/s$kind" 2>/dev/null || continue
        refuses 126 "it is linked statically" "$work/s$kind"
        script "script$kind" "#!$work/s$kind"
        refuses 126 "it is linked statically" "$work/script$kind"
    done
fi

# setuid and setgid to somebody else (root can make such files).
if [ "$(id -u)" -eq 0 ]; then
    for right in u g; do
        elf "set$right"
        chown 65534:65534 "$work/set$right" && chmod "$right+s" "$work/set$right" ||
            continue
        case "$(findmnt -no OPTIONS -T "$work" 2>/dev/null)" in *nosuid*) continue ;; esac
        refuses 126 "it is set${right}id" "$work/set$right"
    done
    if command -v setcap >/dev/null && command -v setpriv >/dev/null; then
        elf cap
        chmod 755 "$work"
        if setcap cap_net_raw+ep "$work/cap" 2>/dev/null &&
            setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$acre"; then
            run setpriv --reuid=65534 --regid=65534 --clear-groups \
                "$acre" run -- "$work/cap"
            is_status 126 capabilities; errs "its file has capabilities"
        fi
    fi
fi
