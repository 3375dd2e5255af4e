/* SPDX-License-Identifier: MIT */
/*
 * Reading of small files.
 */
#include <gcorn/base/file.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

ssize_t gcn_file_read(const char *path, char *out, size_t size)
{
    out[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    ssize_t n = read(fd, out, size - 1);
    int reason = errno;
    out[n > 0 ? n : 0] = '\0';
    close(fd);
    errno = reason;
    return n;
}
