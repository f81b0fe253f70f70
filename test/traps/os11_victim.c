#include "check.h"
#include <sys/auxv.h>
int main(void)
{
    check_watchdog(10);
    if (!getauxval(AT_SECURE))
        SKIP("not AT_SECURE");
    check_every_size(1 << 20);
    return 0;
}
