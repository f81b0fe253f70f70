/* space.c -- how much memory a heap takes, in resident bytes.
 *
 *   space mem SIZE...   for each size, 64 MiB of blocks in a process of its own:
 *                       mem-SIZE        resident per requested byte
 *                       mem-SIZE.after  the same, when all is freed, at once
 *   space frag          600,000 blocks of 16 to 1,023 bytes, about 82 MB;
 *                       frag-fill       resident per live byte
 *                       frag-free90     after freeing 90% of them at random
 *                       frag-refill     after new blocks, twice as large, have
 *                                       brought the live bytes back
 *                       frag-empty-MB   resident when all is freed, at once
 *                       frag-later-MB   1.5 s later, without a call to malloc
 *
 * The bytes of the program itself (its resident memory before) do not count, but
 * for frag-empty-MB and frag-later-MB, which are all that the process has.  The
 * tables of the test come from mmap, not from the heap.
 */
#include "../kit.h"

#include <math.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define MEM_BYTES ((size_t)64 << 20)
#define FRAG_BLOCKS 600000u

struct block {
    char *at;
    size_t size;
};

static void *space_table(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (p == MAP_FAILED)
        kit_die("mmap");
    return p;
}

static double space_ratio(size_t before, size_t requested)
{
    size_t now = kit_resident_bytes();

    return now <= before ? 0.0 : (double)(now - before) / (double)requested;
}

/* Every page of a block is written, so that all of it is resident. */
static char *space_alloc(size_t size)
{
    char *p = kit_alloc(size);

    for (size_t i = 0; i < size; i += 512)
        p[i] = 1;
    p[size - 1] = 1;
    return p;
}

static void mem_one(size_t size)
{
    unsigned count = (unsigned)(MEM_BYTES / size);
    char **blocks = space_table(count * sizeof *blocks);
    size_t before = kit_resident_bytes();

    for (unsigned i = 0; i < count; i++)
        blocks[i] = space_alloc(size);
    printf("mem-%zu %.4f\n", size, space_ratio(before, count * size));
    for (unsigned i = 0; i < count; i++)
        free(blocks[i]);
    printf("mem-%zu.after %.4f\n", size, space_ratio(before, count * size));
    fflush(stdout);
}

static int mem_all(int count, char **sizes)
{
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        int status = 0;

        if (pid == 0) {
            mem_one(strtoul(sizes[i], NULL, 10));
            _exit(0);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
            kit_die("a size failed");
    }
    return 0;
}

/* 16 to 1,023 bytes, small ones far more likely; 137 on average. */
static size_t frag_size(struct kit_random *r)
{
    double u = (double)kit_next(r) / 4294967296.0;

    return (size_t)(16.0 * exp2(6.0 * pow(u, 2.2)));
}

static size_t frag_add(struct block *b, size_t size)
{
    b->at = space_alloc(size);
    b->size = size;
    return size;
}

static void frag_shuffle(struct block *blocks, struct kit_random *r)
{
    for (unsigned i = FRAG_BLOCKS; i-- > 1;) {
        unsigned k = kit_below(r, i + 1);
        struct block other = blocks[k];

        blocks[k] = blocks[i];
        blocks[i] = other;
    }
}

/* Free 90% at random, and pack the rest to the front; how many are left. */
static unsigned frag_thin(struct block *blocks, struct kit_random *r, size_t *live)
{
    unsigned left = 0;

    frag_shuffle(blocks, r);
    for (unsigned i = 0; i < FRAG_BLOCKS; i++) {
        if (kit_below(r, 10) != 0) {
            *live -= blocks[i].size;
            free(blocks[i].at);
        } else {
            blocks[left++] = blocks[i];
        }
    }
    return left;
}

static int frag_run(void)
{
    struct block *blocks = space_table(FRAG_BLOCKS * sizeof *blocks);
    struct kit_random r = kit_seed(19);
    size_t before = kit_resident_bytes(), live = 0, full;
    unsigned left;

    for (unsigned i = 0; i < FRAG_BLOCKS; i++)
        live += frag_add(&blocks[i], frag_size(&r));
    full = live;
    printf("frag-fill %.4f\n", space_ratio(before, live));
    left = frag_thin(blocks, &r, &live);
    printf("frag-free90 %.4f\n", space_ratio(before, live));
    while (live < full && left < FRAG_BLOCKS)
        live += frag_add(&blocks[left++], 2 * frag_size(&r));
    printf("frag-refill %.4f\n", space_ratio(before, live));
    while (left-- > 0)
        free(blocks[left].at);
    munmap(blocks, FRAG_BLOCKS * sizeof *blocks);
    size_t empty = kit_resident_bytes();

    kit_sleep_ms(1500);
    size_t later = kit_resident_bytes();

    printf("frag-empty-MB %.3f\n", (double)empty / 1e6);
    printf("frag-later-MB %.3f\n", (double)later / 1e6);
    return 0;
}

int main(int argc, char **argv)
{
    static char text[4096]; /* else stdio would allocate its buffer */

    setvbuf(stdout, text, _IOFBF, sizeof text);
    if (argc > 2 && strcmp(argv[1], "mem") == 0)
        return mem_all(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "frag") == 0)
        return frag_run();
    fputs("usage: space mem SIZE... | frag\n", stderr);
    return 2;
}
