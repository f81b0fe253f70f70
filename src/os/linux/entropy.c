/* entropy.c -- secret numbers without asking the kernel, if possible.
 *
 * Up to 16 bytes (the keys of free lists, a seed) come without a system call:
 * a sandbox may kill a process for getrandom (T-os10).  The kernel has left 16
 * random bytes in each process (AT_RANDOM).  libc makes the stack protector
 * and the pointer guard of the same bytes, so they must not be recoverable
 * from what we hand out: they are the key of SipHash-2-4, and a counter, the
 * cycle counter and the stack address its message.  Larger requests are mixed
 * with getrandom.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "os/linux/auxv.h"
#include "os/linux/syscall.h"
#include "os/os.h"

#define ENTROPY_QUIET_BYTES 16
#define ENTROPY_NONBLOCK 1 /* GRND_NONBLOCK */
#define ENTROPY_MESSAGE_WORDS 3

/* No two words come from the same message in one process; a child of fork
 * goes on from the same count, at another cycle. */
static _Atomic uint64_t entropy_counter;

static uint64_t entropy_cycles(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    uint64_t ticks;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#endif
}

static uint64_t entropy_rotate(uint64_t value, int count)
{
    return value << count | value >> (64 - count);
}

static void entropy_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = entropy_rotate(v[1], 13) ^ v[0];
    v[0] = entropy_rotate(v[0], 32);
    v[2] += v[3];
    v[3] = entropy_rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = entropy_rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = entropy_rotate(v[1], 17) ^ v[2];
    v[2] = entropy_rotate(v[2], 32);
}

/* SipHash-2-4 of a message of whole words. */
static uint64_t entropy_hash(const uint64_t key[2],
                             const uint64_t message[ENTROPY_MESSAGE_WORDS])
{
    uint64_t v[4] = {
        key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
        key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};

    for (int i = 0; i <= ENTROPY_MESSAGE_WORDS; i++) {
        uint64_t word = i < ENTROPY_MESSAGE_WORDS
                            ? message[i]
                            : (uint64_t)ENTROPY_MESSAGE_WORDS * 8 << 56;
        v[3] ^= word;
        entropy_round(v);
        entropy_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        entropy_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t entropy_word(const uint64_t key[2])
{
    uint64_t message[ENTROPY_MESSAGE_WORDS] = {
        atomic_fetch_add_explicit(&entropy_counter, 1, memory_order_relaxed),
        entropy_cycles(),
        (uint64_t)(uintptr_t)key,
    };

    return entropy_hash(key, message);
}

void ac_os_entropy(void *out, size_t size)
{
    const void *random = (const void *)linux_auxv(AT_RANDOM);
    unsigned char *bytes = out;
    uint64_t key[2] = {0, 0};
    size_t asked = 0;

    if (random != NULL)
        memcpy(key, random, sizeof key);
    if (size > ENTROPY_QUIET_BYTES || random == NULL) {
        long got = linux_call3(SYS_getrandom, (long)out, (long)size, ENTROPY_NONBLOCK);
        asked = got > 0 ? (size_t)got : 0;
    }
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t word = entropy_word(key);

        for (size_t k = 0; k < sizeof word && i + k < size; k++) {
            unsigned char byte = (unsigned char)(word >> 8 * k);
            bytes[i + k] = i + k < asked ? bytes[i + k] ^ byte : byte;
        }
    }
}
