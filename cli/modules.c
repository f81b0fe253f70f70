/* modules.c -- the mapped files of a process, and symbols in them. */
#include "process.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- /proc/PID/maps ---------------------------------------------------------------- */

struct modules_line {
    uint64_t begin;
    uint64_t end;
    uint64_t offset;
    unsigned long inode;
    char *path; /* "" for anonymous memory */
};

static bool modules_parse(char *text, struct modules_line *line)
{
    unsigned long long begin;
    unsigned long long end;
    unsigned long long offset;
    int path = 0;

    if (sscanf(text, "%llx-%llx %*4s %llx %*x:%*x %lu %n", &begin, &end, &offset,
               &line->inode, &path) < 4 ||
        path == 0)
        return false;
    line->begin = begin;
    line->end = end;
    line->offset = offset;
    line->path = text + path;
    line->path[strcspn(line->path, "\n")] = '\0';
    return true;
}

static int modules_append(struct ac_modules *modules, const struct modules_line *line)
{
    if ((modules->count & (modules->count - 1)) == 0) { /* a power of two: full */
        size_t room = modules->count == 0 ? 1 : 2 * modules->count;
        struct ac_module *list = realloc(modules->list, room * sizeof *list);

        if (list == NULL)
            return ENOMEM;
        modules->list = list;
    }
    struct ac_module *module = &modules->list[modules->count];

    module->path = strdup(line->path);
    if (module->path == NULL)
        return ENOMEM;
    module->begin = line->begin;
    module->end = line->end;
    module->offset = line->offset;
    module->inode = line->inode;
    modules->count++;
    return 0;
}

static int modules_add(struct ac_modules *modules, const struct modules_line *line)
{
    struct ac_module *last = modules->count == 0 ? NULL
                                                 : &modules->list[modules->count - 1];

    if (line->path[0] != '/') { /* .bss follows the file without a gap */
        if (last != NULL && line->path[0] == '\0' && line->begin == last->end)
            last->end = line->end;
        return 0;
    }
    if (last != NULL && last->inode == line->inode &&
        strcmp(last->path, line->path) == 0) {
        last->end = line->end;
        return 0;
    }
    return modules_append(modules, line);
}

int ac_modules_read(pid_t pid, struct ac_modules *modules)
{
    char path[64];
    char *text = NULL;
    size_t capacity = 0;
    int error = 0;
    struct modules_line line;

    modules->list = NULL;
    modules->count = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return errno;
    errno = 0;
    while (error == 0 && getline(&text, &capacity, file) > 0)
        if (modules_parse(text, &line))
            error = modules_add(modules, &line);
    if (error == 0 && ferror(file))
        error = errno;
    free(text);
    fclose(file);
    return error;
}

void ac_modules_free(struct ac_modules *modules)
{
    for (size_t i = 0; i < modules->count; i++)
        free(modules->list[i].path);
    free(modules->list);
    modules->list = NULL;
    modules->count = 0;
}

/* --- Symbols ----------------------------------------------------------------------- */

/* A file in memory; nothing in it is trusted. */
struct modules_image {
    const unsigned char *bytes;
    size_t size;
};

/* `count` elements of `size` bytes at `offset`, or NULL when they are not inside. */
static const void *modules_range(const struct modules_image *image, uint64_t offset,
                                 uint64_t count, uint64_t size)
{
    if (offset % 8 != 0 || offset > image->size || count > (image->size - offset) / size)
        return NULL;
    return image->bytes + offset;
}

static bool modules_name_is(const struct modules_image *image, const Elf64_Shdr *strings,
                            uint32_t at, const char *name)
{
    size_t length = strlen(name) + 1;

    return strings->sh_offset <= image->size &&
           strings->sh_size <= image->size - strings->sh_offset &&
           at < strings->sh_size && strings->sh_size - at >= length &&
           memcmp(image->bytes + strings->sh_offset + at, name, length) == 0;
}

static bool modules_find_in(const struct modules_image *image, const Elf64_Shdr *table,
                            const Elf64_Shdr *strings, const char *name, uint64_t *value)
{
    uint64_t count = table->sh_size / sizeof(Elf64_Sym);
    const Elf64_Sym *symbols =
        modules_range(image, table->sh_offset, count, sizeof *symbols);

    if (symbols == NULL)
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (symbols[i].st_shndx != SHN_UNDEF && symbols[i].st_value != 0 &&
            ELF64_ST_TYPE(symbols[i].st_info) == STT_OBJECT &&
            modules_name_is(image, strings, symbols[i].st_name, name)) {
            *value = symbols[i].st_value;
            return true;
        }
    return false;
}

static bool modules_find(const struct modules_image *image, const Elf64_Ehdr *header,
                         const char *name, uint64_t *value)
{
    const Elf64_Shdr *sections =
        modules_range(image, header->e_shoff, header->e_shnum, sizeof *sections);

    if (sections == NULL)
        return false;
    for (unsigned i = 0; i < header->e_shnum; i++) {
        const Elf64_Shdr *table = &sections[i];

        if ((table->sh_type == SHT_DYNSYM || table->sh_type == SHT_SYMTAB) &&
            table->sh_link < header->e_shnum &&
            modules_find_in(image, table, &sections[table->sh_link], name, value))
            return true;
    }
    return false;
}

/* What to add to an address of the file: by the segment that holds the offset at
 * which the module's first mapping starts. */
static bool modules_bias(const struct modules_image *image, const Elf64_Ehdr *header,
                         const struct ac_module *module, uint64_t *bias)
{
    const Elf64_Phdr *programs =
        modules_range(image, header->e_phoff, header->e_phnum, sizeof *programs);

    if (programs == NULL)
        return false;
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (programs[i].p_type == PT_LOAD &&
            programs[i].p_offset <= module->offset + 4095 &&
            module->offset < programs[i].p_offset + programs[i].p_filesz) {
            *bias = module->begin - module->offset + programs[i].p_offset -
                    programs[i].p_vaddr;
            return true;
        }
    return false;
}

static uint64_t modules_symbol_in(const struct modules_image *image,
                                  const struct ac_module *module, const char *name)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)image->bytes;
    uint64_t value = 0;
    uint64_t bias = 0;

    if (image->size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_shentsize != sizeof(Elf64_Shdr) ||
        header->e_phentsize != sizeof(Elf64_Phdr))
        return 0;
    if (!modules_find(image, header, name, &value) ||
        !modules_bias(image, header, module, &bias))
        return 0;
    return value + bias;
}

/* The file as the process sees it, or as it was when it has been replaced. */
static int modules_open(pid_t pid, const struct ac_module *module)
{
    char path[PATH_MAX + 64];
    struct stat file;

    snprintf(path, sizeof path, "/proc/%d/root%s", (int)pid, module->path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd >= 0 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
        file.st_ino == module->inode)
        return fd;
    if (fd >= 0)
        close(fd);
    fd = open(module->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
        file.st_ino == module->inode)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

uint64_t ac_module_symbol(pid_t pid, const struct ac_module *module, const char *name)
{
    struct stat file;
    uint64_t address = 0;
    int fd = modules_open(pid, module);

    if (fd < 0)
        return 0;
    if (fstat(fd, &file) == 0 && file.st_size > 0) {
        size_t size = (size_t)file.st_size;
        void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

        if (bytes != MAP_FAILED) {
            struct modules_image image = {bytes, size};

            address = modules_symbol_in(&image, module, name);
            munmap(bytes, size);
        }
    }
    close(fd);
    return address;
}
