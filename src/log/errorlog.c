/* SPDX-License-Identifier: MIT */
/*
 * The error log's one writer: to its file or stream and to syslog. A lock keeps threads apart; it
 * is taken around a fork, so that a child never inherits it locked.
 */
#include <gcorn/log/errorlog.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/log/statsd.h>

#include "file.h"

/* Process. Guarded by `lock` once it is open. */
static struct {
    pthread_mutex_t lock;
    bool prepared; /* what is done once a process was done */
    bool attached; /* lines come here */
    struct gcn_log_file file;
    enum gcn_log_level threshold; /* lines below it come only to be counted */
    _Atomic(gcn_log_tap_fn) tap;  /* NULL: nobody */
    struct gcn_syslog *syslog;    /* owned; NULL: lines do not go there */
    int saved_fds[2];  /* what 1 and 2 were before they were captured; -1, -1: they are not */
    uint64_t followed; /* file.reopened when 1 and 2 were last pointed at it */
} errorlog = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .file = {.fd = -1},
    .threshold = GCN_LOG_INFO,
    .saved_fds = {-1, -1},
};

static void lock_log(void)
{
    pthread_mutex_lock(&errorlog.lock);
}

static void unlock_log(void)
{
    pthread_mutex_unlock(&errorlog.lock);
}

static bool is_captured(void)
{
    return errorlog.saved_fds[0] >= 0;
}

/* Point 1 and 2 at the file, if they are captured and it is another one than before. */
static void follow_file(void)
{
    if (is_captured() && errorlog.followed != errorlog.file.reopened) {
        errorlog.followed = errorlog.file.reopened;
        dup2(errorlog.file.fd, STDOUT_FILENO);
        dup2(errorlog.file.fd, STDERR_FILENO);
    }
}

static void release_output(void)
{
    for (int i = 0; i < 2 && is_captured(); i++) {
        dup2(errorlog.saved_fds[i], STDOUT_FILENO + i);
        close(errorlog.saved_fds[i]);
    }
    errorlog.saved_fds[0] = errorlog.saved_fds[1] = -1;
}

static bool capture_output(struct gcn_error *err)
{
    int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    int err_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

    if (out < 0 || err_fd < 0) {
        gcn_error_set_errno(err, "cannot keep standard output and error aside for capture_output");
        close(out < 0 ? err_fd : out);
        return false;
    }
    errorlog.saved_fds[0] = out;
    errorlog.saved_fds[1] = err_fd;
    return true;
}

/* Where to say that the error log itself fails: the standard error of old, if that is elsewhere. */
static void tell_last_resort(int error)
{
    int fd = is_captured() ? errorlog.saved_fds[1] : STDERR_FILENO;

    if (errorlog.file.path != NULL) {
        dprintf(fd,
                "gcorn: cannot write to the error log \"%s\": %s; lines are lost until it works\n",
                errorlog.file.path, strerror(error));
    }
}

static void write_line(void *context, enum gcn_log_level level, const char *line, size_t len,
                       size_t message_offset)
{
    struct gcn_slice message = {line + message_offset, len - message_offset - 1};
    gcn_log_tap_fn tap = atomic_load_explicit(&errorlog.tap, memory_order_relaxed);
    enum gcn_log_outcome outcome;
    int64_t lost = 0;

    (void)context;
    if (tap != NULL && tap(level, message)) {
        return;
    }
    gcn_statsd_log(level);
    lock_log();
    if (level < errorlog.threshold) {
        unlock_log();
        return;
    }
    outcome = gcn_log_file_write(&errorlog.file, line, len, gcn_clock_ms(), &lost);
    if (outcome == GCN_LOG_FAILED) {
        tell_last_resort(errno);
    }
    follow_file();
    struct gcn_syslog *syslog = gcn_syslog_hold(errorlog.syslog); /* a reload may close it */
    unlock_log();
    if (syslog != NULL) { /* without the lock: what is wrong with it is logged */
        gcn_syslog_send(syslog, GCN_SYSLOG_ERROR, level, message);
        gcn_syslog_close(syslog);
    }
    if (outcome == GCN_LOG_RESUMED) {
        gcn_warn("%lld lines were lost while the error log could not be written", (long long)lost);
    }
}

static void prepare_process(void)
{
    if (!errorlog.prepared) {
        errorlog.prepared = true;
        signal(SIGPIPE, SIG_IGN);
        signal(SIGXFSZ, SIG_IGN);
        gcn_clock_guard_forks();
        pthread_atfork(lock_log, unlock_log, unlock_log);
    }
}

