/* bodies.c -- gravity of many bodies by a tree that is built anew in each step.
 *
 * After J. Barnes and P. Hut, "A hierarchical O(N log N) force-calculation
 * algorithm" (Nature, 1986), the program "barnes" of the Hoard paper's set:
 * much arithmetic, and a tree of nodes allocated and freed in every step.
 */
#include "../kit.h"

#define BODIES 12000u
#define STEPS 24u
#define OPENING 0.8

struct body {
    double at[2], speed[2], mass;
};

struct node {
    double centre[2], half; /* the square */
    double weighted[2], mass;
    struct body *body; /* a leaf's only one */
    struct node *quarter[4];
    int inner;
};

static struct node *node_new(double x, double y, double half)
{
    struct node *n = calloc(1, sizeof *n);

    if (n == NULL)
        kit_die("out of memory");
    n->centre[0] = x;
    n->centre[1] = y;
    n->half = half;
    return n;
}

static struct node **node_quarter(struct node *n, const struct body *b)
{
    unsigned right = b->at[0] >= n->centre[0], up = b->at[1] >= n->centre[1];
    struct node **q = &n->quarter[up * 2 + right];
    double h = n->half / 2;

    if (*q == NULL)
        *q = node_new(n->centre[0] + (right ? h : -h), n->centre[1] + (up ? h : -h), h);
    return q;
}

static void node_insert(struct node *n, struct body *b)
{
    for (;;) {
        struct body *resident = n->body;

        n->mass += b->mass;
        n->weighted[0] += b->at[0] * b->mass;
        n->weighted[1] += b->at[1] * b->mass;
        if ((!n->inner && resident == NULL) || n->half < 1e-9) {
            n->body = b;
            return;
        }
        if (!n->inner) {
            n->inner = 1;
            n->body = NULL;
            node_insert(*node_quarter(n, resident), resident);
        }
        n = *node_quarter(n, b);
    }
}

static void node_free(struct node *n)
{
    if (n == NULL)
        return;
    for (unsigned i = 0; i < 4; i++)
        node_free(n->quarter[i]);
    free(n);
}

static void node_pull(const struct node *n, const struct body *b, double force[2])
{
    double d[2], square, inverse;

    if (n == NULL || n->body == b)
        return;
    d[0] = n->weighted[0] / n->mass - b->at[0];
    d[1] = n->weighted[1] / n->mass - b->at[1];
    square = d[0] * d[0] + d[1] * d[1] + 1e-6;
    if (n->inner && n->half * n->half * 4 > square * OPENING * OPENING) {
        for (unsigned i = 0; i < 4; i++)
            node_pull(n->quarter[i], b, force);
        return;
    }
    inverse = n->mass / (square * (square + 0.01));
    force[0] += d[0] * inverse;
    force[1] += d[1] * inverse;
}

static void bodies_step(struct body **bodies)
{
    struct node *root = node_new(0, 0, 64);

    for (unsigned i = 0; i < BODIES; i++)
        node_insert(root, bodies[i]);
    for (unsigned i = 0; i < BODIES; i++) {
        double force[2] = {0, 0};

        node_pull(root, bodies[i], force);
        for (unsigned k = 0; k < 2; k++) {
            bodies[i]->speed[k] += force[k] * 1e-4;
            bodies[i]->at[k] += bodies[i]->speed[k] * 1e-2;
        }
    }
    node_free(root);
}

int main(int argc, char **argv)
{
    struct kit_random r = kit_seed(13);
    struct body **bodies = kit_alloc(BODIES * sizeof *bodies);
    double sum = 0;

    for (unsigned i = 0; i < BODIES; i++) {
        bodies[i] = kit_alloc(sizeof *bodies[i]);
        *bodies[i] = (struct body){.mass = 1};
        bodies[i]->at[0] = (double)kit_next(&r) / 4294967296.0 - 0.5;
        bodies[i]->at[1] = (double)kit_next(&r) / 4294967296.0 - 0.5;
    }
    for (unsigned i = 0; i < STEPS; i++)
        bodies_step(bodies);
    for (unsigned i = 0; i < BODIES; i++) {
        sum += bodies[i]->at[0];
        free(bodies[i]);
    }
    free(bodies);
    printf("check %.6f\n", sum);
    kit_finish(argc, argv);
    return 0;
}
