/* SPDX-License-Identifier: MIT */
/*
 * From a field's name to its key in the environ, by way of a table of the names seen so far, in the
 * spelling in which they came.
 */
#include "header_key.h"

#include <string.h>

#include "cache.h"
#include "state.h"

/* An interned str lives for ever in some CPythons, so a client cannot be let to have many made. */
enum { MAX_INTERNED = 512 };

static PyObject *make_key(struct gcn_slice name);

/* Process. GIL: held. */
static struct {
    struct gcn_py_cache known;
    int interned;
} keys = {.known = {.make = make_key}};

static char key_byte(char byte)
{
    if (byte == '-') {
        return '_';
    }
    return byte >= 'a' && byte <= 'z' ? (char)(byte - ('a' - 'A')) : byte;
}

static PyObject *make_key(struct gcn_slice name)
{
    static const char prefix[] = "HTTP_";
    const size_t prefix_len = sizeof(prefix) - 1;

    if (gcn_slice_equal_nocase(name, GCN_SLICE("content-type"))) {
        return Py_NewRef(gcn_py.names.content_type);
    }
    if (gcn_slice_equal_nocase(name, GCN_SLICE("content-length"))) {
        return Py_NewRef(gcn_py.names.content_length);
    }
    PyObject *key = PyUnicode_New((Py_ssize_t)(prefix_len + name.len), 127); /* a token is ASCII */
    if (key == NULL) {
        return NULL;
    }
    char *out = (char *)PyUnicode_1BYTE_DATA(key);
    memcpy(out, prefix, prefix_len);
    for (size_t i = 0; i < name.len; i++) {
        out[prefix_len + i] = key_byte(name.ptr[i]);
    }
    if (keys.interned < MAX_INTERNED) {
        PyUnicode_InternInPlace(&key); /* the app asks for it by a literal, which is interned too */
        keys.interned++;
    }
    return key;
}

PyObject *gcn_py_header_key(struct gcn_slice name)
{
    return gcn_py_cache_get(&keys.known, name);
}

void gcn_py_header_keys_finish(void)
{
    gcn_py_cache_clear(&keys.known);
}
