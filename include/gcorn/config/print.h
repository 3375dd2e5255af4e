/* SPDX-License-Identifier: MIT */
/*
 * The settings as text for people: all of it comes from the table.
 */
#ifndef GCORN_CONFIG_PRINT_H
#define GCORN_CONFIG_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/compiler.h>
#include <gcorn/config/settings.h>

/* --print-config: "name = value", one a line, by name, each with its layer and place. */
void gcn_print_config(const struct gcn_settings *settings, struct gcn_buf *out);

/* --help, for a terminal of `columns`. */
void gcn_print_help(struct gcn_buf *out, size_t columns);

/* "usage: gcorn [OPTIONS] [APP]" with its line end. */
void gcn_print_usage(struct gcn_buf *out);

/* docs/settings.md and docs/gcorn.1. */
void gcn_print_reference(struct gcn_buf *out);
void gcn_print_man(struct gcn_buf *out);

/* The completion of "bash", "zsh" or "fish"; false for another shell. */
GCN_MUST_CHECK bool gcn_print_completion(struct gcn_buf *out, const char *shell);

#endif