static bool open_file(struct gcn_log_file *file, const struct gcn_log_options *options,
                      struct gcn_error *err)
{
    const struct gcn_log_owner owner = {options->uid, options->gid};

    *file = (struct gcn_log_file){.fd = -1};
    if (options->errorlog == NULL) {
        return true;
    }
    if (!gcn_log_file_open(file, options->errorlog, STDERR_FILENO, owner, err)) {
        return gcn_error_prefix(err, "errorlog");
    }
    return true;
}

/* Warnings and what is above are counted, whatever the level: they have to come this far. */
static enum gcn_log_level counted_level(enum gcn_log_level level)
{
    return gcn_statsd_is_open() && level > GCN_LOG_WARN ? GCN_LOG_WARN : level;
}

/* The syslog of the options in *out, NULL if there is to be none. */
static bool open_syslog(struct gcn_syslog **out, const struct gcn_log_options *options,
                        struct gcn_error *err)
{
    *out = options->syslog == NULL ? NULL : gcn_syslog_open(options->syslog, err);
    return options->syslog == NULL || *out != NULL;
}

/* Not again at a reload: threads that log read what this sets. */
static void attach(void)
{
    if (!errorlog.attached) {
        errorlog.attached = true;
        gcn_log_set_writer(write_line, NULL);
    }
}

bool gcn_log_open(const struct gcn_log_options *options, struct gcn_error *err)
{
    struct gcn_log_file file;
    struct gcn_syslog *syslog;

    prepare_process();
    if (!open_syslog(&syslog, options, err)) {
        return false;
    }
    lock_log();
    bool was_captured = is_captured();
    if (was_captured) {
        release_output(); /* "-" means the standard error of old */
    }
    bool good = open_file(&file, options, err);
    bool capture = good ? options->capture_output && file.path != NULL : was_captured;
    if (capture && !capture_output(err)) {
        gcn_log_file_close(&file);
        good = false;
    }
    struct gcn_syslog *old_syslog = syslog; /* if the new one is not used, it is what goes */
    if (good) {
        gcn_log_file_close(&errorlog.file);
        errorlog.file = file;
        old_syslog = errorlog.syslog;
        errorlog.syslog = syslog;
        errorlog.threshold = options->level;
        gcn_log_set_level(counted_level(options->level));
        attach();
    }
    errorlog.followed = UINT64_MAX;
    follow_file();
    unlock_log();
    gcn_syslog_close(old_syslog);
    return good;
}

void gcn_log_set_tap(gcn_log_tap_fn tap)
{
    atomic_store_explicit(&errorlog.tap, tap, memory_order_relaxed);
}

int gcn_log_fd(void)
{
    return errorlog.file.fd >= 0 ? errorlog.file.fd : STDERR_FILENO;
}

void gcn_log_reopen(void)
{
    lock_log();
    bool good = gcn_log_file_reopen(&errorlog.file);
    int error = errno;
    follow_file();
    unlock_log();
    if (!good) {
        errno = error;
        gcn_warn_errno("cannot open the error log \"%s\" again, so the old file stays in use",
                       errorlog.file.path);
    }
}

void gcn_log_detach(int null_fd, bool inherit)
{
    lock_log();
    for (int i = 0; i < 2 && is_captured(); i++) {
        dup3(null_fd, errorlog.saved_fds[i], O_CLOEXEC); /* of two that are open: it cannot fail */
    }
    if (!inherit) {
        gcn_log_file_detach(&errorlog.file, null_fd);
    }
    unlock_log();
}

bool gcn_log_is_capturing(void)
{
    lock_log();
    bool captured = is_captured();
    unlock_log();
    return captured;
}

void gcn_log_close(void)
{
    lock_log();
    errorlog.attached = false;
    gcn_log_set_writer(NULL, NULL);
    gcn_log_file_close(&errorlog.file);
    release_output();
    struct gcn_syslog *syslog = errorlog.syslog;
    errorlog.syslog = NULL;
    unlock_log();
    gcn_syslog_close(syslog);
}

void gcn_log_flush(void)
{
    gcn_syslog_flush(errorlog.syslog); /* no lock: only this thread replaces it */
    gcn_statsd_flush();
}

bool gcn_log_is_waiting(void)
{
    return gcn_syslog_is_waiting(errorlog.syslog);
}
