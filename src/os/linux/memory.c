/* memory.c -- address space and pages on Linux.
 *
 * Reserved    PROT_NONE, MAP_NORESERVE: no memory, no commit charge
 * Committed   read-write; under overcommit 0 and 1 still no charge (a charge
 *             would make fork fail, see T-fork8), under overcommit 2 the kernel
 *             ignores MAP_NORESERVE and mprotect takes the charge
 * Mapped      read-write and charged at once (ac_os_map), so that a request
 *             beyond all memory fails here, as it does with glibc
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "os/linux/auxv.h"
#include "os/linux/syscall.h"
#include "os/os.h"

/* Newer than the headers of some systems that we build on. */
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#define MEMORY_DONTNEED_LOCKED 24 /* Linux 5.18 */
#define MEMORY_GUARD_INSTALL 102  /* Linux 6.13 */
#define MEMORY_GUARD_REMOVE 103
#define MEMORY_PR_SET_VMA 0x53564d41 /* Linux 5.17 */
#define MEMORY_PR_SET_VMA_ANON_NAME 0

#define MEMORY_RESERVE_FLAGS (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
#define MEMORY_RETRIES 16         /* of a call that says EAGAIN */
#define MEMORY_MINCORE_PAGES 1024 /* one byte of stack each (T-sig4) */

static long memory_mmap(void *addr, size_t size, int protection, int flags)
{
    return linux_call6(SYS_mmap, (long)addr, (long)size, protection, flags, -1, 0);
}

static int memory_munmap(uintptr_t addr, size_t size)
{
    return linux_error(linux_call3(SYS_munmap, (long)addr, (long)size, 0));
}

static int memory_mprotect(void *addr, size_t size, int protection)
{
    return linux_error(linux_call3(SYS_mprotect, (long)addr, (long)size, protection));
}

/* madvise, patient: EAGAIN means that the kernel was short of something for a
 * moment. */
static int memory_madvise(void *addr, size_t size, int advice)
{
    int error;
    int tries = MEMORY_RETRIES;

    do {
        error = linux_error(linux_call3(SYS_madvise, (long)addr, (long)size, advice));
    } while ((error == EAGAIN || error == EINTR) && --tries > 0);
    return error;
}

/* Map size + align bytes and cut off what is too much at either end.  A cut
 * that fails (the count of mappings is exhausted) leaves a strip of untouched
 * address space behind, which nobody will miss. */
static long memory_map_trimmed(size_t size, size_t align, int protection, int flags)
{
    if (size > SIZE_MAX - align)
        return -ENOMEM;
    long result = memory_mmap(NULL, size + align, protection, flags);
    if (linux_failed(result))
        return result;

    uintptr_t start = (uintptr_t)result;
    uintptr_t end = start + size + align;
    uintptr_t aligned = (start + align - 1) & ~(uintptr_t)(align - 1);

    if (aligned > start)
        (void)memory_munmap(start, aligned - start);
    if (aligned + size < end)
        (void)memory_munmap(aligned + size, end - (aligned + size));
    return (long)aligned;
}

/* The plain mapping comes first: often it is aligned by luck (since 6.7 the
 * kernel aligns large ones to a huge page), and it fits where the larger one
 * would hit RLIMIT_AS. */
static void *memory_map_aligned(size_t size, size_t align, int protection, int flags,
                                int *error)
{
    long result = memory_mmap(NULL, size, protection, flags);

    if (!linux_failed(result) && ((uintptr_t)result & (align - 1)) != 0) {
        (void)memory_munmap((uintptr_t)result, size);
        result = memory_map_trimmed(size, align, protection, flags);
    }
    if (linux_failed(result)) {
        if (error != NULL)
            *error = (int)-result;
        return NULL;
    }
    return (void *)result;
}

void *ac_os_reserve(size_t size, size_t align, int *error)
{
    return memory_map_aligned(size, align, PROT_NONE, MEMORY_RESERVE_FLAGS, error);
}

void ac_os_dump(void *addr, size_t size, bool on)
{
    (void)linux_call3(SYS_madvise, (long)addr, (long)size,
                      on ? MADV_DODUMP : MADV_DONTDUMP);
}

