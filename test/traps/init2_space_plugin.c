/* Code for another namespace: hands out blocks of that namespace's malloc. */
#include <stdlib.h>
void *space_malloc(size_t n);
void space_free(void *p);
void *space_malloc(size_t n) { return malloc(n); }
void space_free(void *p) { free(p); }
