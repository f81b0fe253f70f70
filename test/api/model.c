/* The model test: random calls of the whole family against a simple model.  Each block's
 * content is a pattern of its own, verified whenever it is touched; an ordered map (a
 * treap in static memory) proves that no two live blocks overlap.  Seeds: SEED=n, and
 * STEPS=n; a failure prints the seed and the step. */
// timeout: 120
#include "check.h"
#include <malloc.h>
#include <pthread.h>

void free_sized(void *, size_t) MAY_MISS;
void free_aligned_sized(void *, size_t, size_t) MAY_MISS;

enum { SLOTS = 4096 };
struct block {
    unsigned char *p;           /* NULL: the slot is empty */
    size_t size, align;
    uint64_t tag;
    uint32_t priority;
    int left, right;            /* treap by address; -1: none */
};
static struct block slot[SLOTS];
static int root = -1;
static uint64_t seed, first_seed, step;
static size_t live;

#define MODEL(c) CHECKF(c, "%s (SEED=%llu, step %llu)", #c, (unsigned long long)first_seed, \
                        (unsigned long long)step)

static void split(int t, const unsigned char *at, int *l, int *r)
{
    if (t < 0)
        *l = *r = -1;
    else if (slot[t].p < at) {
        split(slot[t].right, at, &slot[t].right, r);
        *l = t;
    } else {
        split(slot[t].left, at, l, &slot[t].left);
        *r = t;
    }
}

static int merge(int l, int r)
{
    if (l < 0 || r < 0)
        return l < 0 ? r : l;
    if (slot[l].priority > slot[r].priority) {
        slot[l].right = merge(slot[l].right, r);
        return l;
    }
    slot[r].left = merge(l, slot[r].left);
    return r;
}

static size_t extent(int t) { return slot[t].size ? slot[t].size : 1; }

static void insert(int n)
{
    int l, r, t;
    split(root, slot[n].p, &l, &r);
    for (t = l; t >= 0 && slot[t].right >= 0;)
        t = slot[t].right;
    MODEL(t < 0 || slot[t].p + extent(t) <= slot[n].p);
    for (t = r; t >= 0 && slot[t].left >= 0;)
        t = slot[t].left;
    MODEL(t < 0 || slot[n].p + extent(n) <= slot[t].p);
    slot[n].left = slot[n].right = -1;
    slot[n].priority = (uint32_t)check_random(&seed);
    root = merge(merge(l, n), r);
}

static void erase(int n)
{
    int l, middle, r;
    split(root, slot[n].p, &l, &r);
    split(r, slot[n].p + 1, &middle, &r);
    MODEL(middle == n);
    root = merge(l, r);
}

/* Up to 256 bytes are patterned: the ends, and strides between them. */
static size_t stride(size_t size) { return size < 256 ? 1 : size / 128; }

static void paint(const struct block *b)
{
    for (size_t i = 0; i < b->size; i += stride(b->size))
        b->p[i] = (unsigned char)(b->tag + i * 131);
    if (b->size)
        b->p[b->size - 1] = (unsigned char)(b->tag ^ 0x5a);
}

static void verify(const unsigned char *p, const struct block *b, size_t upto)
{
    for (size_t i = 0; i < upto && i + 1 < b->size; i += stride(b->size))
        MODEL(p[i] == (unsigned char)(b->tag + i * 131));
    if (b->size && upto >= b->size)
        MODEL(p[b->size - 1] == (unsigned char)(b->tag ^ 0x5a));
}

static size_t random_size(void)
{
    uint64_t r = check_random(&seed);
    switch (r & 31) {
    case 0:
        return (r >> 8) % ((size_t)3 << 20);
    case 1:
    case 2:
        return (r >> 8) % 200000;
    case 3:
        return 0;
    case 4:
        return ((size_t)1 << ((r >> 8) % 17)) + (r >> 16) % 3 - 1;
    default:
        return (r >> 8) % ((size_t)16 << ((r >> 50) % 11));
    }
}

