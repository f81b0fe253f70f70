/* pairs.c -- pairs of malloc and free, to be counted by pairs.py under callgrind.
 *
 *   pairs SIZE COUNT none|off
 *
 * `off` attaches an instrument that does nothing and is switched off (period 0). */
#include "core/events.h"

#include <acre/acre.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARM_UP 1100000ul /* a list asks for instruments every 2^20 mallocs */

static void sampled(void *context, const void *block, size_t size)
{
    (void)context, (void)block, (void)size;
    abort();
}

static const struct ac_instrument off = {"off", 0, sampled, NULL};

static void *volatile block;

static __attribute__((noinline)) void warm_up(size_t size)
{
    for (size_t i = 0; i < WARM_UP; i++) {
        block = acre_malloc(size);
        acre_free(block);
    }
}

/* callgrind collects in here only. */
__attribute__((noinline)) void measured(size_t size, size_t count);

void measured(size_t size, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        block = acre_malloc(size);
        acre_free(block);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    size_t size = strtoul(argv[1], NULL, 0);
    size_t count = strtoul(argv[2], NULL, 0);

    if (strcmp(argv[3], "off") == 0 && ac_events_attach(&off) != 0)
        return 3;
    warm_up(size);
    measured(size, count);
    return 0;
}
