/* T-init6: our start and option parser depend on no locale table and no environment
 * that is odd: a Turkish locale, an empty environment, one of 100,000 variables. */
// run: none
#include "check.h"

static void run(void *arg)
{
    char preload[4200], *two[] = {preload, "LC_ALL=tr_TR.UTF-8", "LANG=xx", NULL};
    char *one[] = {preload, NULL};
    static char *many[30002];
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", check_preload());
    char **env = one;
    if (*(int *)arg == 1)
        env = two;
    if (*(int *)arg == 2) {
        many[0] = preload;
        for (int i = 1; i < 30001; i++)
            CHECK(asprintf(&many[i], "VARIABLE_%d=some text%d", i, i) > 0);
        env = many;
    }
    if (*(int *)arg == 3) {                     /* malformed: no '=', empty strings */
        static char *odd[] = {"", "=", "ACRE_OPTIONS", "=ACRE_OPTIONS=", NULL, NULL};
        odd[4] = preload;
        env = odd;
    }
    char *args[] = {"init6", "inner", NULL};
    execve("/proc/self/exe", args, env);
    _exit(9);
}

int main(int argc, char **argv)
{
    check_watchdog(30);
    if (argc > 1) {
        (void)argv;
        check_every_size(100000);
        return 0;
    }
    for (int i = 0; i < 4; i++) {
        char output[1000];
        int status = check_child(run, &i, output, sizeof output, 10);
        CHECKF(status == 0, "environment %d: %s\n%s", i, check_status(status), output);
        CHECKF(output[0] == 0, "environment %d: wrote: %s", i, output);
    }
    return 0;
}
