/* SPDX-License-Identifier: MIT */
/*
 * Standard streams that are closed at the start.
 */
#include <gcorn/proc/stdio.h>

#include <fcntl.h>
#include <unistd.h>

bool gcn_stdio_fill(struct gcn_error *err)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        /* The lowest number that is free is taken, which is this one. */
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) {
            return gcn_error_set_errno(err, "descriptor %d is closed and cannot be made /dev/null",
                                       fd);
        }
    }
    return true;
}
