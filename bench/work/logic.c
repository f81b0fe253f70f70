/* logic.c -- two-level logic minimisation on sets of cubes.
 *
 * After the allocation behaviour of espresso (Zorn and Grunwald, 1992): bit sets
 * of one size, arrays of pointers that grow, covers that are built and dropped.
 * The prime implicants of random functions are found by merging cubes that differ
 * in one variable, level by level (Quine and McCluskey).
 */
#include "../kit.h"

#define VARIABLES 11u
#define FUNCTIONS 250u
#define MINTERMS 700u

struct cube {
    uint32_t value, dashes; /* the variables in `dashes` do not matter */
    int merged;
    char name[VARIABLES + 1];
};

struct cover {
    struct cube **cubes;
    unsigned count, room;
};

static struct cube *cube_new(uint32_t value, uint32_t dashes)
{
    struct cube *c = kit_alloc(sizeof *c);

    *c = (struct cube){.value = value, .dashes = dashes};
    for (unsigned i = 0; i < VARIABLES; i++)
        c->name[i] = (dashes >> i & 1) != 0 ? '-' : (char)('0' + (value >> i & 1));
    return c;
}

static void cover_add(struct cover *v, struct cube *c)
{
    if (v->count == v->room) {
        v->room = v->room == 0 ? 4 : v->room * 2;
        v->cubes = realloc(v->cubes, v->room * sizeof *v->cubes);
        if (v->cubes == NULL)
            kit_die("out of memory");
    }
    v->cubes[v->count++] = c;
}

static void cover_free(struct cover *v)
{
    for (unsigned i = 0; i < v->count; i++)
        free(v->cubes[i]);
    free(v->cubes);
}

static int cube_order(const void *a, const void *b)
{
    const struct cube *x = *(struct cube *const *)a, *y = *(struct cube *const *)b;

    if (x->dashes != y->dashes)
        return x->dashes < y->dashes ? -1 : 1;
    return x->value < y->value ? -1 : x->value > y->value;
}

/* Sort; drop what occurs twice. */
static void cover_clean(struct cover *v)
{
    unsigned kept = 0;

    if (v->count == 0)
        return;
    qsort(v->cubes, v->count, sizeof *v->cubes, cube_order);
    for (unsigned i = 1; i < v->count; i++) {
        if (cube_order(&v->cubes[kept], &v->cubes[i]) == 0)
            free(v->cubes[i]);
        else
            v->cubes[++kept] = v->cubes[i];
    }
    v->count = kept + 1;
}

static struct cube *cover_find(const struct cover *v, uint32_t value, uint32_t dashes)
{
    struct cube key = {.value = value, .dashes = dashes}, *p = &key;
    struct cube **found = bsearch(&p, v->cubes, v->count, sizeof p, cube_order);

    return found == NULL ? NULL : *found;
}

/* All merges of two cubes of `v`; what cannot be merged is prime. */
static struct cover cover_merge(struct cover *v, struct cover *primes)
{
    struct cover next = {0};

    for (unsigned i = 0; i < v->count; i++) {
        struct cube *c = v->cubes[i];

        for (uint32_t bit = 1; bit < 1u << VARIABLES; bit <<= 1) {
            struct cube *other;

            if (((c->dashes | c->value) & bit) != 0)
                continue;
            other = cover_find(v, c->value | bit, c->dashes);
            if (other == NULL)
                continue;
            c->merged = other->merged = 1;
            cover_add(&next, cube_new(c->value, c->dashes | bit));
        }
    }
    for (unsigned i = 0; i < v->count; i++)
        if (!v->cubes[i]->merged)
            cover_add(primes, cube_new(v->cubes[i]->value, v->cubes[i]->dashes));
    return next;
}

static unsigned minimise(struct kit_random *r)
{
    struct cover level = {0}, primes = {0};
    unsigned count;

    for (unsigned i = 0; i < MINTERMS * 2; i++)
        cover_add(&level, cube_new(kit_below(r, 1u << VARIABLES), 0));
    while (level.count > 0) {
        struct cover next;

        cover_clean(&level);
        next = cover_merge(&level, &primes);
        cover_free(&level);
        level = next;
    }
    cover_free(&level);
    count = primes.count;
    cover_free(&primes);
    return count;
}

int main(int argc, char **argv)
{
    struct kit_random r = kit_seed(11);
    unsigned primes = 0;

    for (unsigned i = 0; i < FUNCTIONS; i++)
        primes += minimise(&r);
    printf("check %u\n", primes);
    kit_finish(argc, argv);
    return 0;
}