static void adopt(int n, void *p, size_t size, size_t align)
{
    MODEL(p != NULL && ((uintptr_t)p & (align - 1)) == 0 && ((uintptr_t)p & 15) == 0);
    slot[n].p = p;
    slot[n].size = size;
    slot[n].align = align;
    slot[n].tag = check_random(&seed);
    live += size;
    insert(n);
    paint(&slot[n]);
}

static void release(int n)
{
    struct block b = slot[n];
    verify(b.p, &b, b.size);
    erase(n);
    slot[n].p = NULL;
    live -= b.size;
    errno = 4242;
    if (free_sized && (step & 3) == 1 && b.align == 16)
        free_sized(b.p, b.size);
    else if (free_aligned_sized && (step & 3) == 1)
        free_aligned_sized(b.p, b.align, b.size);
    else
        free(b.p);
    MODEL(errno == 4242);
}

static void allocate(int n, uint64_t r)
{
    size_t size = random_size(), align = (size_t)16 << (r >> 8) % 10;
    unsigned char *p;
    void *q = NULL;
    switch ((r >> 16) & 15) {
    case 0:
    case 1:
    case 2:
        p = (r & 1) ? calloc(1, size) : calloc(size, 1);
        for (size_t i = 0; p && i < size; i += stride(size))
            MODEL(p[i] == 0);
        MODEL(p && (size == 0 || p[size - 1] == 0));
        adopt(n, p, size, 16);
        break;
    case 3:
        adopt(n, memalign(align, size), size, align);
        break;
    case 4:
        adopt(n, aligned_alloc(align, size), size, align);
        break;
    case 5:
        MODEL(posix_memalign(&q, align, size) == 0);
        adopt(n, q, size, align);
        break;
    case 6:
        adopt(n, realloc(NULL, size), size, 16);
        break;
    case 7:
        adopt(n, reallocarray(NULL, size, 1), size, 16);
        break;
    default:
        adopt(n, malloc(size), size, 16);
    }
}

static void resize(int n)
{
    struct block b = slot[n];
    size_t size = random_size() + 1;
    verify(b.p, &b, b.size);
    erase(n);
    slot[n].p = NULL;
    live -= b.size;
    unsigned char *p = step & 1 ? realloc(b.p, size) : reallocarray(b.p, 1, size);
    MODEL(p != NULL);
    verify(p, &b, size < b.size ? size : b.size);
    adopt(n, p, size, 16);
}

static void look(int n)
{
    size_t usable = malloc_usable_size(slot[n].p);
    MODEL(usable >= slot[n].size);
    /* all of it is ours: a neighbour would notice */
    if (usable > slot[n].size && usable - slot[n].size < 5000)
        memset(slot[n].p + slot[n].size, 0xa5, usable - slot[n].size);
    verify(slot[n].p, &slot[n], slot[n].size);
}

static void shrink_to(size_t most)
{
    for (int n = 0; n < SLOTS; n++)
        if (slot[n].p && live > most)
            release(n);
}

int main(void)
{
    check_watchdog(100);
    const char *text = getenv("SEED"), *count = getenv("STEPS");
    seed = first_seed = text ? strtoull(text, NULL, 10) : 20240607;
    uint64_t steps = count ? strtoull(count, NULL, 10) : check_soak() ? 20000000 : 2000000;
    MODEL(seed != 0);
    for (step = 0; step < steps; step++) {
        uint64_t r = check_random(&seed);
        int n = (int)((r >> 32) % SLOTS);
        if (!slot[n].p)
            allocate(n, r);
        else if ((r & 7) == 0)
            resize(n);
        else if ((r & 7) == 1)
            look(n);
        else
            release(n);
        if (live > (size_t)128 << 20)
            shrink_to((size_t)64 << 20);
        if (step % 100000 == 99999) {           /* phases: empty, nearly empty, trimmed */
            shrink_to(step % 3 ? 0 : (size_t)1 << 20);
            if (step % 200000 == 199999)
                malloc_trim(0);
        }
    }
    shrink_to(0);
    return 0;
}
