/* version.h -- the version of acre that a program was compiled against. */
#ifndef ACRE_VERSION_H
#define ACRE_VERSION_H

#define ACRE_VERSION_MAJOR 0
#define ACRE_VERSION_MINOR 1
#define ACRE_VERSION_PATCH 0
#define ACRE_VERSION_STRING "0.1.0"
/* One number to compare: 1,002,003 is 1.2.3. */
#define ACRE_VERSION                                                            \
    (ACRE_VERSION_MAJOR * 1000000 + ACRE_VERSION_MINOR * 1000 + ACRE_VERSION_PATCH)

#endif
