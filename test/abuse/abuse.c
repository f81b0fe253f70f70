/* Every misuse of the drop-in in its default mode, each in a process of its own: the exact
 * message (one line, one write), SIGABRT, at the very call where that is promised, and
 * else before a block has two owners.  Row 0 tests this harness.  `abuse NAME` runs the
 * rows whose name begins so; the rows are the tables at the end. */
// run: preload, link-so, static
// cflags: -O1 -Wno-use-after-free -Wno-free-nonheap-object -Wno-maybe-uninitialized
// timeout: 100
#include "check.h"
#include <malloc.h>
#include <pthread.h>
#include <regex.h>
#include <sys/mman.h>

void free_sized(void *, size_t) MAY_MISS;
void free_aligned_sized(void *, size_t, size_t) MAY_MISS;

/* What a row promises. */
enum promise {
    AT_ONCE,            /* aborts with exactly the expected line, in the guilty call */
    BY_THEN,            /* aborts with a line that names it, at once or at a later call */
    NEVER_TWICE,        /* aborts with an acre line, or goes on with no block given twice */
    HARMLESS            /* goes on */
};

struct shared {
    char expected[600]; /* a regular expression for the whole line */
    enum promise promise;
    int after;          /* the guilty call returned */
};
static struct shared *shared;

static const size_t all_sizes[] = {16, 24, 64, 200, 1000, 1024, 5000, 20000, 32768, 40000,
                                   100000, 1 << 20, 5 << 20, 100 << 20};
enum { SIZES = sizeof all_sizes / sizeof all_sizes[0] };

/* ---- Said by a child before it does wrong -------------------------------------- */

__attribute__((format(printf, 2, 3)))
static void expect(enum promise promise, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(shared->expected, sizeof shared->expected, format, args);
    va_end(args);
    shared->promise = promise;
}

#define PTR(p) ((unsigned long)(uintptr_t)(p))

/* A block above 32 KiB may have gone back to the system: then nobody knows it. */
static void expect_double(enum promise promise, const char *call, void *p, size_t usable)
{
    if (promise == AT_ONCE && usable <= 36 << 10)
        expect(AT_ONCE, "^acre: double free: %s\\(0x%lx\\): the %zu-byte block at 0x%lx is "
               "already free\n$", call, PTR(p), usable, PTR(p));
    else if (promise == AT_ONCE)
        expect(AT_ONCE, "^acre: (double free: %s\\(0x%lx\\): the %zu-byte block at 0x%lx is "
               "already free|invalid free: %s\\(0x%lx\\): not a block of this allocator)\n$",
               call, PTR(p), usable, PTR(p), call, PTR(p));
    else
        expect(promise, "^acre: (double free: [a-z_]+\\(0x%lx\\): the %zu-byte block at 0x%lx "
               "is already free|corrupt heap: [a-z_]+: the free %zu-byte block at 0x%lx was "
               "written to, or freed twice|invalid free: [a-z_]+\\(0x%lx\\): not a block of "
               "this allocator)\n$", PTR(p), usable, PTR(p), usable, PTR(p), PTR(p));
}

static void expect_inside(const char *call, char *p, size_t offset, size_t usable)
{
    expect(AT_ONCE, "^acre: invalid free: %s\\(0x%lx\\): 0x%lx is %zu bytes inside the "
           "%zu-byte block at 0x%lx\n$", call, PTR(p + offset), PTR(p + offset), offset,
           usable, PTR(p));
}

static void expect_foreign(const char *call, const void *p)
{
    expect(AT_ONCE, "^acre: invalid free: %s\\(0x%lx\\): not a block of this allocator\n$",
           call, PTR(p));
}

/* ---- Nothing is given twice ------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return x < y ? -1 : x > y;
}

/* Owned blocks, in memory that malloc does not manage. */
static uintptr_t *owned;
static size_t owned_count;

static void own(void *p)
{
    if (!owned) {
        owned = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(owned != MAP_FAILED);
    }
    CHECK(p && owned_count < 1000000);
    owned[owned_count++] = (uintptr_t)p;
}

static void two_owners(size_t size)
{
    qsort(owned, owned_count, sizeof *owned, compare);
    for (size_t i = 1; i < owned_count; i++)
        CHECKF(owned[i] - owned[i - 1] >= size, "0x%lx and 0x%lx: two owners of %zu bytes",
               (long)owned[i - 1], (long)owned[i], size);
}

