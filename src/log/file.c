/* SPDX-License-Identifier: MIT */
/*
 * The end of a log's lines, with all that can go wrong there: a full disk, a pipe whose reader is
 * slow, stuck or gone, a file or directory that was removed.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <gcorn/base/mem.h>

enum {
    READER_WAIT_MS = 100, /* for a pipe's reader, once */
    CHECK_MS = 1000,      /* between two looks at whether a file is still there */
};

/*
 * Give the file to the user that the workers become, so that they can open it again. Never through
 * a link, hard or symbolic: in a directory of that user it could lead to anybody's file.
 */
static void give_away(int fd, struct gcn_log_owner owner)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1) {
        /* Only root may; for others the file stays with whoever made it. */
        int ignored = fchown(fd, owner.uid, owner.gid);
        (void)ignored;
    }
}

/* O_NONBLOCK: a FIFO without a reader is an error, not a wait. It means nothing to a file. */
static int open_path(const char *path, struct gcn_log_owner owner)
{
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, flags | O_NOFOLLOW, 0666);

    if (fd < 0 && errno == ELOOP) {
        return open(path, flags, 0666);
    }
    if (fd >= 0 && (owner.uid != (uid_t)-1 || owner.gid != (gid_t)-1)) {
        give_away(fd, owner);
    }
    return fd;
}

/* `name` or the current directory with `name` behind it; the caller owns it. NULL with errno. */
static char *absolute(const char *name)
{
    char dir[PATH_MAX];
    char path[2 * PATH_MAX];

    if (name[0] == '/') {
        return gcn_strdup(name);
    }
    if (getcwd(dir, sizeof(dir)) == NULL) {
        return NULL;
    }
    int len = snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return gcn_strdup(path);
}

