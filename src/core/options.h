/* options.h -- the options of this process.
 *
 * What there is stands in format/options.def; this is the one place where they
 * are kept.  Written by ac_options_init before any thread exists, read-only
 * from then on: boot makes the pages of ac_options_page read-only, so that a
 * stray write cannot turn a check off.
 */
#ifndef AC_CORE_OPTIONS_H
#define AC_CORE_OPTIONS_H

#include "format/options.h"

#include <stddef.h>

/* The largest page that the target may have, so that protecting the object
 * touches nothing else. */
#if defined(__x86_64__)
#define AC_OPTIONS_PAGE_BYTES 4096
#else
#define AC_OPTIONS_PAGE_BYTES 65536
#endif

struct ac_options_page {
    _Alignas(AC_OPTIONS_PAGE_BYTES) struct ac_options options;
    char fill[AC_OPTIONS_PAGE_BYTES - sizeof(struct ac_options)];
};
_Static_assert(sizeof(struct ac_options_page) == AC_OPTIONS_PAGE_BYTES,
               "the options fill whole pages");

/* Zero before ac_options_init: not the defaults. */
extern struct ac_options_page ac_options_page;

/* ac_option(retain), ac_option(mode) == AC_MODE_FAST, ... */
#define ac_option(name) (ac_options_page.options.name)

/* Set *out to the defaults and to what ACRE_OPTIONS says.  A wrong option keeps
 * its default and is reported with one line that ends in a newline, through
 * complain(text), or to standard error when complain is NULL.  Returns 0, or
 * EINVAL when an option was wrong and strict=1: the caller then ends the process
 * with AC_OPTIONS_STRICT_STATUS.  ACRE_OPTIONS is ignored in a secure process
 * (ac_os_env sees to that).  Needs ac_os_init; called once, before threads. */
int ac_options_init(struct ac_options *out, void (*complain)(const char *text));

#endif
