/* SPDX-License-Identifier: MIT */
/*
 * A small direct-mapped table from bytes to a str made from them, for texts that come again and
 * again: header names, methods, peer addresses. Its size is fixed, so that a client that invents
 * texts costs others a miss and nobody memory.
 */
#ifndef GCORN_PYTHON_CACHE_H
#define GCORN_PYTHON_CACHE_H

#include "py.h"

#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/slice.h>

enum {
    GCN_PY_CACHE_SLOTS = 256,
    GCN_PY_CACHE_KEY_BYTES = 40,
    GCN_PY_PORT_SLOTS = 1024,
    GCN_PY_PORT_BYTES = 8,
};

/* A new str for `key`, or NULL with an exception. */
typedef PyObject *(*gcn_py_cache_make_fn)(struct gcn_slice key);

/* Process. {.make = fn} is an empty table. */
struct gcn_py_cache {
    gcn_py_cache_make_fn make;
    struct {
        PyObject *value; /* owned; NULL: free */
        uint8_t len;
        char key[GCN_PY_CACHE_KEY_BYTES];
    } slots[GCN_PY_CACHE_SLOTS];
};

/*
 * The str for `key`: a new reference to the one in the table, or a new one, which then takes the
 * place of what was there. Keys longer than GCN_PY_CACHE_KEY_BYTES are made anew each time. NULL
 * with an exception. GIL: held.
 */
PyObject *gcn_py_cache_get(struct gcn_py_cache *cache, struct gcn_slice key);

/*
 * The same for ports, of which a server sees as many at a time as it has connections: wide, and
 * compared as a number. {0} is an empty table.
 */
struct gcn_py_ports {
    struct {
        PyObject *value; /* owned; NULL: free */
        uint64_t text;
    } slots[GCN_PY_PORT_SLOTS];
};

/*
 * The str for `port`, a text that NULs fill up to its size. Borrowed until the next call; NULL with
 * an exception. GIL: held.
 */
PyObject *gcn_py_ports_peek(struct gcn_py_ports *ports, const char port[GCN_PY_PORT_BYTES]);

/* Drop everything, as with the other table. GIL: held. */
void gcn_py_ports_clear(struct gcn_py_ports *ports);

/* Drop everything; the table is empty and usable afterwards. GIL: held. */
void gcn_py_cache_clear(struct gcn_py_cache *cache);

#endif
