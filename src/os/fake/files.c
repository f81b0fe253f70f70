/* files.c -- files, environment and facts about the fake machine. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "os/fake/state.h"

#define FILES_MAX 16
#define FILES_PATH_BYTES 256
#define FILES_BYTES ((size_t)1 << 20)
#define FILES_HANDLES 32
#define FILES_FIRST_FD 100 /* no fd of the host by accident */
#define FILES_VARIABLES 64

struct file {
    char path[FILES_PATH_BYTES]; /* empty: unused */
    size_t size;
    char data[FILES_BYTES + 1]; /* the last for a zero byte */
};

struct file_handle {
    struct file *file; /* NULL: closed */
    size_t offset;
    bool writes;
};

struct file_variable {
    const char *name;
    const char *value;
};

static struct {
    struct file all[FILES_MAX];
    struct file output[2]; /* fd 1 and 2 */
    struct file_handle handles[FILES_HANDLES];
    struct file_variable variables[FILES_VARIABLES];
    size_t variable_count;
    uint64_t random_count;
} files;

/* --- Files ----------------------------------------------------------------- */

static void file_clear(struct file *file)
{
    memset(file->data, 0, file->size);
    file->size = 0;
}

void ac_fake_files_reset(void)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        file_clear(&files.all[i]);
        files.all[i].path[0] = '\0';
    }
    file_clear(&files.output[0]);
    file_clear(&files.output[1]);
    memset(files.handles, 0, sizeof files.handles);
    files.variable_count = 0;
    files.random_count = 0;
}

uint32_t ac_fake_files_open(void)
{
    uint32_t count = 0;

    for (size_t i = 0; i < FILES_HANDLES; i++)
        count += files.handles[i].file != NULL;
    return count;
}

/* The file of that path; when there is none and `create`, a new one. */
static struct file *file_find(const char *path, bool create)
{
    struct file *unused = NULL;

    for (size_t i = 0; i < FILES_MAX; i++) {
        struct file *file = &files.all[i];

        if (file->path[0] != '\0' && strcmp(file->path, path) == 0)
            return file;
        if (file->path[0] == '\0' && unused == NULL)
            unused = file;
    }
    if (!create || unused == NULL || path[0] == '\0' || strlen(path) >= FILES_PATH_BYTES)
        return NULL;
    strcpy(unused->path, path);
    return unused;
}

/* Append what fits; how much that was. */
static size_t file_append(struct file *file, const void *data, size_t size)
{
    size_t part = size < FILES_BYTES - file->size ? size : FILES_BYTES - file->size;

    memcpy(file->data + file->size, data, part);
    file->size += part;
    return part;
}

void ac_fake_put_file(const char *path, const void *data, size_t size)
{
    ac_fake_lock();
    struct file *file = file_find(path, true);
    if (file == NULL)
        ac_fake_trap_text("ac_fake_put_file: too many files, or a bad path");
    file_clear(file);
    (void)file_append(file, data, size);
    ac_fake_unlock();
}

const char *ac_fake_file(const char *path, size_t *size)
{
    ac_fake_lock();
    struct file *file = file_find(path, false);
    ac_fake_unlock();
    if (file == NULL)
        return NULL;
    if (size != NULL)
        *size = file->size;
    return file->data;
}

const char *ac_fake_output(int fd, size_t *size)
{
    struct file *file = &files.output[fd == 2];

    if (size != NULL)
        *size = file->size;
    return file->data;
}

static int file_open(enum ac_fake_call call, const char *path, int *error)
{
    bool writes = call == AC_FAKE_CREATE_FILE;
    int fd = -1;

    ac_fake_lock();
    int failure = ac_fake_enter(call);
    struct file *file = failure == 0 ? file_find(path, writes) : NULL;
    if (failure == 0 && file == NULL)
        failure = writes ? ENOSPC : ENOENT;
    for (int i = 0; file != NULL && fd < 0 && i < FILES_HANDLES; i++)
        if (files.handles[i].file == NULL) {
            files.handles[i] = (struct file_handle){file, 0, writes};
            fd = FILES_FIRST_FD + i;
        }
    if (failure == 0 && fd < 0)
        failure = EMFILE;
    if (fd >= 0 && writes)
        file_clear(file);
    ac_fake_unlock();
    if (fd < 0 && error != NULL)
        *error = failure;
    return fd;
}

