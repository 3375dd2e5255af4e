/* SPDX-License-Identifier: MIT */
/*
 * What each kind of setting accepts and how it is printed.
 */
#ifndef GCORN_CONFIG_KIND_H
#define GCORN_CONFIG_KIND_H

#include <stdbool.h>

#include <gcorn/base/arena.h>
#include <gcorn/base/buf.h>
#include <gcorn/base/error.h>
#include <gcorn/config/table.h>

#include "value.h"

/* One value on its way into a member. Lifetime: the call. */
struct gcn_intake {
    const struct gcn_setting *row;
    enum gcn_dialect dialect;
    struct gcn_arena *arena;    /* of the generation: texts are copied there */
    const char *start_dir;      /* relative paths are relative to it */
    struct gcn_error *expected; /* on failure: what would have been right … */
    struct gcn_error *wrong; /* … or, in a sentence that quotes the value itself, what is wrong */
    struct gcn_slice item;   /* on failure: the item of a list that is at fault, if ptr is set */
    struct gcn_error *notice; /* on success: what was put right without asking; "" if nothing */
    bool malformed;           /* on failure: not even of the kind's form (a usage error) */
};

/*
 * Read `value` into `member` (of the row's C type). On false in->expected or
 * in->wrong is set and `member` is as it was.
 */
bool gcn_kind_accept(struct gcn_intake *in, const struct gcn_value *value, void *member);

/* Append the member as --print-config shows it. */
void gcn_kind_print(const struct gcn_setting *row, const void *member, struct gcn_buf *out);

/* What a value of the row is called in the help: its metavar, else its kind's. "" for switches. */
const char *gcn_kind_metavar(const struct gcn_setting *row);

/* The kind for the reference: "whole number", "seconds", "list of strings" … */
const char *gcn_kind_phrase(const struct gcn_setting *row);

/* The members' functions, by what they hold; see kind.c. `member` is checked by the caller. */
typedef bool (*gcn_kind_accept_fn)(struct gcn_intake *in, const struct gcn_value *value,
                                   void *member);

bool gcn_accept_bool(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_int(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_millis(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_size(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_user(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_group(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_enum(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_string(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_path(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_dir(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_any(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_list(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_csv(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_addrs(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_dict(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_tree(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_hook(struct gcn_intake *in, const struct gcn_value *value, void *member);
bool gcn_accept_class(struct gcn_intake *in, const struct gcn_value *value, void *member);

/* The words of a row's `choices` or `synonyms`, one a call. False when `list` is used up. */
bool gcn_word_take(struct gcn_slice *list, struct gcn_slice *word);

/* A copy of `text` in the generation's arena. */
const char *gcn_intake_copy(struct gcn_intake *in, struct gcn_slice text);

#endif