static mode_t type_of(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

static bool open_named(struct gcn_log_file *file, const char *name, struct gcn_error *err)
{
    file->path = absolute(name);
    if (file->path == NULL) {
        return gcn_error_set_errno(err, "cannot find the way to the log \"%s\"", name);
    }
    file->fd = open_path(file->path, file->owner);
    if (file->fd < 0) {
        gcn_error_set_errno(err, "cannot open the log \"%s\"", file->path);
        gcn_log_file_close(file);
        return false;
    }
    file->owned = true;
    file->kind = type_of(file->fd) == S_IFIFO ? GCN_LOG_FILE_PIPE : GCN_LOG_FILE_PLAIN;
    return true;
}

/*
 * A standard stream may be shared with a shell, or with the program that started us, so it is not
 * made non-blocking: a pipe is opened a second time (Linux gives that an open file of its own), and
 * where that is not allowed we ask for room before each write.
 */
static void open_stream(struct gcn_log_file *file, int stream_fd)
{
    char path[32];
    mode_t type = type_of(stream_fd);

    file->fd = stream_fd;
    if (type == S_IFSOCK) {
        file->kind = GCN_LOG_FILE_SOCKET;
    }
    if (type != S_IFIFO) {
        return;
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", stream_fd);
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    file->kind = fd < 0 ? GCN_LOG_FILE_BORROWED : GCN_LOG_FILE_PIPE;
    if (fd >= 0) {
        file->fd = fd;
        file->owned = true;
    }
}

/* The descriptor of the standard stream that `name` means, or -1. A socket has no path to open. */
static int stream_named(const char *name, int stream_fd)
{
    if (strcmp(name, "-") == 0) {
        return stream_fd;
    }
    if (strcmp(name, "/dev/stdout") == 0) {
        return STDOUT_FILENO;
    }
    return strcmp(name, "/dev/stderr") == 0 ? STDERR_FILENO : -1;
}

bool gcn_log_file_open(struct gcn_log_file *file, const char *name, int stream_fd,
                       struct gcn_log_owner owner, struct gcn_error *err)
{
    *file = (struct gcn_log_file){.fd = -1, .owner = owner};
    int fd = stream_named(name, stream_fd);
    if (fd < 0) {
        return open_named(file, name, err);
    }
    open_stream(file, fd);
    return true;
}

void gcn_log_file_close(struct gcn_log_file *file)
{
    if (file->fd >= 0 && file->owned) {
        close(file->fd);
    }
    gcn_free(file->path);
    *file = (struct gcn_log_file){.fd = -1};
}

bool gcn_log_file_reopen(struct gcn_log_file *file)
{
    if (file->path == NULL) {
        return true;
    }
    int fd = open_path(file->path, file->owner);
    if (fd < 0) {
        return false;
    }
    /* In one step, so that a thread that is writing meets the old file or the new, never none. */
    if (dup3(fd, file->fd, O_CLOEXEC) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return false;
    }
    close(fd);
    file->reopened++;
    file->torn = false;
    return true;
}

void gcn_log_file_detach(struct gcn_log_file *file, int null_fd)
{
    if (file->path != NULL || file->fd < 0) {
        return;
    }
    if (file->owned) {
        dup3(null_fd, file->fd, O_CLOEXEC); /* of two that are open: it cannot fail */
    }
    file->kind = GCN_LOG_FILE_PLAIN;
}

/* Every CHECK_MS: a file without a name (removed, or its directory) is opened anew. Sets errno. */
static bool is_still_there(struct gcn_log_file *file, int64_t now_ms)
{
    struct stat st;

    if (file->path != NULL && now_ms >= file->check_ms) {
        file->check_ms = now_ms + CHECK_MS;
        bool gone = fstat(file->fd, &st) == 0 && st.st_nlink == 0;
        file->gone_errno = gone && !gcn_log_file_reopen(file) ? errno : 0;
    }
    errno = file->gone_errno;
    return file->gone_errno == 0;
}

static ssize_t put_once(const struct gcn_log_file *file, struct iovec *pieces, size_t n)
{
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = n};
    ssize_t done;

    do {
        done = file->kind == GCN_LOG_FILE_SOCKET
                   ? sendmsg(file->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL)
                   : writev(file->fd, pieces, (int)n);
    } while (done < 0 && errno == EINTR);
    return done;
}

static bool is_full(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

/* True if the reader makes room in time. A reader that did not is not waited for again. */
static bool wait_for_reader(struct gcn_log_file *file)
{
    struct pollfd fd = {.fd = file->fd, .events = POLLOUT};

    int ready = poll(&fd, 1, file->stuck ? 0 : READER_WAIT_MS);
    file->stuck = ready <= 0;
    errno = EAGAIN;
    return ready > 0;
}

/*
 * Write `lines`, after the end of a torn line if there is one. Returns the bytes of `lines` that
 * were written; if they are less than `len`, errno says why.
 */
static size_t put(struct gcn_log_file *file, const char *lines, size_t len)
{
    char end[] = "\n";
    size_t written = 0;

    while (written < len) {
        struct iovec pieces[] = {{end, 1}, {(char *)lines + written, len - written}};
        size_t skip = file->torn && written == 0 ? 0 : 1;
        ssize_t done = put_once(file, pieces + skip, 2 - skip);
        if (done < 0 && is_full(errno) && wait_for_reader(file)) {
            done = put_once(file, pieces + skip, 2 - skip);
        }
        if (done <= 0) {
            break;
        }
        file->torn = false;
        file->stuck = false;
        written += (size_t)done - (1 - skip);
    }
    if (written > 0) {
        file->torn = lines[written - 1] != '\n';
    }
    return written;
}

/*
 * How much of `lines` goes into one write: whole lines up to PIPE_BUF for pipes, else everything.
 */
static size_t portion(const struct gcn_log_file *file, const char *lines, size_t len)
{
    if (file->kind == GCN_LOG_FILE_PLAIN || len <= PIPE_BUF) {
        return len;
    }
    size_t room = PIPE_BUF - (file->torn ? 1 : 0);
    const char *end = memrchr(lines, '\n', room);
    if (end == NULL) {
        end = memchr(lines, '\n', len);
    }
    return end == NULL ? len : (size_t)(end - lines) + 1;
}

static int64_t count_lines(const char *text, size_t len)
{
    int64_t n = 0;
    for (size_t i = 0; i < len; i++) {
        n += text[i] == '\n';
    }
    return n;
}

static enum gcn_log_outcome lose(struct gcn_log_file *file, const char *lines, size_t len)
{
    bool first = file->lost == 0;
    file->lost += count_lines(lines, len);
    return first ? GCN_LOG_FAILED : GCN_LOG_LOST;
}

enum gcn_log_outcome gcn_log_file_write(struct gcn_log_file *file, const char *lines, size_t len,
                                        int64_t now_ms, int64_t *lost)
{
    if (file->fd < 0) {
        return GCN_LOG_WRITTEN;
    }
    if (!is_still_there(file, now_ms)) {
        return lose(file, lines, len);
    }
    while (len > 0) {
        size_t want = portion(file, lines, len);
        bool may_write = file->kind != GCN_LOG_FILE_BORROWED || wait_for_reader(file);
        size_t done = may_write ? put(file, lines, want) : 0;
        lines += done;
        len -= done;
        if (done < want) {
            return lose(file, lines, len);
        }
    }
    if (file->lost == 0) {
        return GCN_LOG_WRITTEN;
    }
    *lost = file->lost;
    file->lost = 0;
    return GCN_LOG_RESUMED;
}
