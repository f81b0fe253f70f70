/* class.c -- the tables of class.h. */
#include "core/class.h"

#define AC_CLASS_TABLES
#include "core/class_tables.inc"
