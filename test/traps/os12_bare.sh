#!/bin/bash
# T-os12: no /proc and no /sys (own mount namespace), a chroot that holds only a static
# program, a read-only root.
# program: os12_victim.c -static $BUILD/libacre-malloc.a
[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || { echo "needs root and unshare" >&2; exit 77; }
cd "$ACRE_TEST_BIN" || exit 1
gcc -O1 -fno-builtin -o dynamic "$ACRE_TEST_SRC/traps/os12_victim.c" -D_GNU_SOURCE \
    -I"$ACRE_TEST_SRC/traps" -pthread || exit 1
unshare -m bash -c '
    mount --make-rprivate / &&
    mount -t tmpfs -o ro none /proc && mount -t tmpfs -o ro none /sys || exit 77
    LD_PRELOAD=$ACRE_PRELOAD timeout 20 ./dynamic && timeout 20 ./os12_victim' 2>err
status=$?
[ $status = 77 ] && { echo "may not mount here" >&2; exit 77; }
[ $status = 0 ] && [ ! -s err ] || { echo "without /proc: status $status $(head -3 err)" >&2; exit 1; }
rm -rf jail && mkdir jail && cp os12_victim jail/
chroot jail /os12_victim 2>err
status=$?
[ $status = 0 ] && [ ! -s err ] || { echo "chroot: status $status $(head -3 err)" >&2; exit 1; }
chroot --userspec=65534:65534 jail /os12_victim 2>err
status=$?
[ $status = 0 ] && [ ! -s err ] || { echo "chroot as nobody: status $status $(head -3 err)" >&2; exit 1; }
exit 0
