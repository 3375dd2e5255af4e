/* SPDX-License-Identifier: MIT */
/*
 * Which bytes may stand in a line of a log as they are.
 */
#ifndef GCORN_BASE_UTF8_H
#define GCORN_BASE_UTF8_H

#include <stddef.h>

/*
 * The length (1 to 4) of the character at `text`, of which `len` (> 0) bytes are there; 0 if it is
 * not well-formed UTF-8 (RFC 3629), or if some reader would take it for the end of a line or for a
 * command to a terminal: C0 and C1 controls, DEL, U+2028 and U+2029.
 */
size_t gcn_utf8_printable(const char *text, size_t len);

#endif
