/* T-st2: a static program that refers to every function of the family links, and does
 * not pull libc's own malloc beside ours (`_int_malloc` would show). */
// run: static, static-pie
// cflags: -w
#include "check.h"
#include <malloc.h>

void free_sized(void *, size_t);
void free_aligned_sized(void *, size_t, size_t);

int main(void)
{
    check_watchdog(20);
    free(malloc(10));
    free(calloc(1, 10));
    free(realloc(NULL, 10));
    free(reallocarray(NULL, 10, 10));
    free(memalign(64, 10));
    free(aligned_alloc(64, 64));
    free(valloc(10));
    free(pvalloc(10));
    void *p = NULL;
    CHECK(posix_memalign(&p, 64, 100) == 0);
    CHECK(malloc_usable_size(p) >= 100);
    free_aligned_sized(p, 64, 100);
    free_sized(malloc(30), 30);
    struct mallinfo a = mallinfo();
    struct mallinfo2 b = mallinfo2();
    (void)a, (void)b;
    mallopt(M_TRIM_THRESHOLD, 100000);
    malloc_trim(0);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    CHECK(malloc_info(0, out) == 0);
    fclose(out);
    CHECK(strstr(text, "<malloc"));
    free(text);
    fclose(stderr);
    malloc_stats();

    FILE *symbols = popen("nm /proc/$PPID/exe 2>/dev/null", "r");
    char line[4096];
    int seen = 0;
    while (symbols && fgets(line, sizeof line, symbols)) {
        seen++;
        if (strstr(line, " _int_malloc") || strstr(line, " ptmalloc_init")) {
            puts("libc's malloc was linked as well");
            return 1;
        }
    }
    if (symbols)
        pclose(symbols);
    if (seen < 100)
        puts("no symbols were seen");
    return seen < 100;
}
