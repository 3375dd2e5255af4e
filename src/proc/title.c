/* SPDX-License-Identifier: MIT */
/*
 * Linux shows as a process's arguments what stands in the memory that it started with, and lets it
 * be written. There is room for as much as the arguments and the environment took together.
 */
#include <gcorn/proc/title.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/base/mem.h>

/* Process. */
static struct {
    char *area; /* where the kernel put argv; NULL before init */
    size_t size;
    char **args;      /* the copies, kept for good: whoever has read a variable may still point to it, */
    char **variables; /* also after it was unset and glibc has moved on to an array of its own */
} title;

/* Grow the run of adjacent strings that ends at *end by those of `list` that continue it. */
static void span(char **list, const char **end)
{
    for (; *list != NULL && *list == *end; list++) {
        *end = *list + strlen(*list) + 1;
    }
}

/* A copy of `list` and its strings in one block. */
static char **copy_list(char **list)
{
    size_t n = 0;
    size_t bytes = 0;

    for (; list[n] != NULL; n++) {
        bytes += strlen(list[n]) + 1;
    }
    char **copy = gcn_alloc((n + 1) * sizeof(*copy) + bytes);
    char *text = (char *)(copy + n + 1);
    for (size_t i = 0; i < n; i++) {
        copy[i] = text;
        text = stpcpy(text, list[i]) + 1;
    }
    copy[n] = NULL;
    return copy;
}

char **gcn_title_init(int argc, char **argv)
{
    if (argc == 0 || title.area != NULL) {
        return argv;
    }
    const char *end = argv[0];
    span(argv, &end);
    if (environ != NULL) {
        span(environ, &end);
        environ = title.variables = copy_list(environ);
    }
    title.args = copy_list(argv);
    title.area = argv[0];
    title.size = (size_t)(end - argv[0]);
    return title.args;
}

void gcn_title_set(const char *fmt, ...)
{
    char text[256];
    va_list args;

    if (title.size == 0) {
        return;
    }
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
    if (len > title.size - 1) {
        len = title.size - 1;
    }
    memcpy(title.area, text, len);
    memset(title.area + len, 0, title.size - len);
}
