/* Takes 256 bytes of the loader's spare static TLS. */
__thread char filler[256] __attribute__((tls_model("initial-exec")));
char *fill(void);
char *fill(void) { return filler; }
