/* start.c -- how the library starts, how a thread and the process end.
 *
 * Start happens in the first malloc of the process, which may come out of the
 * loader, before any constructor: so it calls nothing that allocates.  What may
 * allocate (pthread_atfork) waits for the constructor.  At exit nothing is torn
 * down: threads and destructors may go on allocating until the very end. */
#include "boot/boot.h"
#include "core/options.h"
#include "format/status.h"
#include "heap/heap.h"

#include <errno.h>
#include <pthread.h>

#define EXIT_ROUNDS 3u      /* of glibc's four; later destructors may still free */

__attribute__((visibility("default"))) struct ac_status acre_status = AC_STATUS_INIT;

struct ac_lock ac_boot_lock = AC_LOCK_INIT(AC_RANK_START);

static struct {
    bool key_made;
    pthread_key_t key;
} boot;

/* --- Threads ----------------------------------------------------------------- */

/* The destructor of our key.  Other keys' destructors may run after it in the same
 * round and allocate again; so it asks for further rounds, and acts in the last. */
static void boot_thread_end(void *arg)
{
    struct ac_heap *heap = arg;

    if (++heap->exit_round < EXIT_ROUNDS && pthread_setspecific(boot.key, heap) == 0)
        return;
    ac_heap_thread_end(heap);
}

static void boot_thread_begin(struct ac_heap *heap)
{
    if (boot.key_made)
        (void)pthread_setspecific(boot.key, heap);
}

/* --- Start --------------------------------------------------------------------- */

static void boot_options(void)
{
    if (ac_options_init(&ac_options_page.options, NULL) != 0)
        ac_os_exit(AC_OPTIONS_STRICT_STATUS);
}

/* A stray write must not turn a check off. */
static void boot_freeze_options(void)
{
    (void)ac_os_freeze(&ac_options_page, sizeof ac_options_page, true);
}

static bool boot_start_locked(void)
{
    ac_os_init(&ac_os);
    boot_options();
    if (ac_span_init() != 0 || ac_heap_init() != 0)
        return false;
    if (ac_page_init() != 0)    /* from here on lookups find something */
        return false;
    boot_freeze_options();
    ac_status_fill(&acre_status, &ac_options_page.options, ac_os_process_id(),
                   ac_heap_started_ns, (void *)ac_areas[0].base,
                   (void *)(ac_areas[1].base +
                            ((uintptr_t)ac_areas[1].limit << ac_areas[1].shift)));
    boot.key_made = pthread_key_create(&boot.key, boot_thread_end) == 0;
    ac_boot_say_start();
    return true;
}

static bool boot_start(void)
{
    ac_lock_take(&ac_boot_lock);
    bool started = ac_map.unit_count != 0 || boot_start_locked();

    ac_lock_give(&ac_boot_lock);
    return started;
}

/* Static initialisation, so that the hooks are there before any constructor. */
bool (*const ac_heap_start_hook)(void) = boot_start;
void (*const ac_heap_thread_hook)(struct ac_heap *heap) = boot_thread_begin;

/* --- The process ------------------------------------------------------------------ */

__attribute__((constructor(101))) static void boot_construct(void)
{
    (void)ac_heap_get();
    ac_boot_atfork();
    ac_boot_at_quick_exit();
}

__attribute__((destructor(101))) static void boot_destruct(void)
{
    ac_boot_exit();
}
