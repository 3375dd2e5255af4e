/* SPDX-License-Identifier: MIT */
/*
 * Between the files that make a head: its pool, its rewriting, its parser.
 */
#ifndef GCORN_SRC_HTTP_HEAD_PRIVATE_H
#define GCORN_SRC_HTTP_HEAD_PRIVATE_H

#include <gcorn/http/head.h>

/* Empty `head` but for its references and the memory of its fields. */
void gcn_head_reset(struct gcn_head *head);

/* Double the room for fields; returns the first free one. */
struct gcn_field *gcn_head_grow(struct gcn_head *head);

/*
 * If a setting permits something that neither llhttp nor the rules would take (folded lines, spaces
 * before a colon) or asks for a change (method in upper case), and the head has it: write the head
 * as it should have been sent to head->folded. Otherwise leave head->folded NULL.
 */
void gcn_head_rewrite(struct gcn_head *head, const struct gcn_http_limits *limits);

/*
 * The complete head `text` without the blanks around its values, for an llhttp that stumbles over
 * them. Returns memory that is the caller's, and its length at `len`.
 */
char *gcn_head_trim(struct gcn_slice text, size_t *len);

#endif
