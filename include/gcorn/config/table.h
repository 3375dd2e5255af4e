/* SPDX-License-Identifier: MIT */
/*
 * A row of the settings table, for those who walk it: option parsing, help, docs, the Python
 * reader.
 */
#ifndef GCORN_CONFIG_TABLE_H
#define GCORN_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcorn/base/slice.h>
#include <gcorn/config/kinds.h>
#include <gcorn/config/settings.h>

/* What becomes of a setting in this version. */
enum gcn_status {
    GCN_READY,
    GCN_MISSING,   /* any value but the default stops the start: "not in this version: <reason>" */
    GCN_POINTLESS, /* accepted; one notice at level info with the reason */
};

/* What a changed value costs. */
enum gcn_applies {
    GCN_APPLY_RELOAD,  /* HUP: new workers have it */
    GCN_APPLY_RESTART, /* only a new start, or USR2 */
};

enum gcn_trait {
    GCN_TRAIT_OWN = 1 << 0,            /* gcorn's own: gunicorn has no such setting */
    GCN_TRAIT_NEGATIVE = 1 << 1,       /* the flag stores false (--no-sendfile) */
    GCN_TRAIT_NOT_NEGATABLE = 1 << 2,  /* no --no-x besides --x */
    GCN_TRAIT_OPTIONAL_VALUE = 1 << 3, /* the flag may stand without a value: .bare */
    GCN_TRAIT_PAIRS = 1 << 4,          /* a LIST of KEY=VALUE: a map is taken too */
    GCN_TRAIT_ANY_BASE = 1 << 5,       /* the flag takes 0x, 0o and 0b numbers */
    GCN_TRAIT_LENIENT = 1 << 6,        /* an unknown choice is a warning and the default */
    GCN_TRAIT_EXACT_CASE = 1 << 7,     /* choices are compared as they are written */
    GCN_TRAIT_ADDRESS = 1 << 8,        /* each item is an address to listen on */
    GCN_TRAIT_EXISTS = 1 << 9,         /* each path without a wildcard must exist */
    GCN_TRAIT_NEVER_NONE = 1 << 10,    /* None means the default */
};

/* Process lifetime. Columns that are absent in settings.def are zero. */
struct gcn_setting {
    const char *name;
    enum gcn_setting_id id;
    enum gcn_kind kind;
    size_t offset; /* of the member in struct gcn_settings */
    const char *section;
    const char *flags;          /* "-w --workers"; NULL: only in a config file */
    const char *metavar;        /* what the value is called in the help; NULL: by kind */
    const char *fallback;       /* the default as text; NULL: None, or empty */
    const char *fallback_shown; /* how docs show a default that depends on the machine */
    const char *env;            /* a variable that, if set, is the default */
    const char *env_prefix;     /* put before the variable's value */
    const char *choices;        /* ENUM, CSV: the allowed words, separated by blanks */
    const char *synonyms;       /* ENUM: further words, "word=choice" */
    const char *bare;           /* the value of a flag without one */
    const char *alias;          /* another key for YAML files */
    int64_t min, max;           /* of numbers; max 0: no limit */
    int min_args, max_args;     /* HOOK: positional parameters */
    enum gcn_status status;
    const char *reason; /* MISSING: what is missing; POINTLESS: why it has no effect */
    enum gcn_applies applies;
    unsigned traits; /* of enum gcn_trait */
    const char *help;
    const char *more; /* further paragraphs for the reference; NULL: none */
};

/* The row of `id`, which is valid. */
const struct gcn_setting *gcn_setting_get(enum gcn_setting_id id);

/* The row called `name`, or NULL. */
const struct gcn_setting *gcn_setting_find(struct gcn_slice name);

#endif
