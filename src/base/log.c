/* SPDX-License-Identifier: MIT */
/*
 * Formats a log line in gunicorn's layout and gives it to the writer in one piece.
 */
#include <gcorn/base/log.h>

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/mem.h>
#include <gcorn/base/utf8.h>

enum {
    LINE_BYTES = 4096,
    SUBJECT_SHOWN = 128,
    PREFIX_BYTES = SUBJECT_SHOWN + 128, /* date, pid and level are far shorter */
};

/* Process: the log's one context. Changed at boot and reload only, before threads read it. */
static struct {
    gcn_log_writer_fn writer;
    void *context;
    _Atomic int level;
} logger = {.level = GCN_LOG_INFO};

/* Thread: what it works on. Borrowed. */
static _Thread_local struct gcn_slice subject;

void gcn_log_set_subject(struct gcn_slice text)
{
    subject = text;
}

const char *gcn_log_level_name(enum gcn_log_level level)
{
    switch (level) {
    case GCN_LOG_DEBUG:
        return "DEBUG";
    case GCN_LOG_INFO:
        return "INFO";
    case GCN_LOG_WARN:
        return "WARNING";
    case GCN_LOG_ERROR:
    case GCN_LOG_EXCEPTION:
        return "ERROR";
    case GCN_LOG_CRITICAL:
        return "CRITICAL";
    }
    return "INFO";
}

bool gcn_log_level_parse(struct gcn_slice name, enum gcn_log_level *out)
{
    static const struct {
        const char *name;
        enum gcn_log_level level;
    } rows[] = {
        {"debug", GCN_LOG_DEBUG}, {"info", GCN_LOG_INFO},         {"warning", GCN_LOG_WARN},
        {"error", GCN_LOG_ERROR}, {"critical", GCN_LOG_CRITICAL},
    };
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        if (gcn_slice_equal_nocase(name, gcn_slice_of(rows[i].name))) {
            *out = rows[i].level;
            return true;
        }
    }
    return false;
}

void gcn_log_set_writer(gcn_log_writer_fn writer, void *context)
{
    logger.writer = writer;
    logger.context = context;
}

void gcn_log_set_level(enum gcn_log_level level)
{
    atomic_store_explicit(&logger.level, level, memory_order_relaxed);
}

enum gcn_log_level gcn_log_level(void)
{
    return (enum gcn_log_level)atomic_load_explicit(&logger.level, memory_order_relaxed);
}

/* "[date] [pid] [LEVEL] " and "[subject] " at `line`, `cap` bytes; returns its length. */
static size_t print_prefix(char *line, size_t cap, enum gcn_log_level level, size_t *message_at)
{
    struct gcn_local_time local;
    int shown = (int)(subject.len < SUBJECT_SHOWN ? subject.len : SUBJECT_SHOWN);

    gcn_clock_local(time(NULL), &local);
    size_t len = (size_t)snprintf(
        line, cap, "[%04d-%02d-%02d %02d:%02d:%02d %s] [%d] [%s] ", local.tm.tm_year + 1900,
        local.tm.tm_mon + 1, local.tm.tm_mday, local.tm.tm_hour, local.tm.tm_min, local.tm.tm_sec,
        local.zone, (int)getpid(), gcn_log_level_name(level));
    *message_at = len;
    if (shown > 0) {
        len += (size_t)snprintf(line + len, cap - len, "[%.*s] ", shown, subject.ptr);
    }
    return len;
}

/* True if `text` begins a line that could pass for one of ours: a traceback's next line is "[…". */
static bool is_forged_start(const char *text, size_t at)
{
    return text[at] == '[' && at > 0 && text[at - 1] == '\n';
}

/*
 * `text` at `out` with what is not printable as \xNN, and a blank before a '[' that begins a
 * further line. Stops before `cap`; 4 bytes for each of the text are always enough. Returns the
 * bytes written.
 */
static size_t escape(char *out, size_t cap, const char *text, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;
    size_t i = 0;

    while (i < len && used + 4 < cap) {
        unsigned char byte = (unsigned char)text[i];
        size_t span = byte == '\n' || byte == '\t' ? 1 : gcn_utf8_printable(text + i, len - i);
        if (is_forged_start(text, i)) {
            out[used++] = ' ';
        }
        if (span == 0) {
            out[used++] = '\\';
            out[used++] = 'x';
            out[used++] = digits[byte >> 4];
            out[used++] = digits[byte & 15];
            span = 1;
        } else {
            memcpy(out + used, text + i, span);
            used += span;
        }
        i += span;
    }
    return used;
}

static void emit(enum gcn_log_level level, const char *line, size_t len, size_t offset)
{
    if (logger.writer != NULL) {
        logger.writer(logger.context, level, line, len, offset);
        return;
    }
    /* Standard error is the last resort: there is nowhere to report that it failed. */
    ssize_t ignored = write(STDERR_FILENO, line, len);
    (void)ignored;
}

void gcn_log_text(enum gcn_log_level level, const char *text, size_t len)
{
    int saved = errno;
    char stack[LINE_BYTES];
    char prefix[PREFIX_BYTES];
    size_t message_at;

    while (len > 0 && text[len - 1] == '\n') {
        len--;
    }
    size_t offset = print_prefix(prefix, sizeof(prefix), level, &message_at);
    size_t cap = offset + len * 4 + 8;
    char *line = cap <= sizeof(stack) ? stack : gcn_alloc(cap);

    if (line == stack) {
        cap = sizeof(stack);
    }
    memcpy(line, prefix, offset);
    size_t end = offset + escape(line + offset, cap - offset - 1, text, len);
    line[end++] = '\n';
    emit(level, line, end, message_at);
    if (line != stack) {
        gcn_free(line);
    }
    errno = saved;
}

/*
 * Replace the end of `text`, which is full (`cap` bytes with the NUL), by "…". Returns its length.
 */
static size_t put_ellipsis(char *text, size_t cap)
{
    static const char cut[] = "…";
    size_t at = cap - sizeof(cut);

    while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80) {
        at--; /* not in the middle of a character */
    }
    memcpy(text + at, cut, sizeof(cut));
    return at + sizeof(cut) - 1;
}

GCN_PRINTF(3, 0)
static void write_line(enum gcn_log_level level, const char *suffix, const char *fmt, va_list args)
{
    char text[LINE_BYTES / 2];

    int len = vsnprintf(text, sizeof(text), fmt, args);
    if (len < 0) {
        return;
    }
    size_t used = (size_t)len;
    if (used >= sizeof(text)) {
        used = put_ellipsis(text, sizeof(text));
    } else if (suffix != NULL) {
        snprintf(text + used, sizeof(text) - used, ": %s", suffix);
        used += strlen(text + used);
    }
    gcn_log_text(level, text, used);
}

void gcn_log_write(enum gcn_log_level level, const char *fmt, ...)
{
    int saved = errno;
    va_list args;

    va_start(args, fmt);
    write_line(level, NULL, fmt, args);
    va_end(args);
    errno = saved;
}

void gcn_log_write_errno(enum gcn_log_level level, const char *fmt, ...)
{
    int saved = errno;
    va_list args;

    if (level < gcn_log_level()) {
        return;
    }
    va_start(args, fmt);
    write_line(level, strerror(saved), fmt, args);
    va_end(args);
    errno = saved;
}
