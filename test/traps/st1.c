/* T-st1: a static program with malloc, fork, getaddrinfo, qsort, printf, threads,
 * getline, open_memstream, iconv-free locale. */
// run: static, static-pie
// cflags: -w
#include "check.h"
#include <netdb.h>
#include <pthread.h>

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, 4);
}

static void *thread_main(void *arg)
{
    check_every_size(1 << 20);
    return strdup(arg);
}

int main(void)
{
    check_watchdog(30);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found = NULL;
    CHECK(getaddrinfo("127.0.0.1", "80", &hints, &found) == 0);
    freeaddrinfo(found);

    static char items[5000][64];
    uint64_t seed = 5;
    for (int i = 0; i < 5000; i++) {
        uint64_t r = check_random(&seed);
        memcpy(items[i], &r, 8);
    }
    qsort(items, 5000, 64, compare);            /* large: allocates */
    for (int i = 1; i < 5000; i++)
        CHECK(memcmp(items[i - 1], items[i], 4) <= 0);

    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    CHECK(out);
    CHECK(fprintf(out, "%5000d %.3000f\n", 7, 1.0 / 3) > 7000);
    fclose(out);
    CHECK(size > 7000);
    FILE *in = fmemopen(text, size, "r");
    char *line = NULL;
    size_t room = 0;
    CHECK(getline(&line, &room, in) == (ssize_t)size);
    fclose(in);
    free(line);
    free(text);

    pthread_t thread[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&thread[i], NULL, thread_main, "hello") == 0);
    for (int i = 0; i < 4; i++) {
        void *result;
        CHECK(pthread_join(thread[i], &result) == 0);
        CHECK(strcmp(result, "hello") == 0);
        free(result);
    }
    for (int i = 0; i < 20; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            alarm(10);
            check_every_size(1 << 20);
            exit(0);
        }
        int status;
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    }
    return 0;
}
