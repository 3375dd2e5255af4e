/* SPDX-License-Identifier: MIT */
/*
 * malloc with the only sensible answer to NULL for a supervised process: say so and end.
 */
#include <gcorn/base/mem.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gcorn/base/die.h>

void *gcn_alloc(size_t size)
{
    void *ptr = malloc(size == 0 ? 1 : size);
    if (ptr == NULL) {
        gcn_die("out of memory (%zu bytes asked for)", size);
    }
    return ptr;
}

void *gcn_alloc_zero(size_t count, size_t size)
{
    void *ptr = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);
    if (ptr == NULL) {
        gcn_die("out of memory (%zu times %zu bytes asked for)", count, size);
    }
    return ptr;
}

void *gcn_realloc(void *ptr, size_t size)
{
    void *moved = realloc(ptr, size == 0 ? 1 : size);
    if (moved == NULL) {
        gcn_die("out of memory (%zu bytes asked for)", size);
    }
    return moved;
}

char *gcn_strndup(const char *text, size_t len)
{
    GCN_ASSERT(len < SIZE_MAX);
    char *copy = gcn_alloc(len + 1);
    if (len > 0) {
        memcpy(copy, text, len);
    }
    copy[len] = '\0';
    return copy;
}

char *gcn_strdup(const char *text)
{
    return gcn_strndup(text, strlen(text));
}

void gcn_free(void *ptr)
{
    free(ptr);
}
