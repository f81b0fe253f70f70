/* measure.c -- run a program under some malloc and say what it cost.
 *
 *   measure [--preload LIB] [--repeat N] [--stdin FILE] [--stdout FILE]
 *           --report FILE -- PROGRAM ARGUMENTS...
 *
 * Only PROGRAM and its children get LD_PRELOAD.  FILE receives one line of JSON:
 * exit status, user and system time and page faults of the whole tree, elapsed
 * time, and the largest peak RSS of any process in the tree.
 *
 * It is linked statically and allocates nothing: Linux counts the parent's pages
 * at the fork in a child's peak RSS, so a large parent (Python) hides a small child.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct measure_job {
    const char *preload, *input, *output, *report;
    unsigned long repeat;
    char **argv;
};

static double measure_seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static double measure_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void measure_redirect(const char *path, int flags, int to)
{
    int fd;

    if (path == NULL)
        return;
    fd = open(path, flags, 0644);
    if (fd < 0 || dup2(fd, to) < 0) {
        perror(path);
        _exit(126);
    }
    close(fd);
}

_Noreturn static void measure_child(const struct measure_job *job)
{
    measure_redirect(job->input, O_RDONLY, 0);
    measure_redirect(job->output, O_WRONLY | O_CREAT | O_TRUNC, 1);
    if (job->preload != NULL && setenv("LD_PRELOAD", job->preload, 1) != 0)
        _exit(126);
    execvp(job->argv[0], job->argv);
    perror(job->argv[0]);
    _exit(127);
}

/* Run once; the exit status, or 128 + the signal that ended the program. */
static int measure_once(const struct measure_job *job)
{
    pid_t pid = fork();
    int status;

    if (pid == 0)
        measure_child(job);
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        perror("measure");
        exit(126);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int measure_report(const char *path, int status, double wall)
{
    struct rusage r;
    char text[512];
    int fd, n;

    getrusage(RUSAGE_CHILDREN, &r);
    n = snprintf(text, sizeof text,
                 "{\"status\": %d, \"cpu_s\": %.6f, \"user_s\": %.6f, \"sys_s\": %.6f, "
                 "\"wall_s\": %.6f, \"rss_kb\": %ld, \"minor\": %ld, \"major\": %ld}\n",
                 status, measure_seconds(r.ru_utime) + measure_seconds(r.ru_stime),
                 measure_seconds(r.ru_utime), measure_seconds(r.ru_stime), wall,
                 r.ru_maxrss, r.ru_minflt, r.ru_majflt);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, text, (size_t)n) != n || close(fd) != 0) {
        perror(path);
        return 126;
    }
    return 0;
}

static int measure_parse(struct measure_job *job, int argc, char **argv)
{
    int i = 1;

    for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
        if (strcmp(argv[i], "--preload") == 0)
            job->preload = argv[i + 1];
        else if (strcmp(argv[i], "--stdin") == 0)
            job->input = argv[i + 1];
        else if (strcmp(argv[i], "--stdout") == 0)
            job->output = argv[i + 1];
        else if (strcmp(argv[i], "--report") == 0)
            job->report = argv[i + 1];
        else if (strcmp(argv[i], "--repeat") == 0)
            job->repeat = strtoul(argv[i + 1], NULL, 10);
        else
            return 0;
    }
    job->argv = argv + i + 1;
    return i + 1 < argc && job->report != NULL;
}

int main(int argc, char **argv)
{
    struct measure_job job = {NULL, NULL, NULL, NULL, 1, NULL};
    double start;
    int status = 0;

    if (!measure_parse(&job, argc, argv)) {
        fputs("usage: measure [--preload LIB] [--repeat N] [--stdin FILE] "
              "[--stdout FILE] --report FILE -- PROGRAM ARGUMENTS...\n",
              stderr);
        return 125;
    }
    start = measure_now();
    for (unsigned long i = 0; i < job.repeat && status == 0; i++)
        status = measure_once(&job);
    return measure_report(job.report, status, measure_now() - start);
}
