/* hello.c -- two heaps of one's own: one that grows, one inside an array.
 *
 *     make        needs acre installed, for pkg-config to find
 */
#include <acre/heap.h>

#include <stdio.h>
#include <string.h>

static void say(const char *what, acre_heap *heap)
{
    struct acre_heap_stats stats = { .size = sizeof stats };

    if (acre_heap_stats_get(heap, &stats) == 0)
        printf("%s: %llu blocks, %llu bytes, of %llu held\n", what,
               (unsigned long long)stats.live_count, (unsigned long long)stats.live,
               (unsigned long long)stats.held);
}

int main(void)
{
    struct acre_heap_options options = ACRE_HEAP_OPTIONS_INIT;

    options.name = "requests";
    options.limit = 1 << 20;        /* then NULL with ENOMEM */
    acre_heap *requests = acre_heap_create(&options);

    if (requests == NULL)
        return 1;
    for (int i = 0; i < 1000; i++) {
        char *text = acre_heap_alloc(requests, 64);

        if (text == NULL)
            return 1;
        strcpy(text, "hello");
    }
    say("a heap", requests);
    acre_heap_destroy(requests);    /* all 1000 blocks at once */

    static char memory[16384];      /* not one system call for this one */
    acre_heap *inside = acre_heap_create_in(memory, sizeof memory, NULL);

    if (inside == NULL)
        return 1;
    while (acre_heap_alloc(inside, 100) != NULL)
        ;
    say("a heap in 16 KiB, filled", inside);
    acre_heap_destroy(inside);
    return 0;
}
