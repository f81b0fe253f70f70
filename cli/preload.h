/* preload.h -- the library that is put before a program, and its environment. */
#ifndef AC_CLI_PRELOAD_H
#define AC_CLI_PRELOAD_H

#include "cli.h"

#include <limits.h>

#define AC_PRELOAD_LIBRARY "libacre-malloc.so"

/* The absolute path of libacre-malloc.so: ACRE_LIBRARY, or beside the command,
 * or in ../lib, ../lib/acre or ../lib/TRIPLET.  false: `why` says what is wrong. */
bool ac_preload_find(char path[PATH_MAX], char *why, size_t why_size);

/* Set LD_PRELOAD and ACRE_OPTIONS of this process for what it will execute.
 * `options` (NULL: none) come after those that are there already, so they win.
 * false: no memory, or a path that LD_PRELOAD cannot name; it was said. */
bool ac_preload_set(const char *options);

/* Look at "K=V,..." of the command line.  false: something is wrong with it, and
 * it was said. */
bool ac_preload_check_options(const char *options);

/* out += ",name=value" with the value escaped as ACRE_OPTIONS wants it.  false:
 * does not fit. */
bool ac_preload_add_option(char *out, size_t capacity, const char *name,
                           const char *value);

#endif
