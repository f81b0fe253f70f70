/* Carries a copy of the allocator of its own, bound to itself. */
#include <stdlib.h>
void *plugin_malloc(size_t n);
void plugin_free(void *p);
void *plugin_malloc(size_t n) { return malloc(n); }
void plugin_free(void *p) { free(p); }
