/* SPDX-License-Identifier: MIT */
/*
 * The Date field's value, formatted once a second.
 */
#ifndef GCORN_HTTP_DATE_H
#define GCORN_HTTP_DATE_H

enum { GCN_DATE_BYTES = 29 };

/*
 * "Sun, 06 Nov 1994 08:49:37 GMT" of now, GCN_DATE_BYTES long and NUL-terminated; valid until the
 * next call on this thread. RFC 9110 §5.6.7.
 */
const char *gcn_date_now(void);

#endif
