/* SPDX-License-Identifier: MIT */
/*
 * Keeps a body: borrowed while it is in the input buffer, then in memory, and beyond the bound in a
 * temporary file that has no name, so that it is gone with its descriptor whatever happens.
 */
#include <gcorn/http/body.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/die.h>
#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>

/* The first allocation; then it doubles: memory follows what has arrived, not what is announced. */
enum { FIRST_BYTES = 16 * 1024 };

void gcn_body_init(struct gcn_body *body)
{
    *body = (struct gcn_body){.fd = -1};
}

void gcn_body_finish(struct gcn_body *body)
{
    gcn_free(body->owned);
    if (body->fd >= 0) {
        close(body->fd);
    }
    gcn_body_init(body);
}

void gcn_body_borrow(struct gcn_body *body, struct gcn_slice bytes)
{
    gcn_body_finish(body);
    body->ptr = bytes.ptr;
    body->len = (int64_t)bytes.len;
}

/* Where temporary files go: the setting, else TMPDIR, else /tmp. */
static const char *directory(const struct gcn_http_limits *limits)
{
    if (limits->tmp_upload_dir != NULL) {
        return limits->tmp_upload_dir;
    }
    const char *dir = getenv("TMPDIR");
    return dir != NULL && dir[0] != '\0' ? dir : "/tmp";
}

/* Not every file system knows O_TMPFILE (overlayfs since Linux 6.1): then a name, briefly. */
static int open_named(const char *dir)
{
    char path[PATH_MAX];

    int len = snprintf(path, sizeof(path), "%s/gcorn-body-XXXXXX", dir);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) {
        unlink(path);
    }
    return fd;
}

static int open_temporary(const char *dir)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        fd = open_named(dir);
    }
    return fd;
}

static bool write_all(int fd, const char *bytes, size_t len, int64_t offset)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, bytes, len, offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        bytes += n;
        len -= (size_t)n;
        offset += n;
    }
    return true;
}

/* Move what is in memory to a new temporary file. */
static bool spill(struct gcn_body *body, const struct gcn_http_limits *limits)
{
    body->fd = open_temporary(directory(limits));
    if (body->fd < 0 || !write_all(body->fd, body->ptr, (size_t)body->len, 0)) {
        return false;
    }
    gcn_free(body->owned);
    body->owned = NULL;
    body->ptr = NULL;
    body->cap = 0;
    return true;
}

/* For errno. What a full disk does to all bodies is said once a second. */
static void report_failure(const struct gcn_body *body, const struct gcn_http_limits *limits)
{
    static struct {
        int64_t until_us;
        int error;
    } said;
    int64_t now_us = gcn_clock_us();

    if (errno == said.error && now_us < said.until_us) {
        return;
    }
    said.error = errno;
    said.until_us = now_us + 1000000;
    gcn_error_errno("a request body could not be kept in a file in %s behind its first %lld bytes; "
                    "see tmp_upload_dir",
                    directory(limits), (long long)body->len);
}

static bool append_file(struct gcn_body *body, struct gcn_slice bytes,
                        const struct gcn_http_limits *limits)
{
    if ((body->fd >= 0 || spill(body, limits)) &&
        write_all(body->fd, bytes.ptr, bytes.len, body->len)) {
        return true;
    }
    report_failure(body, limits);
    return false;
}

/* `need` bytes in all, which the caller has compared with the bound `max`. */
static void reserve(struct gcn_body *body, size_t need, int64_t expected, size_t max)
{
    if (need <= body->cap) {
        return;
    }
    size_t cap = body->cap < FIRST_BYTES ? FIRST_BYTES : body->cap * 2;
    if (expected >= 0 && (uint64_t)expected < max) {
        max = (size_t)expected;
    }
    cap = cap > max ? max : cap;
    cap = cap < need ? need : cap;
    bool borrowed = body->owned == NULL && body->len > 0;
    char *owned = gcn_realloc(body->owned, cap);
    if (borrowed) {
        memcpy(owned, body->ptr, (size_t)body->len);
    }
    body->ptr = body->owned = owned;
    body->cap = cap;
}

enum gcn_refusal gcn_body_append(struct gcn_body *body, struct gcn_slice bytes, int64_t expected,
                                 const struct gcn_http_limits *limits)
{
    if (bytes.len == 0) {
        return GCN_REFUSE_NOTHING;
    }
    if ((int64_t)bytes.len > limits->body_max_bytes - body->len) {
        return GCN_REFUSE_BODY_LARGE;
    }
    bool in_file = body->fd >= 0 || expected > (int64_t)limits->body_memory_bytes ||
                   bytes.len + (size_t)body->len > limits->body_memory_bytes;
    if (in_file) {
        if (!append_file(body, bytes, limits)) {
            return GCN_REFUSE_BODY_STORE;
        }
    } else {
        reserve(body, bytes.len + (size_t)body->len, expected, limits->body_memory_bytes);
        memcpy(body->owned + body->len, bytes.ptr, bytes.len);
    }
    body->len += (int64_t)bytes.len;
    return GCN_REFUSE_NOTHING;
}

ssize_t gcn_body_read(const struct gcn_body *body, int64_t offset, char *out, size_t size)
{
    GCN_ASSERT(offset >= 0);
    if (offset >= body->len || size == 0) {
        return 0;
    }
    if ((int64_t)size > body->len - offset) {
        size = (size_t)(body->len - offset);
    }
    if (body->fd < 0) {
        memcpy(out, body->ptr + offset, size);
        return (ssize_t)size;
    }
    ssize_t n;
    do {
        n = pread(body->fd, out, size, offset);
    } while (n < 0 && errno == EINTR);
    return n;
}
