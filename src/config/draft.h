/* SPDX-License-Identifier: MIT */
/*
 * A generation in the making: takes the values of the layers, keeps where each came from, and
 * collects every error instead of stopping at the first.
 */
#ifndef GCORN_CONFIG_DRAFT_H
#define GCORN_CONFIG_DRAFT_H

#include <stdbool.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/compiler.h>
#include <gcorn/config/load.h>
#include <gcorn/config/table.h>

#include "value.h"

/* Lifetime: the load. */
struct gcn_draft {
    struct gcn_settings *settings; /* owned until the load succeeds */
    const struct gcn_load_request *request;
    const char *venv; /* of command line or variable: a config file runs in it; NULL if unset */
    struct gcn_buf errors;      /* one a line */
    int exit_code;              /* 0: no error so far */
    struct gcn_notice *notices; /* owned, grows */
    size_t n_notices;
};

/* Where values come from while one layer is applied. */
struct gcn_place {
    enum gcn_layer layer;
    enum gcn_dialect dialect;
    const char *text; /* "gcorn.yaml:12:3", "--workers"; NULL: the table's default */
};

/* A generation with nothing set; `request` is borrowed until gcn_draft_finish. */
void gcn_draft_init(struct gcn_draft *draft, const struct gcn_load_request *request);

/* Frees what is left; a finished generation was taken with gcn_draft_take. */
void gcn_draft_finish(struct gcn_draft *draft);

/* The generation, which belongs to the caller now. There must be no error. */
struct gcn_settings *gcn_draft_take(struct gcn_draft *draft);

/* Set a value over what a lower layer said; a wrong one is recorded as an error. */
void gcn_draft_set(struct gcn_draft *draft, const struct gcn_setting *row,
                   const struct gcn_value *value, const struct gcn_place *place);

/* Record an error: one line, "<layer>, <place>: " before the text. `code` is an enum gcn_exit. */
GCN_PRINTF(4, 5)
void gcn_draft_error(struct gcn_draft *draft, int code, const struct gcn_place *place,
                     const char *fmt, ...);

/* Record something to be logged later. */
GCN_PRINTF(3, 4)
void gcn_draft_notice(struct gcn_draft *draft, enum gcn_log_level level, const char *fmt, ...);

/* A copy of the text that lives as long as the generation. */
const char *gcn_draft_copy(struct gcn_draft *draft, struct gcn_slice text);
GCN_PRINTF(2, 3) const char *gcn_draft_format(struct gcn_draft *draft, const char *fmt, ...);

/* The member of `row`. */
void *gcn_draft_member(struct gcn_draft *draft, const struct gcn_setting *row);

/* "command line", "environment", "config file", "default". */
const char *gcn_layer_name(enum gcn_layer layer);

#endif