static void allocate_many(size_t size, size_t count)
{
    shared->after = 1;
    if (count * size > (size_t)256 << 20)
        count = ((size_t)256 << 20) / size + 4;
    for (size_t i = 0; i < count; i++) {
        char *p = malloc(size);
        own(p);
        memset(p, 0x33, 16);
    }
    two_owners(size);
}

/* ---- The misuses ------------------------------------------------------------------ */

static void *block_of(size_t size)
{
    char *p = malloc(size);
    CHECK(p);
    memset(p, 0x77, size < 4096 ? size : 4096);
    return p;
}

static void free_free(size_t size)
{
    void *p = block_of(size);
    expect_double(AT_ONCE, "free", p, malloc_usable_size(p));
    free(p);
    free(p);
}

static void free_other_free(size_t size)
{
    void *p = block_of(size), *q = block_of(size);
    expect_double(AT_ONCE, "free", p, malloc_usable_size(p));
    free(p);
    free(q);
    free(p);
}

static void many_then_again(size_t size)
{
    static void *p[2000];
    size_t count = 2000;
    while (count > 8 && count * size > (size_t)200 << 20)
        count /= 2;
    for (size_t i = 0; i < count; i++)
        p[i] = malloc(size);
    void *again = p[count / 3];
    size_t usable = malloc_usable_size(again);
    expect_double(NEVER_TWICE, "free", again, usable);
    /* whole pages of free blocks may be gone: then the block is not known any more */
    if (count * size < 6 << 20 || size > 65536)
        shared->promise = AT_ONCE;
    for (size_t i = 0; i < count; i++)
        free(p[i]);
    free(again);
    allocate_many(size, count * 2);
}

static void *thread_free(void *p)
{
    free(p);
    return NULL;
}

static void free_in_thread(size_t size)
{
    pthread_t thread;
    void *p = block_of(size);
    expect_double(AT_ONCE, "free", p, malloc_usable_size(p));
    CHECK(pthread_create(&thread, NULL, thread_free, p) == 0);
    pthread_join(thread, NULL);
    free(p);
}

static pthread_barrier_t barrier;

static void *thread_free_after(void *p)
{
    pthread_barrier_wait(&barrier);     /* starting a thread allocates: do that before */
    free(p);
    return NULL;
}

static void free_then_thread(size_t size)
{
    pthread_t thread;
    void *p = block_of(size);
    pthread_barrier_init(&barrier, NULL, 2);
    CHECK(pthread_create(&thread, NULL, thread_free_after, p) == 0);
    expect_double(AT_ONCE, "free", p, malloc_usable_size(p));
    free(p);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
}

