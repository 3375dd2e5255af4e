/* SPDX-License-Identifier: MIT */
/*
 * Paths as text.
 */
#include "path.h"

#include <string.h>

/* Append the components of `path` to `out`, which holds `len` bytes without a trailing slash. */
static size_t append_components(char *out, size_t len, struct gcn_slice path)
{
    struct gcn_slice part;

    while (path.len > 0) {
        gcn_slice_cut(path, '/', &part, &path);
        if (part.len == 0 || gcn_slice_equal(part, GCN_SLICE("."))) {
            continue;
        }
        if (gcn_slice_equal(part, GCN_SLICE(".."))) {
            while (len > 0 && out[--len] != '/') {
            }
            continue;
        }
        out[len++] = '/';
        memcpy(out + len, part.ptr, part.len);
        len += part.len;
    }
    return len;
}

const char *gcn_path_absolute(struct gcn_arena *arena, const char *base, struct gcn_slice path)
{
    bool is_absolute = path.len > 0 && path.ptr[0] == '/';
    char *out = gcn_arena_alloc(arena, strlen(base) + path.len + 3);
    size_t len = 0;

    if (!is_absolute) {
        len = append_components(out, len, gcn_slice_of(base));
    }
    len = append_components(out, len, path);
    if (len == 0) {
        out[len++] = '/';
    }
    out[len] = '\0';
    return out;
}
