/* batches.c -- many objects of one size at a time, freed in different orders.
 *
 * After the description of MicroQuill's sh6bench: for each size a batch is
 * allocated; one part is freed last in first out, one part first in first out,
 * and some objects outlive several later batches.
 */
#include "../kit.h"

#define PASSES 1500u
#define BATCH_BYTES 60000u
#define MOST 1000u
#define KEPT 6000u

static void *kept[KEPT];

static void batch_run(size_t size, struct kit_random *r, unsigned *place)
{
    static void *objects[BATCH_BYTES / 8];
    unsigned count = (unsigned)(BATCH_BYTES / (size < 8 ? 8 : size)), half = count / 2;

    for (unsigned i = 0; i < count; i++)
        objects[i] = kit_alloc(size);
    for (unsigned i = 0; i < count; i += 8) {
        free(kept[*place]);
        kept[*place] = objects[i];
        *place = (*place + 1) % KEPT;
        objects[i] = NULL;
    }
    if ((kit_next(r) & 1) != 0) {
        for (unsigned i = 0; i < half; i++)
            free(objects[i]);
        for (unsigned i = count; i-- > half;)
            free(objects[i]);
    } else {
        for (unsigned i = half; i-- > 0;)
            free(objects[i]);
        for (unsigned i = half; i < count; i++)
            free(objects[i]);
    }
}

int main(int argc, char **argv)
{
    struct kit_random r = kit_seed(17);
    unsigned place = 0;

    for (unsigned pass = 0; pass < PASSES; pass++)
        for (unsigned i = 0; i < 50; i++)
            batch_run(1 + kit_below(&r, kit_below(&r, MOST) + 1), &r, &place);
    for (unsigned i = 0; i < KEPT; i++)
        free(kept[i]);
    printf("check %u\n", place);
    kit_finish(argc, argv);
    return 0;
}
