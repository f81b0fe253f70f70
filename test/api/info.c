/* T-api11, T-api12: mallinfo, mallinfo2, malloc_info, malloc_stats, mallopt, malloc_trim:
 * numbers that are sensible, follow what is live, never wrap below zero, also when
 * threads free each other's blocks. */
// run: preload, static
// cflags: -Wno-deprecated-declarations
#include "check.h"
#include <malloc.h>
#include <pthread.h>

enum { COUNT = 20000, SIZE = 1000 };
static void *block[COUNT];

static void *free_half(void *arg)
{
    for (int i = 0; i < COUNT; i += 2)
        free(block[i]);
    return arg;
}

static void plausible(struct mallinfo2 m, const char *when)
{
    size_t sane = (size_t)8 << 30;
    CHECKF(m.uordblks < sane && m.fordblks < sane && m.arena < sane && m.hblkhd < sane &&
           m.usmblks < sane && m.fsmblks < sane && m.keepcost < sane,
           "%s: arena %zu uordblks %zu fordblks %zu hblkhd %zu", when, m.arena, m.uordblks,
           m.fordblks, m.hblkhd);
}

static size_t live(struct mallinfo2 m) { return m.uordblks + m.hblkhd; }

int main(void)
{
    check_watchdog(20);
    struct mallinfo2 a = mallinfo2();
    plausible(a, "start");
    for (int i = 0; i < COUNT; i++)
        memset(block[i] = malloc(SIZE), 1, SIZE);
    void *large = calloc(1, 50 << 20);
    struct mallinfo2 b = mallinfo2();
    plausible(b, "full");
    size_t want = (size_t)COUNT * SIZE + (50 << 20);
    CHECKF(live(b) - live(a) > want * 9 / 10 && live(b) - live(a) < want * 13 / 10,
           "%zu bytes live seem to be %zu", want, live(b) - live(a));
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, free_half, NULL) == 0);
    pthread_join(thread, NULL);
    plausible(mallinfo2(), "half");
    for (int i = 1; i < COUNT; i += 2)
        free(block[i]);
    free(large);
    struct mallinfo2 c = mallinfo2();
    plausible(c, "empty");
    CHECKF(live(c) < live(a) + (2 << 20), "%zu live at the start, %zu at the end", live(a),
           live(c));
    struct mallinfo old = mallinfo();
    CHECK(old.uordblks >= 0 && old.fordblks >= 0 && old.arena >= 0);

    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    CHECK(malloc_info(0, out) == 0);
    fclose(out);
    CHECKF(strncmp(text, "<malloc", 7) == 0 && strstr(text, "</malloc>"), "malloc_info: %s",
           text);
    CHECKF(!strstr(text, "=\"-") && !strstr(text, "1844674407"), "it wraps: %s", text);
    free(text);
    errno = 0;
    CHECK(malloc_info(1, stdout) != 0);         /* only 0 is a known option */

    /* malloc_stats goes to stderr, and only there */
    int saved = dup(2), pipe_fd[2];
    CHECK(pipe(pipe_fd) == 0);
    dup2(pipe_fd[1], 2);
    malloc_stats();
    fflush(stderr);
    dup2(saved, 2);
    close(pipe_fd[1]);
    static char stats[20000];
    ssize_t n = read(pipe_fd[0], stats, sizeof stats - 1);
    CHECKF(n > 20, "malloc_stats says nothing");
    CHECKF(!strstr(stats, "1844674407"), "it wraps: %s", stats);

    CHECK(mallopt(M_MMAP_THRESHOLD, 256 << 10) == 1);
    CHECK(mallopt(M_TRIM_THRESHOLD, 128 << 10) == 1);
    CHECK(mallopt(M_TOP_PAD, 4096) == 1);
    CHECK(mallopt(M_MMAP_MAX, 65536) == 1);
    CHECK(mallopt(M_ARENA_MAX, 2) == 1);
    CHECK(mallopt(M_ARENA_TEST, 2) == 1);
    CHECK(mallopt(M_CHECK_ACTION, 3) == 1);
    CHECK(mallopt(M_PERTURB, 0) == 1);
    check_every_size(1 << 20);
    int trimmed = malloc_trim(0);
    CHECK(trimmed == 0 || trimmed == 1);
    return 0;
}
