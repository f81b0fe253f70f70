/* bignum.c -- numbers of a few digits, one allocation for each result.
 *
 * After the allocation behaviour of cfrac (Zorn and Grunwald, 1992), which
 * factors by continued fractions: nearly all objects are small and die at once.
 * Here the expansion of sqrt(N) is computed for a 128-bit N, with the numerators
 * of its convergents modulo N, every intermediate number on the heap.
 */
#include "../kit.h"

#define STEPS 150000u

/* Little-endian digits of 16 bits, no leading zeros; zero has no digits. */
struct number {
    unsigned count;
    uint16_t digits[];
};

static struct number *number_new(unsigned count)
{
    struct number *n = kit_alloc(sizeof *n + count * sizeof n->digits[0]);

    n->count = count;
    return n;
}

static struct number *number_trim(struct number *n)
{
    while (n->count > 0 && n->digits[n->count - 1] == 0)
        n->count--;
    return n;
}

static struct number *number_small(uint32_t value)
{
    struct number *n = number_new(2);

    n->digits[0] = (uint16_t)value;
    n->digits[1] = (uint16_t)(value >> 16);
    return number_trim(n);
}

static unsigned number_digit(const struct number *n, unsigned i)
{
    return i < n->count ? n->digits[i] : 0;
}

static int number_compare(const struct number *a, const struct number *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (unsigned i = a->count; i-- > 0;)
        if (a->digits[i] != b->digits[i])
            return a->digits[i] < b->digits[i] ? -1 : 1;
    return 0;
}

static struct number *number_add(const struct number *a, const struct number *b)
{
    unsigned count = (a->count > b->count ? a->count : b->count) + 1, carry = 0;
    struct number *sum = number_new(count);

    for (unsigned i = 0; i < count; i++) {
        carry += number_digit(a, i) + number_digit(b, i);
        sum->digits[i] = (uint16_t)carry;
        carry >>= 16;
    }
    return number_trim(sum);
}

/* a - b, where a >= b. */
static struct number *number_subtract(const struct number *a, const struct number *b)
{
    struct number *rest = number_new(a->count);
    int borrow = 0;

    for (unsigned i = 0; i < a->count; i++) {
        int d = (int)number_digit(a, i) - (int)number_digit(b, i) - borrow;

        borrow = d < 0;
        rest->digits[i] = (uint16_t)(d + (borrow << 16));
    }
    return number_trim(rest);
}

static struct number *number_multiply(const struct number *a, const struct number *b)
{
    struct number *p = number_new(a->count + b->count);

    memset(p->digits, 0, p->count * sizeof p->digits[0]);
    for (unsigned i = 0; i < a->count; i++) {
        uint32_t carry = 0;

        for (unsigned k = 0; k < b->count; k++) {
            carry += (uint32_t)a->digits[i] * b->digits[k] + p->digits[i + k];
            p->digits[i + k] = (uint16_t)carry;
            carry >>= 16;
        }
        p->digits[i + b->count] = (uint16_t)carry;
    }
    return number_trim(p);
}

/* n * 65536 + digit; frees n. */
static struct number *number_append(struct number *n, uint16_t digit)
{
    struct number *longer = number_new(n->count + 1);

    memcpy(longer->digits + 1, n->digits, n->count * sizeof n->digits[0]);
    longer->digits[0] = digit;
    free(n);
    return number_trim(longer);
}

/* How often does `b` go into `rest`, which is less than 65536 * b?  By bisection,
 * each trial product on the heap.  Replaces *rest by the remainder. */
static uint16_t number_quotient_digit(struct number **rest, const struct number *b)
{
    uint32_t low = 0, high = 0xffff;

    while (low < high) {
        uint32_t middle = (low + high + 1) / 2;
        struct number *m = number_small(middle);
        struct number *product = number_multiply(m, b);

        if (number_compare(product, *rest) <= 0)
            low = middle;
        else
            high = middle - 1;
        free(product);
        free(m);
    }
    struct number *m = number_small(low), *product = number_multiply(m, b);
    struct number *less = number_subtract(*rest, product);

    free(m);
    free(product);
    free(*rest);
    *rest = less;
    return (uint16_t)low;
}

/* a / b; the remainder goes to *rest if rest is not NULL. */
static struct number *number_divide(const struct number *a, const struct number *b,
                                    struct number **rest)
{
    struct number *q = number_new(a->count), *r = number_small(0);

    for (unsigned i = a->count; i-- > 0;) {
        r = number_append(r, a->digits[i]);
        q->digits[i] = number_compare(r, b) < 0 ? 0 : number_quotient_digit(&r, b);
    }
    if (rest != NULL)
        *rest = r;
    else
        free(r);
    return number_trim(q);
}

/* The integer square root, by Newton's iteration from above. */
static struct number *number_root(const struct number *n)
{
    struct number *two = number_small(2), *x = number_new(n->count / 2 + 1);

    memset(x->digits, 0xff, x->count * sizeof x->digits[0]);
    for (;;) {
        struct number *q = number_divide(n, x, NULL), *sum = number_add(x, q);
        struct number *next = number_divide(sum, two, NULL);
        int done = number_compare(next, x) >= 0;

        free(q);
        free(sum);
        if (done) {
            free(next);
            free(two);
            return x;
        }
        free(x);
        x = next;
    }
}

struct expansion {
    struct number *n, *root;         /* N and its root */
    struct number *p, *q, *q_before; /* the state of the fraction */
    struct number *a, *top, *top_before;
};

static void replace(struct number **old, struct number *fresh)
{
    free(*old);
    *old = fresh;
}

/* One more partial quotient and one more convergent. */
static void expansion_step(struct expansion *e)
{
    struct number *aq = number_multiply(e->a, e->q);
    struct number *p = number_subtract(aq, e->p);
    struct number *square = number_multiply(p, p);
    struct number *gap = number_subtract(e->n, square);
    struct number *q = number_divide(gap, e->q, NULL);
    struct number *sum = number_add(e->root, p);
    struct number *at = number_multiply(e->a, e->top);
    struct number *top = number_add(at, e->top_before), *rest;

    replace(&e->a, number_divide(sum, q, NULL));
    replace(&e->p, p);
    replace(&e->q_before, e->q);
    e->q = q;
    free(number_divide(top, e->n, &rest));
    replace(&e->top_before, e->top);
    e->top = rest;
    free(aq);
    free(square);
    free(gap);
    free(sum);
    free(at);
    free(top);
}

int main(int argc, char **argv)
{
    static const uint16_t digits[8] = {0x8d2f, 0x91c3, 0x77e1, 0x3b5d,
                                       0xe60b, 0x1f49, 0xc8a7, 0x00f5};
    struct expansion e = {.n = number_new(8)};
    unsigned check = 0;

    memcpy(e.n->digits, digits, sizeof digits);
    e.root = number_root(e.n);
    e.p = number_small(0);
    e.q = number_small(1);
    e.q_before = number_small(0);
    e.a = number_add(e.root, e.p);
    e.top = number_small(1);
    e.top_before = number_small(0);
    for (unsigned i = 0; i < STEPS; i++) {
        expansion_step(&e);
        check = check * 31 + number_digit(e.top, 0) + number_digit(e.a, 0);
    }
    printf("check %u\n", check);
    free(e.n);
    free(e.root);
    free(e.p);
    free(e.q);
    free(e.q_before);
    free(e.a);
    free(e.top);
    free(e.top_before);
    kit_finish(argc, argv);
    return 0;
}
