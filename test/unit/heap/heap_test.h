/* heap_test.h -- what the tests of this folder share: looks at all heaps from inside.
 *
 * Include it after "os/fake/fake.h" in a program of one file. */
#ifndef TEST_UNIT_HEAP_HEAP_TEST_H
#define TEST_UNIT_HEAP_HEAP_TEST_H

#include "core/options.h"
#include "core/span.h"
#include "fault/fresh.h"
#include "heap/heap.h"

#include <acre/acre.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MIB ((size_t)1 << 20)

/* P1 and P2 of core/types.h, the free list, the lists of pages.  The heap's owner is the
 * caller, or does nothing now. */
static __attribute__((unused)) void check_page(const struct ac_heap *heap,
                                               struct ac_page *page)
{
    uint32_t count = 0;

    CHECK(atomic_load(&page->owner) == heap);
    CHECK(page->cls >= 1 && page->cls <= AC_CLASS_LAST);
    CHECK(page->carved <= page->capacity);
    CHECK_EQUAL(page->used + page->free_count, page->carved);
    for (const struct ac_block *b = page->free; b != NULL; b = b->next) {
        CHECK(ac_page_of(b) == page);
        CHECK(ac_block_is_free(b, ac_heap_key));
        CHECK(((uintptr_t)b - ac_page_address(page)) % ac_class_sizes[page->cls] == 0);
        CHECK(++count <= page->free_count);
    }
    CHECK_EQUAL(count, page->free_count);
    CHECK((atomic_load(&page->remote) >> 48) <= page->used);
    CHECK_EQUAL(page->state, page->free != NULL || page->carved < page->capacity
                                 ? AC_PAGE_AVAILABLE
                                 : AC_PAGE_FULL);
}

static __attribute__((unused)) uint32_t list_count(const struct ac_block *block)
{
    uint32_t count = 0;

    for (; block != NULL; block = block->next) {
        CHECK(ac_block_is_free(block, ac_heap_key));
        CHECK(++count < 1u << 24);
    }
    return count;
}

static __attribute__((unused)) void check_heap(struct ac_heap *heap)
{
    uint32_t pages[AC_CLASS_LAST + 1] = {0};
    uint32_t avail[AC_CLASS_LAST + 1] = {0};
    uint32_t empty[AC_CLASS_LAST + 1] = {0};
    size_t empty_bytes = 0;
    struct ac_page *before = NULL;

    for (struct ac_page *p = heap->pages; p != NULL; before = p, p = p->all_next) {
        check_page(heap, p);
        CHECK(p->all_prev == before);
        pages[p->cls]++;
        avail[p->cls] += p->state == AC_PAGE_AVAILABLE;
        CHECK(!p->empty || p->used == 0);
        empty[p->cls] += p->empty;
        empty_bytes += p->empty ? ac_page_bytes(p) : 0;
    }
    CHECK_EQUAL(heap->empty_bytes, empty_bytes);
    for (uint32_t cls = 1; cls <= AC_CLASS_LAST; cls++) {
        const struct ac_list_slow *slow = &heap->slow[cls];
        uint32_t mallocs = slow->left_start - heap->list[cls].left;
        uint32_t frees = slow->room_start - heap->list[cls].room;
        uint32_t n = 0;

        for (const struct ac_page *p = slow->avail; p != NULL; p = p->next, n++)
            CHECK(p->next != NULL ? p->next->prev == p : slow->avail_last == p);
        CHECK_EQUAL(n, avail[cls]);
        CHECK_EQUAL(slow->page_count, pages[cls]);
        CHECK_EQUAL(slow->empty_count, empty[cls]);
        CHECK_EQUAL(list_count(heap->list[cls].head), slow->length + frees - mallocs);
        CHECK_EQUAL(list_count(slow->cold), slow->cold_count);
    }
}

/* Every heap that there is; all their threads have ended or stand still. */
static __attribute__((unused)) void check_heaps(void)
{
    for (uint32_t i = 0; i < ac_heap_count(); i++)
        check_heap(ac_heap_at(i));
    check_heap(&ac_heap_orphans);
}

/* The heap for threads past their end, or that could have none.  It keeps some pages
 * for the next of them. */
static __attribute__((unused)) bool is_late(const struct ac_heap *heap)
{
    return heap->state == AC_HEAP_SHARED && heap->first_class == NULL;
}

static __attribute__((unused)) size_t page_bytes(const struct ac_heap *heap)
{
    size_t bytes = 0;

    for (const struct ac_page *p = heap->pages; p != NULL; p = p->all_next)
        bytes += ac_page_bytes(p);
    return bytes;
}

/* Everything was freed, other threads have ended: no page may be left anywhere. */
static __attribute__((unused)) void check_nothing_left(void)
{
    struct ac_span_totals totals;
    size_t late = 0;
    size_t at = strlen(fresh_context);

    check_heaps();
    (void)acre_purge();
    check_heaps();
    for (uint32_t i = 0; i < ac_heap_count(); i++) {
        snprintf(fresh_context + at, sizeof fresh_context - at, " heap %u of %u", i,
                 ac_heap_count());
        if (is_late(ac_heap_at(i)))
            late += page_bytes(ac_heap_at(i));
        else
            CHECK(ac_heap_at(i)->pages == NULL);
    }
    fresh_context[at] = '\0';
    CHECK(ac_heap_orphans.pages == NULL);
    CHECK_EQUAL(atomic_load(&ac_orphan_count), 0);
    ac_span_totals_get(&totals);
    CHECK_EQUAL(totals.used, late);
    CHECK_EQUAL(totals.dirty, 0);
    CHECK_EQUAL(totals.large_count, 0);
}

static __attribute__((unused)) void run_thread(void *(*body)(void *arg), void *arg)
{
    pthread_t thread;

    CHECK_EQUAL(pthread_create(&thread, NULL, body, arg), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
}

static __attribute__((unused)) void fill(void *block, size_t size, unsigned char value)
{
    memset(block, value, size);
}

static __attribute__((unused)) void check_filled(const void *block, size_t size,
                                                 unsigned char value)
{
    const unsigned char *bytes = block;

    for (size_t i = 0; i < size; i++)
        CHECK_EQUAL(bytes[i], value);
}

#endif
