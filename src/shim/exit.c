/* exit.c -- _exit and _Exit, so that a program that ends by them leaves statistics.
 *
 * They run no destructor: dash, daemons and crash handlers end so.  Without the option
 * `stat` they do what those of libc do, and nothing else.  Weak: a static program may
 * have its own. */
#include "boot/boot.h"
#include "os/os.h"

#define EXPORT __attribute__((visibility("default"), weak))

/* <unistd.h> and <stdlib.h> declare them with attributes that differ. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

EXPORT _Noreturn void _exit(int status)
{
    ac_boot_exit_now();
    ac_os_exit(status);
}

EXPORT _Noreturn void _Exit(int status)
{
    ac_boot_exit_now();
    ac_os_exit(status);
}
