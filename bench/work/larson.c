/* larson.c -- a server whose threads die and hand their objects on.
 *
 * After P. Larson and M. Krishnan, "Memory allocation for long-running server
 * applications" (ISMM 1998): every thread owns a table of live objects of 10 to
 * 500 bytes and replaces random ones; after some time it starts a successor,
 * leaves it the table and ends.  So most objects die in another thread than the
 * one that made them.
 *
 *   larson [THREADS]     in all the same number of replacements
 */
#include "../kit.h"

#include <stdatomic.h>

#define SLOTS 5000u
#define REPLACEMENTS 60000000u
#define GENERATIONS 100u
#define LEAST 10u
#define MOST 500u

struct server {
    void *slots[SLOTS];
    struct kit_random random;
    unsigned replacements; /* in one generation */
    unsigned generations;  /* still to come */
};

static atomic_uint servers_running;
static pthread_mutex_t done_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;

static size_t server_size(struct kit_random *r)
{
    return LEAST + kit_below(r, MOST - LEAST);
}

static void server_end(void)
{
    pthread_mutex_lock(&done_lock);
    if (atomic_fetch_sub(&servers_running, 1) == 1)
        pthread_cond_signal(&done);
    pthread_mutex_unlock(&done_lock);
}

static void *server_body(void *arg)
{
    struct server *s = arg;

    for (unsigned i = 0; i < s->replacements; i++) {
        void **slot = &s->slots[kit_below(&s->random, SLOTS)];

        free(*slot);
        *slot = kit_alloc(server_size(&s->random));
    }
    if (--s->generations == 0)
        server_end();
    else
        pthread_detach(kit_thread(server_body, s));
    return NULL;
}

static struct server *server_new(unsigned number, unsigned threads)
{
    struct server *s = kit_alloc(sizeof *s);

    s->random = kit_seed(number);
    s->generations = GENERATIONS;
    s->replacements = REPLACEMENTS / threads / GENERATIONS;
    for (unsigned i = 0; i < SLOTS; i++)
        s->slots[i] = kit_alloc(server_size(&s->random));
    return s;
}

int main(int argc, char **argv)
{
    unsigned threads = kit_argument(argc, argv, 1, 2);
    struct server **servers = kit_alloc(threads * sizeof *servers);

    atomic_store(&servers_running, threads);
    for (unsigned i = 0; i < threads; i++) {
        servers[i] = server_new(i, threads);
        pthread_detach(kit_thread(server_body, servers[i]));
    }
    pthread_mutex_lock(&done_lock);
    while (atomic_load(&servers_running) != 0)
        pthread_cond_wait(&done, &done_lock);
    pthread_mutex_unlock(&done_lock);
    for (unsigned i = 0; i < threads; i++) {
        for (unsigned k = 0; k < SLOTS; k++)
            free(servers[i]->slots[k]);
        free(servers[i]);
    }
    free(servers);
    printf("operations %u\n", REPLACEMENTS);
    kit_finish(argc, argv);
    return 0;
}
