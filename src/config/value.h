/* SPDX-License-Identifier: MIT */
/*
 * A value as a layer wrote it, before its setting's kind has read it.
 */
#ifndef GCORN_CONFIG_VALUE_H
#define GCORN_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/slice.h>

enum gcn_value_type {
    GCN_VALUE_NONE,
    GCN_VALUE_BOOL,
    GCN_VALUE_INT,
    GCN_VALUE_TEXT,
    GCN_VALUE_LIST,
    GCN_VALUE_DICT,
    GCN_VALUE_OBJECT,
};

/* Who wrote the value: decides what text may stand for a number, a truth, a list. */
enum gcn_dialect {
    GCN_DIALECT_TEXT, /* the command line, variables, the table's own defaults */
    GCN_DIALECT_YAML, /* every scalar is text; `plain` tells whether it was quoted */
    GCN_DIALECT_PYTHON,
};

/* Lifetime: the load it belongs to. Everything it points to is borrowed. */
struct gcn_value {
    enum gcn_value_type type;
    bool plain;                           /* TEXT of YAML: not quoted */
    int line, column;                     /* from 1; 0 if not known */
    int64_t number;                       /* BOOL, INT */
    struct gcn_slice text;                /* TEXT; OBJECT: its name for people */
    void *object;                         /* OBJECT */
    const struct gcn_value *const *items; /* LIST: n values. DICT: n keys and values in turn */
    size_t n;
    size_t weight; /* nodes of this value, a shared one counted each time */
};

/* A text, borrowed, as a value. */
static inline struct gcn_value gcn_value_of_text(struct gcn_slice text)
{
    return (struct gcn_value){.type = GCN_VALUE_TEXT, .text = text, .weight = 1};
}

/* True for None, and for a YAML scalar that stands for it: ~, null or nothing. */
bool gcn_value_is_none(const struct gcn_value *value);

/*
 * True with *truth set if `text` is a word for a truth in this dialect, in any case: true and
 * false, and in YAML also yes, no, on and off.
 */
bool gcn_truth_parse(enum gcn_dialect dialect, struct gcn_slice text, bool *truth);

/* Append the value as a message shows it: "four" in quotes, numbers bare, long text cut. */
void gcn_value_show(const struct gcn_value *value, struct gcn_buf *out);

/* Append `text` in double quotes with control bytes and quotes escaped, cut after 80 bytes. */
void gcn_text_show(struct gcn_slice text, struct gcn_buf *out);

/* `text` without white space (as Python's str.strip has it, for ASCII) at either end. */
struct gcn_slice gcn_text_strip(struct gcn_slice text);

#endif
