/* SPDX-License-Identifier: MIT */
/*
 * The error log's front: levels and formatting. Where lines go is set once a process by the log
 * module (gcn_log_set_writer); before that they go to standard error. A line is formatted on the
 * stack (on the heap if it is very long), what is not printable is escaped, and one write takes it
 * away. Safe on any thread; not for signal handlers. errno is kept.
 */
#ifndef GCORN_BASE_LOG_H
#define GCORN_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/slice.h>

/* Values as in Python's logging. */
enum gcn_log_level {
    GCN_LOG_DEBUG = 10,
    GCN_LOG_INFO = 20,
    GCN_LOG_WARN = 30,
    GCN_LOG_ERROR = 40,
    GCN_LOG_EXCEPTION = 41, /* an ERROR that ends in a traceback: counted apart */
    GCN_LOG_CRITICAL = 50,
};

/*
 * The level's name as it stands in a line: "DEBUG", "INFO", "WARNING", "ERROR" (twice), "CRITICAL".
 */
const char *gcn_log_level_name(enum gcn_log_level level);

/* The level called "debug", "info", "warning", "error" or "critical" in any case; else false. */
GCN_MUST_CHECK bool gcn_log_level_parse(struct gcn_slice name, enum gcn_log_level *out);

/*
 * Takes one finished line, `len` bytes that end in '\n'. Must not log. `message` is the part of the
 * line behind the prefix, for writers with a prefix of their own.
 */
typedef void (*gcn_log_writer_fn)(void *context, enum gcn_log_level level, const char *line,
                                  size_t len, size_t message_offset);

/* Send lines to `writer` from now on; NULL restores standard error. `context` is borrowed. */
void gcn_log_set_writer(gcn_log_writer_fn writer, void *context);

/* Lines below `level` are dropped before their arguments are evaluated. */
void gcn_log_set_level(enum gcn_log_level level);
enum gcn_log_level gcn_log_level(void);

/*
 * Write "[2026-11-23 06:36:02 +0000] [pid] [LEVEL] text". Longer lines are cut with "…". Control
 * bytes and bytes that are not UTF-8 become \xNN. Text of several lines (a traceback) is kept as
 * such; a blank is put before a further line that begins with '[', so that none passes for ours.
 */
GCN_PRINTF(2, 3) void gcn_log_write(enum gcn_log_level level, const char *fmt, ...);

/* The same for text of any length: one write, `len` bytes at `text` less line ends at their end. */
void gcn_log_text(enum gcn_log_level level, const char *text, size_t len);

/*
 * What this thread works on, a request's id: lines that it writes say "[id]" behind the level.
 * Borrowed until it is set anew; an empty slice for nothing.
 */
void gcn_log_set_subject(struct gcn_slice subject);

#define GCN_LOG_AT(level, ...)                                                                     \
    do {                                                                                           \
        if ((level) >= gcn_log_level()) {                                                          \
            gcn_log_write((level), __VA_ARGS__);                                                   \
        }                                                                                          \
    } while (0)

#define gcn_debug(...) GCN_LOG_AT(GCN_LOG_DEBUG, __VA_ARGS__)
#define gcn_info(...) GCN_LOG_AT(GCN_LOG_INFO, __VA_ARGS__)
#define gcn_warn(...) GCN_LOG_AT(GCN_LOG_WARN, __VA_ARGS__)
#define gcn_error(...) GCN_LOG_AT(GCN_LOG_ERROR, __VA_ARGS__)
#define gcn_critical(...) GCN_LOG_AT(GCN_LOG_CRITICAL, __VA_ARGS__)

/* gcn_log_write with ": <text of errno>" behind; errno is read before anything else. */
GCN_PRINTF(2, 3) void gcn_log_write_errno(enum gcn_log_level level, const char *fmt, ...);

#define gcn_warn_errno(...) gcn_log_write_errno(GCN_LOG_WARN, __VA_ARGS__)
#define gcn_error_errno(...) gcn_log_write_errno(GCN_LOG_ERROR, __VA_ARGS__)

#endif
