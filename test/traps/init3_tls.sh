#!/bin/bash
# T-init3: our thread-local data must never be allocated on first use (dynamic TLS and
# emulated TLS call malloc: recursion).  T-init4, first half: it must fit the loader's
# spare static TLS.  T-dl5, T-init6: nothing is imported that allocates, reads the
# locale or is gone.
LIB=$ACRE_PRELOAD
LIMIT=${ACRE_TLS_LIMIT:-64}
fail() { echo "init3_tls.sh: $*" >&2; exit 1; }
[ -n "$LIB" ] || { echo "no library under test" >&2; exit 77; }
for lib in "$LIB" $( [ -n "$ACRE_PEER" ] || echo "$ACRE_BUILD/libacre.so" ); do
    undefined=$(nm -D --undefined-only "$lib" | awk '{sub(/@.*/, "", $2); print $2}')
    for name in __tls_get_addr __emutls_get_address __malloc_hook __free_hook \
                __realloc_hook __memalign_hook __malloc_initialize_hook __morecore \
                fopen fdopen opendir dlopen setlocale __ctype_b_loc __ctype_tolower_loc \
                getpwuid strtod gethostbyname __libc_malloc __libc_free; do
        grep -qx "$name" <<<"$undefined" && fail "$lib imports $name"
    done
    readelf -dW "$lib" | grep -q 'STATIC_TLS' ||
        [ -z "$(readelf -lW "$lib" | awk '$1 == "TLS"')" ] ||
        fail "$lib has TLS that is not initial-exec (no DF_STATIC_TLS)"
    size=$(readelf -lW "$lib" | awk '$1 == "TLS" {print $6}')
    [ $((${size:-0})) -le $LIMIT ] || fail "$lib has $((size)) bytes of TLS, limit $LIMIT"
    readelf -dW "$lib" | grep -q TEXTREL && fail "$lib has text relocations"
    # nodelete: T-dl2
    readelf -dW "$lib" | grep -q NODELETE || fail "$lib is not linked with -z nodelete"
    needed=$(readelf -dW "$lib" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
    for n in $needed; do
        case $n in
        libc.so.6|ld-linux-*|libpthread.so.0) ;;
        *) fail "$lib depends on $n; libc alone is allowed" ;;
        esac
    done
done
exit 0
