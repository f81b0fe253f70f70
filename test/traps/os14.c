/* T-os14: rseq.  We work when glibc does not register it (tunable off), and never own it:
 * the program can still register an area of its own, in old and new threads. */
#include "check.h"
#include <pthread.h>
#include <sys/syscall.h>

struct area { uint32_t cpu_id_start, cpu_id; uint64_t rseq_cs; uint32_t flags, pad[3]; }
    __attribute__((aligned(32)));
static __thread struct area area;

static void *registers(void *arg)
{
    check_every_size(1 << 20);
    long result = syscall(SYS_rseq, &area, 32, 0, 0x53053053);
    if (result != 0 && errno == ENOSYS)
        SKIP("no rseq in this kernel");
    CHECKF(result == 0, "rseq is taken: %s", strerror(errno));
    check_every_size(1 << 20);
    CHECK(syscall(SYS_rseq, &area, 32, 1, 0x53053053) == 0);
    return arg;
}

int main(int argc, char **argv)
{
    check_watchdog(20);
    check_every_size(1 << 20);
    if (argc == 1) {
        setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
        execl("/proc/self/exe", argv[0], "off", (char *)NULL);
        CHECK(0);
    }
    registers(NULL);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, registers, NULL) == 0);
    pthread_join(thread, NULL);
    return 0;
}
