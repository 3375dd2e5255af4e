/* SPDX-License-Identifier: MIT */
/*
 * What the command line asks for besides serving.
 */
#ifndef GCORN_CONFIG_CMDLINE_H
#define GCORN_CONFIG_CMDLINE_H

#include <stdbool.h>

#include <gcorn/base/compiler.h>
#include <gcorn/config/load.h>

enum gcn_action_kind {
    GCN_ACTION_SERVE,
    GCN_ACTION_HELP,
    GCN_ACTION_VERSION,
    GCN_ACTION_COMPLETION, /* print the completion of the shell `argument` */
    GCN_ACTION_DOCS,       /* print the page `argument`: "settings" or "man" */
};

/* A value. */
struct gcn_action {
    enum gcn_action_kind kind;
    char argument[32]; /* cut if it is longer: it is none that is known then */
};

/*
 * Find out what argv asks for: the first of its options that is no setting, else to serve. Nothing
 * is loaded. Options behind it are not looked at; a wrong one before it is a failure.
 */
GCN_MUST_CHECK bool gcn_cmdline_action(const struct gcn_load_request *request,
                                       struct gcn_action *out, struct gcn_load_failure *failure);

#endif
