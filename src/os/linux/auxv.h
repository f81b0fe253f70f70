/* auxv.h -- what the kernel told the process at its start (os/linux only). */
#ifndef AC_OS_LINUX_AUXV_H
#define AC_OS_LINUX_AUXV_H

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <sys/auxv.h>

/* The value of one entry, 0 when there is none.  No system call: libc has kept
 * a pointer since before any malloc.  getauxval writes errno on a miss. */
static inline unsigned long linux_auxv(unsigned long type)
{
    int saved = errno;
    unsigned long value = getauxval(type);

    errno = saved;
    return value;
}

static inline size_t linux_page_bytes(void)
{
    size_t page = linux_auxv(AT_PAGESZ);

    return page != 0 ? page : 4096;
}

#endif
