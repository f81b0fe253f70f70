/* elf.c -- what an ELF file is, by its headers. */
#include "target.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ELF_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define ELF_MACHINE EM_AARCH64
#else
#error "acre: no such architecture yet"
#endif

static bool elf_read_at(int fd, void *out, size_t size, uint64_t offset)
{
    return offset < INT64_MAX && pread(fd, out, size, (off_t)offset) == (ssize_t)size;
}

static int elf_program_headers(int fd, const Elf64_Ehdr *header, struct ac_elf *elf)
{
    for (unsigned i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr program;

        if (!elf_read_at(fd, &program, sizeof program,
                         header->e_phoff + i * sizeof program))
            return EILSEQ;
        if (program.p_type != PT_INTERP)
            continue;
        if (program.p_filesz == 0 || program.p_filesz > sizeof elf->loader ||
            !elf_read_at(fd, elf->loader, program.p_filesz, program.p_offset) ||
            elf->loader[program.p_filesz - 1] != '\0')
            return EILSEQ;
        elf->has_loader = true;
    }
    return 0;
}

static int elf_read_headers(int fd, struct ac_elf *elf)
{
    Elf64_Ehdr header = {0};
    ssize_t got = pread(fd, &header, sizeof header, 0);

    if (got < 0)
        return errno;
    if (got < SELFMAG || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return ENOEXEC;
    if (got < 20)
        return EILSEQ;
    elf->type = header.e_type;
    elf->machine = header.e_machine;
    if (header.e_ident[EI_DATA] != ELFDATA2LSB) {
        elf->machine = (uint16_t)(header.e_machine >> 8 | header.e_machine << 8);
        elf->other = true;
    }
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != ELF_MACHINE)
        elf->other = true;
    if (elf->other)
        return 0;
    if (got < (ssize_t)sizeof header || header.e_phentsize != sizeof(Elf64_Phdr))
        return EILSEQ;
    return elf_program_headers(fd, &header, elf);
}

int ac_elf_read(const char *path, struct ac_elf *elf)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    memset(elf, 0, sizeof *elf);
    if (fd < 0)
        return errno;
    int error = elf_read_headers(fd, elf);

    close(fd);
    return error;
}

const char *ac_elf_machine_name(const struct ac_elf *elf)
{
    switch (elf->machine) {
    case EM_X86_64:
        return elf->other ? "x32" : "x86-64";
    case EM_386:
        return "32-bit x86";
    case EM_AARCH64:
        return "arm64";
    case EM_ARM:
        return "32-bit ARM";
    case EM_RISCV:
        return "RISC-V";
    case EM_PPC64:
        return "PowerPC 64";
    case EM_S390:
        return "s390";
    default:
        return "another architecture";
    }
}
