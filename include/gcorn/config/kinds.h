/* SPDX-License-Identifier: MIT */
/*
 * The kinds of settings: how each is held in struct gcn_settings. What text each accepts is in
 * src/config/kinds.c; the rows are in settings.def.
 */
#ifndef GCORN_CONFIG_KINDS_H
#define GCORN_CONFIG_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Settings generation: everything these point to lives in its arena, unless said otherwise. */
struct gcn_strings {
    const char *const *items; /* n strings; NULL when n is 0 */
    size_t n;
};

struct gcn_pair {
    const char *key;
    const char *value;
};

struct gcn_pairs {
    const struct gcn_pair *items; /* in the order they were written */
    size_t n;
};

/*
 * Something that lives in Python: a hook, a class, a dictionary of any shape. Both NULL: not set.
 */
struct gcn_pyref {
    const char *text; /* "module:name" or "pkg.mod.attr"; of a TREE: JSON; else the object's name */
    void *object;     /* borrowed from the configuration reader; NULL: to be found by `text` */
};

enum gcn_kind {
    GCN_KIND_BOOL,
    GCN_KIND_INT,
    GCN_KIND_SECONDS, /* whole seconds */
    GCN_KIND_MILLIS,  /* written in seconds, fractions allowed; held in milliseconds */
    GCN_KIND_SIZE,    /* bytes; written with K, M, G (powers of 1024) or without */
    GCN_KIND_MODE,    /* permission bits */
    GCN_KIND_USER,    /* uid */
    GCN_KIND_GROUP,   /* gid */
    GCN_KIND_ENUM,    /* index of the choice */
    GCN_KIND_STRING,  /* NULL is None */
    GCN_KIND_PATH,    /* as STRING, but an empty one is None */
    GCN_KIND_DIR,     /* an existing directory, made absolute */
    GCN_KIND_LIST,    /* strings; the flag may be repeated */
    GCN_KIND_CSV,     /* strings, written as one with commas */
    GCN_KIND_ADDRS,   /* as CSV: "*", addresses and networks */
    GCN_KIND_DICT,    /* strings to strings */
    GCN_KIND_TREE,    /* a dictionary of any shape */
    GCN_KIND_HOOK,    /* a Python callable */
    GCN_KIND_CLASS,   /* a Python class or its name */
    GCN_KIND_ANY,     /* accepted and ignored; held as text */
};

#define GCN_CTYPE_BOOL    bool
#define GCN_CTYPE_INT     int64_t
#define GCN_CTYPE_SECONDS int64_t
#define GCN_CTYPE_MILLIS  int64_t
#define GCN_CTYPE_SIZE    int64_t
#define GCN_CTYPE_MODE    int64_t
#define GCN_CTYPE_USER    int64_t
#define GCN_CTYPE_GROUP   int64_t
#define GCN_CTYPE_ENUM    int
#define GCN_CTYPE_STRING  const char *
#define GCN_CTYPE_PATH    const char *
#define GCN_CTYPE_DIR     const char *
#define GCN_CTYPE_LIST    struct gcn_strings
#define GCN_CTYPE_CSV     struct gcn_strings
#define GCN_CTYPE_ADDRS   struct gcn_strings
#define GCN_CTYPE_DICT    struct gcn_pairs
#define GCN_CTYPE_TREE    struct gcn_pyref
#define GCN_CTYPE_HOOK    struct gcn_pyref
#define GCN_CTYPE_CLASS   struct gcn_pyref
#define GCN_CTYPE_ANY     const char *

#endif