static void *thread_wait_free(void *p)
{
    free(p);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void thread_lives(size_t size)
{
    pthread_t thread;
    void *p = block_of(size);
    pthread_barrier_init(&barrier, NULL, 2);
    expect_double(AT_ONCE, "free", p, malloc_usable_size(p));
    CHECK(pthread_create(&thread, NULL, thread_wait_free, p) == 0);
    pthread_barrier_wait(&barrier);
    free(p);
}

struct racer { void *p; size_t size; void *got[1500]; };
static void *race(void *arg)
{
    struct racer *racer = arg;
    pthread_barrier_wait(&barrier);
    free(racer->p);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 1500; i++) {
        racer->got[i] = malloc(racer->size);
        if (racer->got[i])
            memset(racer->got[i], 0x44, 16);
    }
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void race_free(size_t size)
{
    if (size > 40000)
        return expect(HARMLESS, "^$");
    static struct racer racer[2];
    pthread_t thread[2];
    void *p = block_of(size);
    expect(NEVER_TWICE, "^acre: (double free|corrupt heap|invalid free): .*0x%lx.*\n(acre: .*\n)?$", PTR(p));
    pthread_barrier_init(&barrier, NULL, 2);
    for (int i = 0; i < 2; i++) {
        racer[i].p = p;
        racer[i].size = size;
        CHECK(pthread_create(&thread[i], NULL, race, &racer[i]) == 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 1500; k++)
            own(racer[i].got[k]);
    two_owners(size);
}

static void inside(size_t size, size_t offset)
{
    char *p = block_of(size);
    if (offset == 0)
        offset = size / 2;
    if (offset >= malloc_usable_size(p))
        return expect(HARMLESS, "^$");
    expect_inside("free", p, offset, malloc_usable_size(p));
    free(p + offset);
}

static void plus_1(size_t size) { inside(size, 1); }
static void plus_8(size_t size) { inside(size, 8); }
static void plus_16(size_t size) { inside(size, 16); }
static void plus_half(size_t size) { inside(size, 0); }
static void plus_last(size_t size) { inside(size, size - 1); }

static void plus_page(size_t size)
{
    size > 8192 ? inside(size, 4096) : expect(HARMLESS, "^$");
}

static void neighbour(size_t size)
{
    (void)size;
    char *p[200];
    expect(HARMLESS, "^$");
    for (int i = 0; i < 200; i++)
        p[i] = malloc(16);
    for (int i = 0; i < 200; i++)
        for (int k = 0; k < 200; k++)
            if (p[k] && p[i] && p[k] == p[i] + 16) {
                free(p[i] + 16);
                p[k] = NULL;
            }
}

/* A block that was never handed out, or the rest at the end of a page. */
static void not_yet(size_t size)
{
    char *p = block_of(size);
    size_t usable = malloc_usable_size(p);
    expect(NEVER_TWICE, "^acre: .*\n$");
    free(p + usable * 5);
    own(p);
    allocate_many(size, 4000);
}

static void end_of_page(size_t size)
{
    char *p = block_of(size);
    size_t usable = malloc_usable_size(p);
    uintptr_t end = (PTR(p) | 0xffff) + 1;
    expect(NEVER_TWICE, "^acre: .*\n$");
    if (usable < 30000)
        free(p + (end - PTR(p)) / usable * usable);
    own(p);
    allocate_many(size, 4000);
}

static void realloc_freed(size_t size)
{
    void *p = block_of(size);
    expect_double(AT_ONCE, "realloc", p, malloc_usable_size(p));
    free(p);
    own(realloc(p, size + 100));
}

static void realloc_freed_smaller(size_t size)
{
    void *p = block_of(size);
    expect_double(AT_ONCE, "realloc", p, malloc_usable_size(p));
    free(p);
    own(realloc(p, size - 1));
}

static void realloc_inside(size_t size)
{
    char *p = block_of(size);
    expect_inside("realloc", p, 8, malloc_usable_size(p));
    own(realloc(p + 8, size + 1));
}

static void usable_inside(size_t size)
{
    char *p = block_of(size);
    expect_inside("malloc_usable_size", p, 8, malloc_usable_size(p));
    owned_count += malloc_usable_size(p + 8);
}

static void sized_twice(size_t size)
{
    if (!free_sized)
        CHECKF(0, "no free_sized");
    void *p = block_of(size);
    expect_double(AT_ONCE, "free_sized", p, malloc_usable_size(p));
    free_sized(p, size);
    free_sized(p, size);
}

static void aligned_sized_twice(size_t size)
{
    if (!free_aligned_sized)
        CHECKF(0, "no free_aligned_sized");
    void *p = aligned_alloc(64, size);
    CHECK(p);
    size_t usable = malloc_usable_size(p);
    expect_double(AT_ONCE, "free_aligned_sized", p, usable);
    free_aligned_sized(p, 64, size);
    free_aligned_sized(p, 64, size);
}

static void aligned_twice(size_t size)
{
    void *p = memalign(4096, size);
    CHECK(p);
    /* the block behind it may start before it: only the kind is promised */
    expect(AT_ONCE, "^acre: (double free|invalid free): free\\(0x%lx\\).*\n$", PTR(p));
    free(p);
    free(p);
}

static void aligned_inside(size_t size)
{
    char *p = memalign(4096, size + 64);
    CHECK(p);
    expect(AT_ONCE, "^acre: invalid free: free\\(0x%lx\\): 0x%lx is [0-9]+ bytes inside the "
           "[0-9]+-byte block at 0x[0-9a-f]+\n$", PTR(p + 8), PTR(p + 8));
    free(p + 8);
}

static void write_freed(size_t size, size_t at, int kind)
{
    static char *p[300];
    static char *live[300];
    size_t count = size > 100000 ? 8 : 300;
    if (size > 40000 && at)
        return expect(HARMLESS, "^$");
    for (size_t i = 0; i < count; i++) {
        p[i] = block_of(size);
        live[i] = block_of(size);
        own(live[i]);
    }
    for (size_t i = 0; i < count; i++)
        free(p[i]);
    expect(NEVER_TWICE, "^acre: corrupt heap: [a-z_]+: the free [0-9]+-byte block at "
           "0x[0-9a-f]+ was written to, or freed twice\n$");
    if (size <= 32768)      /* larger ones may be unmapped: writing would fault, rightly */
        for (size_t i = 0; i < count; i++) {
            uintptr_t word = kind == 0 ? 0 : kind == 1 ? UINTPTR_MAX :
                             kind == 2 ? 0x4141414141414141u :
                             kind == 3 ? PTR(live[i]) : kind == 4 ? PTR(&word) :
                             PTR(p[(i + 7) % count]);
            memcpy(p[i] + at, &word, 8);
        }
    for (int i = 0; i < 4; i++)
        allocate_many(size, 600);
}

static void write_zero(size_t size) { write_freed(size, 0, 0); }
static void write_ones(size_t size) { write_freed(size, 0, 1); }
static void write_text(size_t size) { write_freed(size, 0, 2); }
static void write_live(size_t size) { write_freed(size, 0, 3); }
static void write_stack(size_t size) { write_freed(size, 0, 4); }
static void write_other(size_t size) { write_freed(size, 0, 5); }
static void write_second(size_t size) { write_freed(size, 8, 2); }
static void write_second_live(size_t size) { write_freed(size, 8, 3); }

static void big_heap(size_t size)
{
    static void *fill[22000];
    for (int i = 0; i < 22000; i++)
        own(fill[i] = block_of(1000));
    void *p = block_of(size), *q = block_of(size);
    expect_double(BY_THEN, "free", p, malloc_usable_size(p));
    free(p);
    free(q);
    free(p);
    owned_count = 0;
    allocate_many(size, 3000);
}

static void big_heap_threads(size_t size)
{
    static void *fill[22000];
    for (int i = 0; i < 22000; i++)
        fill[i] = block_of(1000);
    CHECK(fill[21999]);
    pthread_t thread;
    void *p = block_of(size);
    expect_double(NEVER_TWICE, "free", p, malloc_usable_size(p));
    free(p);
    CHECK(pthread_create(&thread, NULL, thread_free, p) == 0);
    pthread_join(thread, NULL);
    allocate_many(size, 3000);
}

/* ---- Pointers that are no blocks ----------------------------------------------------- */

static char static_data[100];
static void *foreign(int which)
{
    static char *mapped;
    switch (which) {
    case 0: return __builtin_frame_address(0);
    case 1: return static_data;
    case 2: return (void *)(uintptr_t)"a string literal";
    case 3: return (void *)0x123456789000;
    case 4: return (void *)0x10;
    case 5: return (void *)0xdead00000000beef;
    case 6: return (void *)-16;
    case 7:
    case 8:
        mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                      -1, 0);
        return mapped + (which == 8 ? 4096 + 16 : 0);
    case 9: return (void *)(uintptr_t)&foreign;
    case 10: return (void *)(uintptr_t)getenv("PATH");
    case 11: return (void *)0x7fffffffe000;
    case 12: return (void *)0x8000000000000000;
    case 13: return (void *)((uintptr_t)0x5a << 56 | PTR(static_data));    /* a tag */
    case 14: return (void *)1;
    case 15: return static_data + 64;
    default: return &errno;
    }
}
enum { FOREIGN = 17 };

static void foreign_call(size_t packed)
{
    int which = (int)(packed / 10), first = packed % 10 >= 5;
    void *p = foreign(which);
    if (!first)                         /* else it is the very first call of a thread */
        free(malloc(100));
    switch (packed % 5) {
    case 0:
        expect_foreign("free", p);
        free(p);
        break;
    case 1:
        expect_foreign("realloc", p);
        own(realloc(p, 100));
        break;
    case 2:
        expect_foreign("malloc_usable_size", p);
        owned_count += malloc_usable_size(p);
        break;
    case 3:
        expect_foreign("free_sized", p);
        if (free_sized)
            free_sized(p, 100);
        break;
    default:
        expect_foreign("realloc(array)?", p);
        own(reallocarray(p, 10, 10));
        break;
    }
}

static void tagged_block(size_t size)
{
    char *p = block_of(size);
    void *q = (void *)(PTR(p) | (uintptr_t)1 << 56);
    expect_foreign("free", q);
    free(q);
}

static void beyond_end(size_t size)
{
    char *p = block_of(size);
    size_t usable = malloc_usable_size(p);
    /* one past the end: a neighbour, free memory, a rest, or nothing at all */
    expect(NEVER_TWICE, "^acre: .*\n$");
    own(p);
    free(p + usable);
    allocate_many(size, 2000);
}

static void before_start(size_t size)
{
    char *p = block_of(size);
    expect(AT_ONCE, "^acre: (invalid free: free\\(0x%lx\\): .*|double free: .*)\n$", PTR(p - 8));
    free(p - 8);
}

/* ---- The harness ---------------------------------------------------------------------- */

struct job { void (*misuse)(size_t); size_t size; };

static void job_main(const struct job *job)
{
    job->misuse(job->size);
    shared->after = 1;
    _exit(0);
}

/* As check_child, but counts writes: a packet pipe keeps them apart. */
static int run(const struct job *job, char *out, size_t size, int *writes, unsigned limit)
{
    int fd[2], status = 0;
    memset(shared, 0, sizeof *shared);
    CHECK(pipe2(fd, O_DIRECT) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        alarm(limit);
        dup2(fd[1], 2);
        close(fd[0]);
        close(fd[1]);
        job_main(job);
    }
    close(fd[1]);
    size_t used = 0;
    ssize_t n;
    *writes = 0;
    while (used + 1 < size && (n = read(fd[0], out + used, size - 1 - used)) > 0) {
        used += (size_t)n;
        ++*writes;
    }
    out[used] = 0;
    close(fd[0]);
    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

/* NULL when the row kept its promise, else what is wrong. */
static const char *judge(int status, const char *out, int writes)
{
    static char text[1600];
    regex_t line;
    int aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
    int went_on = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    CHECKF(regcomp(&line, shared->expected, REG_EXTENDED | REG_NOSUB) == 0, "bad regex: %s",
           shared->expected);
    int matches = regexec(&line, out, 0, NULL, 0) == 0;
    regfree(&line);
    const char *wrong = NULL;
    if (!shared->expected[0])
        wrong = "the test itself failed";
    else if (shared->promise == HARMLESS || (shared->promise == NEVER_TWICE && went_on))
        wrong = went_on && !out[0] ? NULL : "must be harmless";
    else if (!aborted)
        wrong = went_on ? "was not noticed" : "must end with SIGABRT";
    else if (!matches)
        wrong = "wrong message";
    else if (writes != 1 && shared->promise == AT_ONCE)
        wrong = "the message is not one write";
    else if (shared->promise == AT_ONCE && shared->after)
        wrong = "was noticed too late";
    if (!wrong)
        return NULL;
    snprintf(text, sizeof text, "%s (%s, %d writes): %s", wrong, check_status(status), writes,
             out[0] ? out : "no message");
    if (matches || !aborted)
        return text;
    snprintf(text + strlen(text), 700, "  expected %s", shared->expected);
    return text;
}

/* Row 0. */
static void h_nothing(size_t n) { (void)n; expect(AT_ONCE, "^acre: x\n$"); }
static void say(const char *text)
{
    if (write(2, text, strlen(text)) < 0)
        _exit(99);
}
static void h_right(size_t n) { (void)n; expect(AT_ONCE, "^acre: x\n$"); say("acre: x\n"); abort(); }
static void h_text(size_t n) { (void)n; expect(AT_ONCE, "^acre: x\n$"); say("acre: y\n"); abort(); }
static void h_two(size_t n) { (void)n; expect(AT_ONCE, "^acre: x\n$"); say("acre: "); say("x\n"); abort(); }
static void h_more(size_t n) { (void)n; expect(AT_ONCE, "^acre: x\n$"); say("acre: x\nz\n"); abort(); }
static void h_crash(size_t n) { (void)n; expect(AT_ONCE, "^acre: x\n$"); say("acre: x\n"); raise(SIGSEGV); }
static void h_exit(size_t n) { (void)n; expect(AT_ONCE, "^acre: x\n$"); say("acre: x\n"); _exit(1); }
static void h_late(size_t n) { (void)n; expect(AT_ONCE, "^acre: x\n$"); shared->after = 1; say("acre: x\n"); abort(); }
static void h_hang(size_t n) { (void)n; expect(AT_ONCE, "^acre: x\n$"); for (;;) pause(); }
static void h_unarmed(size_t n) { (void)n; abort(); }
static void h_twice(size_t n) { (void)n; expect(NEVER_TWICE, "^acre: "); own(&n); own(&n); two_owners(16); }
static void h_fine(size_t n) { (void)n; expect(HARMLESS, "^$"); }
static void h_noise(size_t n) { (void)n; expect(HARMLESS, "^$"); say("?\n"); }

static void test_harness(void)
{
    static const struct { void (*misuse)(size_t); int good; unsigned limit; } row[] = {
        {h_right, 1, 5}, {h_fine, 1, 5}, {h_nothing, 0, 5}, {h_text, 0, 5}, {h_two, 0, 5},
        {h_more, 0, 5}, {h_crash, 0, 5}, {h_exit, 0, 5}, {h_late, 0, 5}, {h_hang, 0, 1},
        {h_unarmed, 0, 5}, {h_twice, 0, 5}, {h_noise, 0, 5},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char out[1000];
        int writes;
        struct job job = {row[i].misuse, 0};
        int status = run(&job, out, sizeof out, &writes, row[i].limit);
        const char *wrong = judge(status, out, writes);
        CHECKF(!wrong == row[i].good, "harness row %zu: %s", i, wrong ? wrong : "not noticed");
    }
}

static int failures, rows;

static void row(const char *filter, const char *name, void (*misuse)(size_t), size_t arg)
{
    char out[1200], line[200];
    int writes;
    if (strncmp(name, filter, strlen(filter)) != 0)
        return;
    rows++;
    struct job job = {misuse, arg};
    int status = run(&job, out, sizeof out, &writes, 10);
    const char *wrong = judge(status, out, writes);
    if (!wrong)
        return;
    if (++failures <= 40) {
        int n = snprintf(line, sizeof line, "%s(%zu): ", name, arg);
        size_t length = strlen(wrong);
        while (length && wrong[length - 1] == '\n')
            length--;
        if (write(2, line, (size_t)n) < 0 || write(2, wrong, length) < 0 ||
            write(2, "\n", 1) < 0)
            _exit(2);
    }
}

#define SIZED(f) {#f, f}
static const struct { const char *name; void (*misuse)(size_t); } by_size[] = {
    SIZED(free_free), SIZED(free_other_free), SIZED(many_then_again), SIZED(free_in_thread),
    SIZED(free_then_thread), SIZED(thread_lives), SIZED(race_free), SIZED(plus_1),
    SIZED(plus_8), SIZED(plus_16), SIZED(plus_half), SIZED(plus_last), SIZED(plus_page),
    SIZED(not_yet), SIZED(end_of_page), SIZED(realloc_freed), SIZED(realloc_freed_smaller),
    SIZED(realloc_inside), SIZED(usable_inside), SIZED(sized_twice),
    SIZED(aligned_sized_twice), SIZED(aligned_twice), SIZED(aligned_inside),
    SIZED(write_zero), SIZED(write_ones), SIZED(write_text), SIZED(write_live),
    SIZED(write_stack), SIZED(write_other), SIZED(write_second), SIZED(write_second_live),
    SIZED(big_heap), SIZED(big_heap_threads), SIZED(tagged_block), SIZED(beyond_end),
    SIZED(before_start),
};

int main(int argc, char **argv)
{
    const char *filter = argc > 1 ? argv[1] : "";
    check_watchdog(90);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                  -1, 0);
    CHECK(shared != MAP_FAILED);
    test_harness();
    for (size_t i = 0; i < sizeof by_size / sizeof by_size[0]; i++)
        for (int s = 0; s < SIZES; s++)
            row(filter, by_size[i].name, by_size[i].misuse, all_sizes[s]);
    for (size_t i = 0; i < FOREIGN * 10; i++)
        row(filter, "foreign_call", foreign_call, i);
    row(filter, "neighbour", neighbour, 16);
    if (failures)
        fprintf(stderr, "%d of %d rows failed\n", failures, rows);
    return failures != 0;
}
