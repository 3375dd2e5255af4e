/* SPDX-License-Identifier: MIT */
/*
 * Ending the process when the program itself is wrong. No logging here: the log may be what broke.
 */
#include <gcorn/base/die.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void gcn_die(const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    dprintf(STDERR_FILENO, "gcorn: %s\n", text);
    abort();
}
