/* SPDX-License-Identifier: MIT */
/*
 * The parts of a request's address that only the environ needs.
 */
#include "url.h"

#include <gcorn/base/parse.h>

#include "state.h"

/* Writes at most text.len bytes to `out`. Returns how many. */
static size_t unquote(char *out, struct gcn_slice text)
{
    size_t used = 0;

    for (size_t i = 0; i < text.len; i++) {
        int high = text.ptr[i] == '%' && text.len - i > 2 ? gcn_hex_digit(text.ptr[i + 1]) : -1;
        int low = high < 0 ? -1 : gcn_hex_digit(text.ptr[i + 2]);
        if (low < 0) {
            out[used++] = text.ptr[i];
        } else {
            out[used++] = (char)(high * 16 + low);
            i += 2;
        }
    }
    return used;
}

PyObject *gcn_url_unquote(struct gcn_slice text)
{
    if (gcn_slice_index(text, '%') == text.len) {
        return gcn_py_str(text);
    }
    char *bytes = PyMem_Malloc(text.len);
    if (bytes == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *result = gcn_py_str((struct gcn_slice){bytes, unquote(bytes, text)});
    PyMem_Free(bytes);
    return result;
}

void gcn_url_split_host(struct gcn_slice host, struct gcn_slice *name, struct gcn_slice *port)
{
    size_t skip = 0;

    if (host.len > 0 && host.ptr[0] == '[') {
        skip = gcn_slice_index(host, ']');
    }
    struct gcn_slice rest = {host.ptr + skip, host.len - skip};
    struct gcn_slice head;
    gcn_slice_cut(rest, ':', &head, port);
    *name = (struct gcn_slice){host.ptr, skip + head.len};
}
