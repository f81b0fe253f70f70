/* syscall.h -- system calls without libc (os/linux only).
 *
 * Why not the wrappers of libc: they write errno, which free must not change,
 * and they are called through the PLT, where a preloaded library that
 * interposes mmap, open or clock_gettime gets in.  Such libraries call malloc,
 * so the call would come back into us in the middle of our own slow path.
 *
 * Every function gives what the kernel gives: a result, or an errno value
 * negated (-4095..-1).
 */
#ifndef AC_OS_LINUX_SYSCALL_H
#define AC_OS_LINUX_SYSCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

#if defined(__x86_64__) && defined(__LP64__)

static inline long linux_call6(long number, long a, long b, long c, long d, long e,
                               long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline long linux_call3(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__) && defined(__LP64__)

static inline long linux_call6(long number, long a, long b, long c, long d, long e,
                               long f)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;

    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory", "cc");
    return x0;
}

static inline long linux_call3(long number, long a, long b, long c)
{
    return linux_call6(number, a, b, c, 0, 0, 0);
}

#else
#error "os/linux knows x86-64 and arm64 only: add the system call instruction here"
#endif

/* Did the call fail?  The top page of the address space is never a result. */
static inline bool linux_failed(long result)
{
    return (unsigned long)result >= (unsigned long)-4095L;
}

/* The result of a call that returns nothing but success, as an errno value. */
static inline int linux_error(long result)
{
    return linux_failed(result) ? (int)-result : 0;
}

#endif
