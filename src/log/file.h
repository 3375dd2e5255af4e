/* SPDX-License-Identifier: MIT */
/*
 * Where the lines of a log end: a file, or a standard stream. Writing never waits long and never
 * fails for the caller: lines that cannot be written are counted and lost, the caller hears of the
 * first and of the end of it, and writing resumes by itself.
 */
#ifndef GCORN_LOG_FILE_H
#define GCORN_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

/* Who log files that gcorn makes belong to. {-1, -1}: whoever makes them. */
struct gcn_log_owner {
    uid_t uid;
    gid_t gid;
};

enum gcn_log_file_kind {
    GCN_LOG_FILE_PLAIN,    /* a file, a terminal, a device: write */
    GCN_LOG_FILE_PIPE,     /* a pipe of our own opening, non-blocking */
    GCN_LOG_FILE_BORROWED, /* a pipe that we share and that may block: ask before each write */
    GCN_LOG_FILE_SOCKET,   /* send without waiting (systemd's journal) */
};

/* Lifetime: process. {.fd = -1} is closed: everything written to it is gone without a word. */
struct gcn_log_file {
    int fd;     /* the number stays the same from open to close, whatever it refers to */
    char *path; /* owned, absolute; NULL for a standard stream */
    enum gcn_log_file_kind kind;
    bool owned; /* fd is ours to close */
    bool torn;  /* the last bytes written are not the end of a line */
    bool stuck; /* the reader has not read for long: do not wait for it again */
    struct gcn_log_owner owner;
    int64_t lost;      /* lines lost since the last one that was written; 0: all is well */
    int64_t check_ms;  /* monotonic: when to look next whether the file is still there */
    int gone_errno;    /* why the file, which was removed, cannot be made again; 0: it is there */
    uint64_t reopened; /* how often fd came to refer to something else */
};

/* What became of the lines. */
enum gcn_log_outcome {
    GCN_LOG_WRITTEN,
    GCN_LOG_FAILED,  /* lost, the first after all was well: errno says why */
    GCN_LOG_LOST,    /* lost, as those before */
    GCN_LOG_RESUMED, /* written again; *lost lines were not */
};

/*
 * Open `name`: a path (made if it is not there, parent directories are not), or "-" for the
 * standard stream `stream_fd` (1 or 2); "/dev/stdout" and "/dev/stderr" are streams as well. A path
 * is remembered as an absolute one.
 */
GCN_MUST_CHECK bool gcn_log_file_open(struct gcn_log_file *file, const char *name, int stream_fd,
                                      struct gcn_log_owner owner, struct gcn_error *err);

/* Close what is owned and free the path; harmless if it is closed. */
void gcn_log_file_close(struct gcn_log_file *file);

/*
 * Open the path again (it was renamed by logrotate). If that fails the old file is kept, errno says
 * why, and the result is false. Nothing to do for a stream.
 */
GCN_MUST_CHECK bool gcn_log_file_reopen(struct gcn_log_file *file);

/*
 * Let go of a standard stream, which whoever started us may wait for the end of: what is written
 * goes to `null_fd` (borrowed, /dev/null) from now on. A stream that could not be opened a second
 * time is the descriptor 1 or 2 itself, which the caller leads elsewhere. Nothing to do for a path.
 */
void gcn_log_file_detach(struct gcn_log_file *file, int null_fd);

/*
 * Write whole lines: `len` (> 0) bytes that end in '\n'. A file takes them in one write; a pipe in
 * pieces that the kernel keeps together (PIPE_BUF), if the lines are not longer. Waits at most a
 * tenth of a second, once, for the reader of a pipe.
 *   now_ms  monotonic
 *   lost    set with GCN_LOG_RESUMED
 */
enum gcn_log_outcome gcn_log_file_write(struct gcn_log_file *file, const char *lines, size_t len,
                                        int64_t now_ms, int64_t *lost);

#endif
