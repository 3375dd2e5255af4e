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

#include <gcorn/base/mem.h>

enum { LINE_BYTES = 4096 };

/* Process: the log's one context. Changed at boot and reload only, before threads read it. */
static struct {
    gcn_log_writer_fn writer;
    void *context;
    _Atomic int level;
} logger = {.level = GCN_LOG_INFO};

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
        return "ERROR";
    case GCN_LOG_CRITICAL:
        return "CRITICAL";
    }
    return "INFO";
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

/* "[date] [pid] [LEVEL] " at `line`, `cap` bytes; returns its length. */
static size_t print_prefix(char *line, size_t cap, enum gcn_log_level level)
{
    struct tm local;
    time_t now = time(NULL);

    localtime_r(&now, &local);
    size_t len = strftime(line, cap, "[%Y-%m-%d %H:%M:%S %z]", &local);
    int more = snprintf(line + len, cap - len, " [%d] [%s] ", (int)getpid(),
                        gcn_log_level_name(level));
    return len + (more > 0 ? (size_t)more : 0);
}

static bool is_control(unsigned char byte)
{
    return (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f;
}

/* `text` with control bytes as \xNN at `out`; stops before `cap`. Returns the bytes written. */
static size_t escape(char *out, size_t cap, const char *text, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;

    for (size_t i = 0; i < len && used + 4 < cap; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (is_control(byte)) {
            out[used++] = '\\';
            out[used++] = 'x';
            out[used++] = digits[byte >> 4];
            out[used++] = digits[byte & 15];
        } else {
            out[used++] = text[i];
        }
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
    char stack[LINE_BYTES];
    char prefix[128];
    size_t offset = print_prefix(prefix, sizeof(prefix), level);
    size_t cap = offset + len * 4 + 8;
    char *line = cap <= sizeof(stack) ? stack : gcn_alloc(cap);

    if (line == stack) {
        cap = sizeof(stack);
    }
    memcpy(line, prefix, offset);
    size_t end = offset + escape(line + offset, cap - offset - 1, text, len);
    line[end++] = '\n';
    emit(level, line, end, offset);
    if (line != stack) {
        gcn_free(line);
    }
}

static void write_line(enum gcn_log_level level, const char *suffix, const char *fmt, va_list args)
{
    static const char cut[] = "…";
    char text[LINE_BYTES / 2];

    int len = vsnprintf(text, sizeof(text), fmt, args);
    if (len < 0) {
        return;
    }
    size_t used = (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1;
    if ((size_t)len >= sizeof(text)) {
        memcpy(text + used - (sizeof(cut) - 1), cut, sizeof(cut) - 1);
    } else if (suffix != NULL) {
        int more = snprintf(text + used, sizeof(text) - used, ": %s", suffix);
        size_t room = sizeof(text) - used - 1;
        used += more > 0 ? ((size_t)more < room ? (size_t)more : room) : 0;
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
