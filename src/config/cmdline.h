/* SPDX-License-Identifier: MIT */
/*
 * Options of a command line, or of a variable that holds one.
 */
#ifndef GCORN_CONFIG_CMDLINE_PRIVATE_H
#define GCORN_CONFIG_CMDLINE_PRIVATE_H

#include <gcorn/config/cmdline.h>

#include "draft.h"

/* One option as it was written. Lifetime: the load. */
struct gcn_option {
    const struct gcn_setting *row;
    struct gcn_value value;
    const char *flag; /* "--workers" */
};

/* Lifetime: the load. */
struct gcn_cmdline {
    struct gcn_option *options; /* owned */
    size_t n_options;
    const char *app; /* the first word that is no option, or NULL */
    size_t n_words;  /* how many there are */
    struct gcn_action action;
};

/* Free what gcn_cmdline_parse has made; {0} is harmless. */
void gcn_cmdline_finish(struct gcn_cmdline *cmdline);

/*
 * Parse argv[1] … argv[argc - 1]; errors go to `draft`. `place` has the layer, and the variable's
 * name as its text (NULL: the command line itself). Not thread-safe: getopt_long is not.
 */
void gcn_cmdline_parse(struct gcn_cmdline *cmdline, struct gcn_draft *draft,
                       const struct gcn_place *place, int argc, const char *const *argv);

/* Set what the options say. */
void gcn_cmdline_apply(const struct gcn_cmdline *cmdline, struct gcn_draft *draft,
                       const struct gcn_place *place);

/* The value of the last option of `row`, or NULL. */
const struct gcn_value *gcn_cmdline_find(const struct gcn_cmdline *cmdline, enum gcn_setting_id id);

#endif