int ac_os_reserve_at(void *addr, size_t size)
{
    long result =
        memory_mmap(addr, size, PROT_NONE, MEMORY_RESERVE_FLAGS | MAP_FIXED_NOREPLACE);

    if (linux_failed(result))
        return (int)-result;
    if ((uintptr_t)result == (uintptr_t)addr)
        return 0;
    /* Before 4.17 the flag is unknown and the address a mere wish. */
    (void)memory_munmap((uintptr_t)result, size);
    return EEXIST;
}

int ac_os_release(void *addr, size_t size)
{
    return memory_munmap((uintptr_t)addr, size);
}

int ac_os_commit(void *addr, size_t size)
{
    return memory_mprotect(addr, size, PROT_READ | PROT_WRITE);
}

/* A fresh reservation laid over the old pages: in one call the contents, the
 * commit charge, the guard markers and the page tables go, which mprotect
 * would all keep.  The kernel refuses it before it changes anything (count of
 * mappings; RLIMIT_MEMLOCK after mlockall); then we do what we can in place. */
int ac_os_decommit(void *addr, size_t size)
{
    long result = memory_mmap(addr, size, PROT_NONE, MEMORY_RESERVE_FLAGS | MAP_FIXED);

    if (!linux_failed(result))
        return 0;
    int error = ac_os_purge(addr, size);
    if (error != 0)
        return error;
    return memory_mprotect(addr, size, PROT_NONE);
}

/* Not MADV_FREE: its pages still count as resident until memory is short, and
 * they do not read as zero before. */
int ac_os_purge(void *addr, size_t size)
{
    int error = memory_madvise(addr, size, MADV_DONTNEED);

    if (error == EINVAL) /* locked in memory by mlock or mlockall */
        error = memory_madvise(addr, size, MEMORY_DONTNEED_LOCKED);
    return error;
}

int ac_os_freeze(void *addr, size_t size, bool on)
{
    return memory_mprotect(addr, size, on ? PROT_READ : PROT_READ | PROT_WRITE);
}

int ac_os_huge(void *addr, size_t size, bool on)
{
    return memory_madvise(addr, size, on ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

int ac_os_guard(void *addr, size_t size, bool on)
{
    return memory_madvise(addr, size, on ? MEMORY_GUARD_INSTALL : MEMORY_GUARD_REMOVE);
}

void *ac_os_map(size_t size, size_t align, int *error)
{
    return memory_map_aligned(size, align, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, error);
}

void *ac_os_remap(void *addr, size_t old_size, size_t new_size, bool may_move)
{
    /* mremap takes an old size of 0 for a wish to duplicate a mapping. */
    if (old_size == 0 || new_size == 0)
        return NULL;
    long result = linux_call6(SYS_mremap, (long)addr, (long)old_size, (long)new_size,
                              may_move ? MREMAP_MAYMOVE : 0, 0, 0);

    return linux_failed(result) ? NULL : (void *)result;
}

/* mincore, not /proc/self/pagemap: it needs no file (chroot, closed sandbox)
 * and agrees with the Rss of smaps to the page, but for pages that were read
 * and never written: those show the shared zero page and are counted too. */
size_t ac_os_resident(const void *addr, size_t size)
{
    unsigned char present[MEMORY_MINCORE_PAGES];
    size_t page = linux_page_bytes();
    size_t step = page * MEMORY_MINCORE_PAGES;
    size_t pages = 0;

    for (size_t done = 0; done < size; done += step) {
        size_t part = size - done < step ? size - done : step;
        long result = linux_call3(SYS_mincore, (long)((uintptr_t)addr + done), (long)part,
                                  (long)present);
        if (linux_failed(result))
            return 0;
        for (size_t i = 0; i < (part + page - 1) / page; i++)
            pages += present[i] & 1u;
    }
    return pages * page;
}

void ac_os_name(void *addr, size_t size, const char *name)
{
    (void)linux_call6(SYS_prctl, MEMORY_PR_SET_VMA, MEMORY_PR_SET_VMA_ANON_NAME,
                      (long)addr, (long)size, (long)name, 0);
}
