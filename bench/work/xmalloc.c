/* xmalloc.c -- all frees are remote.
 *
 * After C. Lever and D. Boreham, "malloc() performance in a multithreaded Linux
 * environment" (USENIX 2000), where one half of the threads allocates and the
 * other half frees.  Objects of 64 bytes go from one half to the other in
 * batches of 128, through one queue of bounded length.
 *
 *   xmalloc [THREADS]    an even number; in all the same number of objects
 */
#include "../kit.h"

#define BATCH 128u
#define QUEUE 64u
#define OBJECTS 24000000u
#define SIZE 64u

struct batch {
    void *objects[BATCH];
};

static struct batch *queue[QUEUE];
static unsigned queue_first, queue_count;
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_filled = PTHREAD_COND_INITIALIZER;
static pthread_cond_t queue_emptied = PTHREAD_COND_INITIALIZER;

static void queue_put(struct batch *b)
{
    pthread_mutex_lock(&queue_lock);
    while (queue_count == QUEUE)
        pthread_cond_wait(&queue_emptied, &queue_lock);
    queue[(queue_first + queue_count++) % QUEUE] = b;
    pthread_cond_signal(&queue_filled);
    pthread_mutex_unlock(&queue_lock);
}

static struct batch *queue_take(void)
{
    struct batch *b;

    pthread_mutex_lock(&queue_lock);
    while (queue_count == 0)
        pthread_cond_wait(&queue_filled, &queue_lock);
    b = queue[queue_first];
    queue_first = (queue_first + 1) % QUEUE;
    queue_count--;
    pthread_cond_signal(&queue_emptied);
    pthread_mutex_unlock(&queue_lock);
    return b;
}

static void *allocate_body(void *arg)
{
    unsigned batches = *(const unsigned *)arg;

    while (batches-- > 0) {
        struct batch *b = kit_alloc(sizeof *b);

        for (unsigned i = 0; i < BATCH; i++)
            b->objects[i] = kit_alloc(SIZE);
        queue_put(b);
    }
    return NULL;
}

static void *free_body(void *arg)
{
    unsigned batches = *(const unsigned *)arg;

    while (batches-- > 0) {
        struct batch *b = queue_take();

        for (unsigned i = 0; i < BATCH; i++)
            free(b->objects[i]);
        free(b);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned pairs = kit_argument(argc, argv, 1, 2) / 2;
    unsigned batches = OBJECTS / BATCH / pairs;
    pthread_t *ids = kit_alloc(2 * pairs * sizeof *ids);

    for (unsigned i = 0; i < pairs; i++) {
        ids[2 * i] = kit_thread(allocate_body, &batches);
        ids[2 * i + 1] = kit_thread(free_body, &batches);
    }
    for (unsigned i = 0; i < 2 * pairs; i++)
        pthread_join(ids[i], NULL);
    free(ids);
    printf("operations %u\n", batches * pairs * BATCH);
    kit_finish(argc, argv);
    return 0;
}
