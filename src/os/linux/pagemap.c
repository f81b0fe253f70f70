/* pagemap.c -- pages that show the system's shared page of zeros.
 *
 * They are mapped, so mincore reports them, but they are nobody's memory, so RSS leaves
 * them out.  Only the PAGEMAP_SCAN request of Linux 6.7 tells them apart for a process
 * without privileges.  Its words are written out here: the headers that acre is compiled
 * with may be older. */
#include <stdint.h>

#include "os/linux/syscall.h"
#include "os/os.h"

#define PAGEMAP_SCAN 0xC0606610u /* _IOWR('f', 16, struct pagemap_scan) */
#define PAGEMAP_IS_ZERO ((uint64_t)1 << 5)
#define PAGEMAP_RUNS 16

struct pagemap_run {
    uint64_t start;
    uint64_t end;
    uint64_t categories;
};

struct pagemap_scan {
    uint64_t size;
    uint64_t flags;
    uint64_t start;
    uint64_t end;
    uint64_t walk_end; /* how far it came */
    uint64_t runs;     /* address of an array */
    uint64_t run_count;
    uint64_t max_pages;
    uint64_t category_inverted;
    uint64_t category_mask;
    uint64_t category_any;
    uint64_t category_return;
};

_Static_assert(sizeof(struct pagemap_scan) == 96, "the size is part of the request");

int ac_os_pagemap_open(void)
{
    return ac_os_open_file("/proc/self/pagemap", NULL);
}

size_t ac_os_zero_mapped(int pagemap, const void *addr, size_t size)
{
    struct pagemap_run runs[PAGEMAP_RUNS];
    struct pagemap_scan scan = {.size = sizeof scan,
                                .start = (uintptr_t)addr,
                                .end = (uintptr_t)addr + size,
                                .runs = (uintptr_t)runs,
                                .run_count = PAGEMAP_RUNS,
                                .category_mask = PAGEMAP_IS_ZERO,
                                .category_return = PAGEMAP_IS_ZERO};
    size_t bytes = 0;

    while (pagemap >= 0 && scan.start < scan.end) {
        long found =
            linux_call3(SYS_ioctl, pagemap, (long)PAGEMAP_SCAN, (long)(uintptr_t)&scan);

        if (linux_failed(found) || scan.walk_end <= scan.start)
            break;
        for (long i = 0; i < found; i++)
            bytes += (size_t)(runs[i].end - runs[i].start);
        scan.start = scan.walk_end;
    }
    return bytes;
}
