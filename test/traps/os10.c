/* T-os10: under seccomp, as in sandboxes.  First an allow-list that kills on anything but
 * mmap, munmap, mremap, madvise, mprotect, brk, futex, write and exit; then each memory
 * call refused with EPERM; then all of them: blocks or NULL and ENOMEM, no crash, no
 * probing by forbidden calls. */
// run: preload, static
#include "check.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static const int base_list[] = {SYS_futex, SYS_write, SYS_exit_group, SYS_exit,
                                SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sched_yield};
static const int memory_list[] = {SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise,
                                  SYS_mprotect, SYS_brk};

static void restrict_to(unsigned refused)
{
    struct sock_filter code[64];
    int n = 0;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                             offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < sizeof base_list / sizeof base_list[0]; i++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                 (unsigned)base_list[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    for (size_t i = 0; i < 6; i++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                 (unsigned)memory_list[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, refused & 1u << i ?
                                                 SECCOMP_RET_ERRNO | EPERM :
                                                 SECCOMP_RET_ALLOW);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    struct sock_fprog program = {(unsigned short)n, code};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
                &program) != 0)
        SKIP("seccomp: %s", strerror(errno));
}

static pthread_barrier_t barrier;
static unsigned refused_now;

static void work(void)
{
    void *held[128] = {0};
    uint64_t seed = 31;
    for (int i = 0; i < 6000; i++) {
        uint64_t r = check_random(&seed);
        void **slot = &held[r % 128], *p;
        size_t size = (r >> 20) % ((r & 7) ? 4000 : (r & 8) ? 150000 : 9000000) + 1;
        errno = 0;
        if (r & 1024) {
            free(*slot);
            p = *slot = r & 2048 ? calloc(1, size) : memalign(256, size);
        } else if ((p = realloc(*slot, size)) != NULL)
            *slot = p;
        if (!p)
            CHECKF(errno == ENOMEM, "NULL with errno %d", errno);
        if (!p && !refused_now)
            CHECKF(0, "NULL although nothing is refused");
        if (p)
            ((char *)p)[size - 1] = 1;
        if (i == 3000)
            malloc_trim(0);
    }
    errno = 12345;
    for (int i = 0; i < 128; i++)
        free(held[i]);
    CHECKF(errno == 12345, "free changed errno to %d", errno);
    malloc_trim(0);
}

static void *thread_main(void *arg)
{
    free(malloc(10));
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    work();
    syscall(SYS_exit, 0);
    return arg;
}

static void sandboxed(void *arg)
{
    refused_now = *(unsigned *)arg;
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    CHECK(pthread_create(&thread, NULL, thread_main, NULL) == 0);
    void *before = malloc(5 << 20);
    check_every_size(100000);
    pthread_barrier_wait(&barrier);
    restrict_to(refused_now);
    pthread_barrier_wait(&barrier);
    work();
    free(before);
    _exit(0);
}

int main(void)
{
    check_watchdog(40);
    unsigned refuse[] = {0, 1, 2, 4, 8, 16, 32, 2 | 4 | 8 | 16, 63};
    for (size_t i = 0; i < sizeof refuse / sizeof refuse[0]; i++) {
        char output[600];
        int status = check_child(sandboxed, &refuse[i], output, sizeof output, 15);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
            SKIP("%s", output);
        CHECKF(status == 0, "refusing set %u of {mmap munmap mremap madvise mprotect brk}: "
               "%s%s %s", refuse[i], check_status(status),
               WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ?
               " (a system call outside the list)" : "", output);
    }
    return 0;
}
