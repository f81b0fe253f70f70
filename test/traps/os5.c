/* T-os5: transparent huge pages as the machine has them, and switched off for the process
 * by prctl: works, and a small program stays small (below 12 MiB) in every case. */
// run: none
#include "check.h"
#include <sys/prctl.h>

static void run(void *arg)
{
    if (*(int *)arg == 1)
        CHECK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
    setenv("LD_PRELOAD", check_preload(), 1);
    execl("/proc/self/exe", "os5", "inner", (char *)NULL);
    _exit(9);
}

int main(int argc, char **argv)
{
    check_watchdog(30);
    if (argc > 1) {
        (void)argv;
        static char *block[40000];
        for (int i = 0; i < 2000; i++)
            CHECK((block[i] = calloc(1, 200)) != NULL);
        CHECKF(check_rss_kb() < 12 << 10, "a small program has %ld KiB", check_rss_kb());
        long small = check_rss_kb();
        for (int i = 2000; i < 40000; i++) {
            CHECK((block[i] = malloc(2000)) != NULL);
            memset(block[i], 1, 2000);
        }
        CHECKF(check_rss_kb() - small < 120 << 10, "%ld KiB for 76 MB", check_rss_kb());
        for (int i = 0; i < 40000; i++)
            free(block[i]);
        return 0;
    }
    for (int i = 0; i < 2; i++) {
        char output[500];
        int status = check_child(run, &i, output, sizeof output, 15);
        CHECKF(status == 0, "case %d: %s %s", i, check_status(status), output);
    }
    return 0;
}
