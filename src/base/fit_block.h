/* fit_block.h -- the blocks of base/fit: their bytes, and sentences about them.
 * Included by fit.c alone.
 *
 * Memory is cut into blocks without gaps.  A header of one word stands in front
 * of each payload; what else a free block needs lies in its payload:
 *
 *   in use   |          | word | payload ...................... |      | word |
 *   free     |          | word | next | link | ........ | before | word |
 *            ^ block           ^ payload                ^ block behind
 *            :                                          :
 *            :<--------- size, a multiple of 16 ------->:
 *
 * The field `before` of a block is the last word of the block before it.  It
 * names that block while it is free, and is payload while it is in use; a flag
 * in the word says which.  So a block in use costs 8 bytes and its payload has
 * size - 8; the smallest block, 32 bytes, has room for all that a free one needs.
 *
 * The word is stored xor a mask and the key (F2 in fit.c):
 *
 *   bits     63 .......... 44 | 43 .. 27 | 26 ......... 4 | 3 2 |     1       |  0
 *   word     0, or size where pools are that large ....... | 0 0 | before free | free
 *   mask     address 19 ..... 0 | 0 .... 0 | address 46 .. 20
 */
#ifndef AC_BASE_FIT_BLOCK_H
#define AC_BASE_FIT_BLOCK_H

#include "base/fit.h"

struct ac_fit_block {
    struct ac_fit_block *before;
    _Alignas(8) uint64_t word;
    struct ac_fit_block *next;  /* here the payload begins */
    struct ac_fit_block **link; /* what points here: a head, or another's next */
};

#define FIT_GRAIN ((size_t)AC_FIT_ALIGN)
#define FIT_HEADER sizeof(uint64_t)
#define FIT_PAYLOAD offsetof(struct ac_fit_block, next)
#define FIT_BLOCK_MIN ((size_t)32)
#define FIT_SIZE_MAX (SIZE_MAX > 0xffffffffu ? SIZE_MAX >> 16 : SIZE_MAX >> 2)

#define FIT_FREE ((uint64_t)1)        /* this block is free */
#define FIT_BEFORE_FREE ((uint64_t)2) /* the one before it is */
#define FIT_FLAGS ((uint64_t)15)

AC_STATIC_ASSERT(offsetof(struct ac_fit_block, word) == 8, "before, then the word");
AC_STATIC_ASSERT(FIT_PAYLOAD == FIT_GRAIN, "payloads are aligned as blocks are");
AC_STATIC_ASSERT(sizeof(struct ac_fit_block) <= FIT_BLOCK_MIN, "links and word fit");
AC_STATIC_ASSERT((FIT_BLOCK_MIN & (FIT_GRAIN - 1)) == 0, "sizes keep alignment");
AC_STATIC_ASSERT((FIT_GRAIN & (FIT_GRAIN - 1)) == 0, "grain is a power of two");
AC_STATIC_ASSERT(FIT_FLAGS < FIT_GRAIN, "flags lie below the size");

/* --- Headers ------------------------------------------------------------- */

AC_INLINE uint64_t block_mask(const struct ac_fit *fit, const struct ac_fit_block *block)
{
    uint64_t at = (uintptr_t)block;

    return (at << 44 | at >> 20) ^ fit->key;
}

AC_INLINE uint64_t block_word(const struct ac_fit *fit, const struct ac_fit_block *block)
{
    return block->word ^ block_mask(fit, block);
}

AC_INLINE void block_set_word(const struct ac_fit *fit, struct ac_fit_block *block,
                              uint64_t word)
{
    block->word = word ^ block_mask(fit, block);
}

/* The flags are masked by xor too, so turning one over needs no mask. */
AC_INLINE void block_turn_flag(struct ac_fit_block *block, uint64_t flag)
{
    block->word ^= flag;
}

AC_INLINE bool word_is_free(uint64_t word)
{
    return (word & FIT_FREE) != 0;
}

AC_INLINE bool word_is_before_free(uint64_t word)
{
    return (word & FIT_BEFORE_FREE) != 0;
}

AC_INLINE uint64_t word_size(uint64_t word)
{
    return word & ~FIT_FLAGS;
}

/* In use, and no bits set that are not flags. */
AC_INLINE bool word_is_plain(uint64_t word)
{
    return (word & FIT_FLAGS & ~FIT_BEFORE_FREE) == 0;
}

AC_INLINE bool word_has_stray_bits(uint64_t word)
{
    return (word & FIT_FLAGS & ~(FIT_FREE | FIT_BEFORE_FREE)) != 0;
}

AC_INLINE size_t block_size(const struct ac_fit *fit, const struct ac_fit_block *block)
{
    return (size_t)word_size(block_word(fit, block));
}

/* --- Places -------------------------------------------------------------- */

AC_INLINE struct ac_fit_block *block_at(uintptr_t address)
{
    return (struct ac_fit_block *)address;
}

AC_INLINE struct ac_fit_block *block_behind(const struct ac_fit_block *block, size_t size)
{
    return block_at((uintptr_t)block + size);
}

AC_INLINE void *block_payload(struct ac_fit_block *block)
{
    return (char *)block + FIT_PAYLOAD;
}

/* The size of the block for a request of `size` bytes, at most FIT_SIZE_MAX. */
AC_INLINE size_t size_needed(size_t size)
{
    size_t need = ac_align_up(size + FIT_HEADER, FIT_GRAIN);

    return need < FIT_BLOCK_MIN ? FIT_BLOCK_MIN : need;
}

#endif
