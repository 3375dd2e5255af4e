/* SPDX-License-Identifier: MIT */
/*
 * Why a request is refused: one row a rule in policy.c, with a stable code, the status it costs the
 * client, the clause it comes from and the setting that relaxes it.
 */
#ifndef GCORN_HTTP_REFUSAL_H
#define GCORN_HTTP_REFUSAL_H

/* 0 is "go on"; the others are rows of policy.c. The list itself is in refusal.def. */
enum gcn_refusal {
    GCN_REFUSE_NOTHING = 0,
#define REFUSAL(name, ...) GCN_REFUSE_##name,
#include <gcorn/http/refusal.def>
#undef REFUSAL
    GCN_REFUSE_COUNT
};

/* Process, constant. */
struct gcn_refusal_info {
    const char *code;    /* "GCN-H012", stable */
    int status;          /* 400, 413, … */
    const char *text;    /* "space in field name" */
    const char *clause;  /* "RFC 9112 §5.1" */
    const char *setting; /* the setting that allows it, or NULL */
};

/* The row of `refusal`, which is not GCN_REFUSE_NOTHING. Never NULL. */
const struct gcn_refusal_info *gcn_refusal_info(enum gcn_refusal refusal);

#endif
