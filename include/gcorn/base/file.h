/* SPDX-License-Identifier: MIT */
/*
 * Small files that are read at once: pidfiles, and what the kernel tells in /proc.
 */
#ifndef GCORN_BASE_FILE_H
#define GCORN_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The first `size` - 1 bytes of the file `path`, as a string at `out`. Returns how many there are;
 * -1 with errno, and an empty string, if it cannot be read.
 */
ssize_t gcn_file_read(const char *path, char *out, size_t size);

#endif