int ac_os_create_file(const char *path, int *error)
{
    return file_open(AC_FAKE_CREATE_FILE, path, error);
}

int ac_os_open_file(const char *path, int *error)
{
    return file_open(AC_FAKE_OPEN_FILE, path, error);
}

static struct file_handle *file_handle(int fd)
{
    if (fd < FILES_FIRST_FD || fd >= FILES_FIRST_FD + FILES_HANDLES ||
        files.handles[fd - FILES_FIRST_FD].file == NULL)
        return NULL;
    return &files.handles[fd - FILES_FIRST_FD];
}

int ac_os_write(int fd, const void *data, size_t size)
{
    ac_fake_lock();
    int error = ac_fake_enter(AC_FAKE_WRITE);
    struct file_handle *handle = file_handle(fd);
    struct file *file = NULL;

    if (fd == 1 || fd == 2)
        file = &files.output[fd - 1];
    else if (handle != NULL && handle->writes)
        file = handle->file;
    if (error == 0 && file == NULL)
        error = EBADF;
    if (error == 0 && file_append(file, data, size) < size)
        error = ENOSPC;
    ac_fake_unlock();
    return error;
}

int ac_os_read(int fd, void *data, size_t size, size_t *got)
{
    ac_fake_lock();
    int error = ac_fake_enter(AC_FAKE_READ);
    struct file_handle *handle = file_handle(fd);

    if (error == 0 && (handle == NULL || handle->writes))
        error = EBADF;
    if (error == 0) {
        size_t left = handle->file->size - handle->offset;
        size_t part = size < left ? size : left;

        memcpy(data, handle->file->data + handle->offset, part);
        handle->offset += part;
        *got = part;
    }
    ac_fake_unlock();
    return error;
}

void ac_os_close(int fd)
{
    ac_fake_lock();
    struct file_handle *handle = file_handle(fd);
    if (handle == NULL)
        ac_fake_trap_text("close: not open");
    handle->file = NULL;
    ac_fake_unlock();
}

/* --- The machine ----------------------------------------------------------- */

void ac_os_init(struct ac_os_info *info)
{
    *info = (struct ac_os_info){
        .page_bytes = ac_fake.page_bytes,
        .huge_bytes = ac_fake.huge_bytes,
        .ram_bytes = ac_fake.ram_bytes,
        .as_limit_bytes = ac_fake.as_limit_bytes,
        .cpu_count = ac_fake.cpu_count,
        .secure = ac_fake.secure,
    };
}

bool ac_os_huge_always(void)
{
    return ac_fake.huge_always;
}

/* The host's, so that a test may fork. */
uint32_t ac_os_process_id(void)
{
    return (uint32_t)getpid();
}

void ac_fake_setenv(const char *name, const char *value)
{
    ac_fake_lock();
    size_t i = 0;
    while (i < files.variable_count && strcmp(files.variables[i].name, name) != 0)
        i++;
    if (i == FILES_VARIABLES)
        ac_fake_trap_text("ac_fake_setenv: too many variables");
    files.variables[i] = (struct file_variable){name, value};
    if (i == files.variable_count)
        files.variable_count++;
    ac_fake_unlock();
}

const char *ac_os_env(const char *name)
{
    const char *value = NULL;

    ac_fake_lock();
    for (size_t i = 0; i < files.variable_count && !ac_fake.secure; i++)
        if (strcmp(files.variables[i].name, name) == 0)
            value = files.variables[i].value;
    ac_fake_unlock();
    return value;
}

/* SplitMix64 from the seed: no secret at all, and the same in every run. */
static uint64_t files_random(void)
{
    uint64_t value = ac_fake.seed + ++files.random_count * UINT64_C(0x9e3779b97f4a7c15);

    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

void ac_os_entropy(void *out, size_t size)
{
    unsigned char *bytes = out;
    uint64_t word = 0;

    ac_fake_lock();
    for (size_t i = 0; i < size; i++) {
        if (i % sizeof word == 0)
            word = files_random();
        bytes[i] = (unsigned char)(word >> i % sizeof word * 8);
    }
    ac_fake_unlock();
}
