/* vdso.c -- find clock_gettime in the vDSO by its ELF symbol table.
 *
 * The vDSO is a small shared object from the kernel: one file image in memory,
 * the dynamic section gives symbols, names and the hash table, from which we
 * only need the count of symbols.  Its addresses are relative to where it
 * would like to be loaded (0 everywhere so far, but not promised).
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "os/linux/auxv.h"
#include "os/linux/syscall.h"
#include "os/linux/vdso.h"

#if defined(__aarch64__)
#define VDSO_CLOCK_NAME "__kernel_clock_gettime"
#else
#define VDSO_CLOCK_NAME "__vdso_clock_gettime"
#endif

typedef int vdso_clock_function(clockid_t, struct timespec *);

/* Written once by ac_vdso_init, with the same value by whoever comes. */
static _Atomic(vdso_clock_function *) vdso_clock;

/* What the dynamic section points to; NULL when it has no such entry. */
struct vdso_tables {
    const Elf64_Sym *symbols;
    const char *names;
    const Elf32_Word *hash; /* DT_HASH: buckets, then symbols, as counts */
    const Elf32_Word *gnu_hash;
};

static void vdso_read_dynamic(uintptr_t bias, const Elf64_Dyn *dynamic,
                              struct vdso_tables *tables)
{
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        const void *target = (const void *)(bias + dynamic->d_un.d_ptr);

        if (dynamic->d_tag == DT_SYMTAB)
            tables->symbols = target;
        else if (dynamic->d_tag == DT_STRTAB)
            tables->names = target;
        else if (dynamic->d_tag == DT_HASH)
            tables->hash = target;
        else if (dynamic->d_tag == DT_GNU_HASH)
            tables->gnu_hash = target;
    }
}

/* The count of symbols.  A GNU hash (the only one on newer arm64 kernels) does
 * not say it: it is one more than the last symbol of the last chain. */
static size_t vdso_symbol_count(const struct vdso_tables *tables)
{
    if (tables->hash != NULL)
        return tables->hash[1];
    if (tables->gnu_hash == NULL)
        return 0;

    const Elf32_Word *header = tables->gnu_hash;
    size_t bucket_count = header[0];
    size_t first = header[1]; /* symbols before it are not hashed */
    const Elf32_Word *buckets = header + 4 + (size_t)header[2] * 2;
    const Elf32_Word *chains = buckets + bucket_count;
    size_t last = 0;

    for (size_t i = 0; i < bucket_count; i++)
        if (buckets[i] > last)
            last = buckets[i];
    if (last < first)
        return first;
    while ((chains[last - first] & 1u) == 0)
        last++;
    return last + 1;
}

static uintptr_t vdso_find(uintptr_t bias, const struct vdso_tables *tables,
                           const char *name)
{
    if (tables->symbols == NULL || tables->names == NULL)
        return 0;
    for (size_t i = 0, count = vdso_symbol_count(tables); i < count; i++) {
        const Elf64_Sym *symbol = &tables->symbols[i];

        if (symbol->st_shndx != SHN_UNDEF &&
            strcmp(tables->names + symbol->st_name, name) == 0)
            return bias + symbol->st_value;
    }
    return 0;
}

void ac_vdso_init(void)
{
    uintptr_t image = linux_auxv(AT_SYSINFO_EHDR);
    uintptr_t bias = 0;
    const Elf64_Dyn *dynamic = NULL;
    struct vdso_tables tables = {NULL, NULL, NULL, NULL};

    if (image == 0)
        return;
    const Elf64_Ehdr *file = (const Elf64_Ehdr *)image;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(image + file->e_phoff);

    for (size_t i = 0; i < file->e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD)
            bias = image + segments[i].p_offset - segments[i].p_vaddr;
        else if (segments[i].p_type == PT_DYNAMIC)
            dynamic = (const Elf64_Dyn *)(image + segments[i].p_offset);
    }
    if (dynamic == NULL)
        return;
    vdso_read_dynamic(bias, dynamic, &tables);

    uintptr_t found = vdso_find(bias, &tables, VDSO_CLOCK_NAME);
    if (found != 0)
        atomic_store_explicit(&vdso_clock, (vdso_clock_function *)found,
                              memory_order_relaxed);
}

long ac_vdso_clock(clockid_t clock, struct timespec *time)
{
    vdso_clock_function *function =
        atomic_load_explicit(&vdso_clock, memory_order_relaxed);

    if (function != NULL)
        return function(clock, time);
    return linux_call3(SYS_clock_gettime, clock, (long)time, 0);
}
