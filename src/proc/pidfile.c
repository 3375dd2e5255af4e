/* SPDX-License-Identifier: MIT */
/*
 * Pidfiles: written aside and renamed, so that nobody reads half a number.
 */
#include <gcorn/proc/pidfile.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gcorn/base/file.h>
#include <gcorn/base/mem.h>
#include <gcorn/base/parse.h>

pid_t gcn_pidfile_read(const char *path)
{
    char text[33];
    int64_t pid = 0;

    ssize_t n = gcn_file_read(path, text, sizeof(text));
    struct gcn_slice digits = {text, n > 0 ? (size_t)n : 0};
    while (digits.len > 0 && (digits.ptr[digits.len - 1] == '\n')) {
        digits.len--;
    }
    if (!gcn_parse_digits(gcn_slice_trim(digits), &pid) || pid > INT_MAX) {
        return 0;
    }
    return (pid_t)pid;
}

/* True if the process has ended and only its parent has not heard yet. */
static bool is_zombie(pid_t pid)
{
    char path[32], text[256];

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    (void)gcn_file_read(path, text, sizeof(text));
    const char *name_end = strrchr(text, ')'); /* "17 (a name) Z 1 ..." */
    return name_end != NULL && strncmp(name_end, ") Z", 3) == 0;
}

static bool is_alive(pid_t pid)
{
    return (kill(pid, 0) == 0 || errno == EPERM) && !is_zombie(pid);
}

static bool write_aside(const char *path, pid_t pid)
{
    int fd = mkostemp((char *)path, O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool written = dprintf(fd, "%d\n", (int)pid) > 0 && fchmod(fd, 0644) == 0;
    int saved = errno;
    close(fd);
    if (!written) {
        unlink(path);
    }
    errno = saved;
    return written;
}

bool gcn_pidfile_write(const char *path, pid_t pid, struct gcn_error *err)
{
    pid_t other = gcn_pidfile_read(path);

    if (other > 0 && other != pid && is_alive(other)) {
        return gcn_error_set(err, "the pidfile %s names process %d, which is alive; stop it, or "
                             "remove the file if that process is not a server", path, (int)other);
    }
    size_t size = strlen(path) + sizeof(".XXXXXX");
    char *aside = gcn_alloc(size);
    snprintf(aside, size, "%s.XXXXXX", path);
    bool written = write_aside(aside, pid);
    if (written && rename(aside, path) < 0) {
        int saved = errno;
        unlink(aside);
        errno = saved;
        written = false;
    }
    gcn_free(aside);
    return written || gcn_error_set_errno(err, "cannot write the pidfile %s", path);
}

void gcn_pidfile_remove(const char *path, pid_t pid)
{
    if (gcn_pidfile_read(path) == pid) {
        unlink(path);
    }
}
