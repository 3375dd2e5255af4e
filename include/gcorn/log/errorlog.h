/* SPDX-License-Identifier: MIT */
/*
 * Where the lines of the error log go: what stands behind <gcorn/base/log.h> once the settings are
 * known. One a process; workers inherit the arbiter's.
 */
#ifndef GCORN_LOG_ERRORLOG_H
#define GCORN_LOG_ERRORLOG_H

#include <stdbool.h>
#include <sys/types.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/base/log.h>
#include <gcorn/log/syslog.h>

/* Used during gcn_log_open only. */
struct gcn_log_options {
    const char *errorlog;     /* "-": standard error; a path; NULL: nowhere */
    enum gcn_log_level level; /* lines below it are not written */
    bool capture_output;      /* descriptors 1 and 2 lead to the error log, unless that is "-" */
    uid_t uid;                /* who log files belong to that are made; (uid_t)-1: as it comes */
    gid_t gid;                /* (gid_t)-1: as it comes */
    const struct gcn_syslog_options *syslog; /* lines go there too; NULL: they do not */
};

/*
 * Open the error log and send everything that is logged there from now on; what was open before is
 * closed afterwards, so a reload can call it with new options. On an error the old log stays. Also
 * ignores SIGPIPE and SIGXFSZ: a closed pipe or a limit of the file size costs lines, not the
 * process. If lines are to be counted by level (gcn_statsd_open), that is open already.
 * Called by the arbiter before it forks and before it gives up privileges; workers inherit it.
 */
GCN_MUST_CHECK bool gcn_log_open(const struct gcn_log_options *options, struct gcn_error *err);

/*
 * Somebody who takes lines in place of the error log (Python's logging): true if it has taken
 * `message`, which is what stands behind the prefix, without a line end. Called on any thread; may
 * log itself.
 */
typedef bool (*gcn_log_tap_fn)(enum gcn_log_level level, struct gcn_slice message);

/* Offer each line to `tap` first; NULL: to nobody. Any thread. */
void gcn_log_set_tap(gcn_log_tap_fn tap);

/*
 * Where lines go that no line may be made of: the log's descriptor, else standard error.
 * Async-signal-safe.
 */
int gcn_log_fd(void);

/* USR1, in the arbiter and in workers: open the file again. If that fails the old one is kept. */
void gcn_log_reopen(void);

/*
 * The start of a daemon is over: let go of the standard streams of whoever started it, but for the
 * descriptors 1 and 2 themselves (gcn_daemon_detach_stdio). An error log "-" leads to `null_fd`
 * (borrowed, /dev/null), unless they are inherited; what capture_output has put aside goes in any
 * case. Reopening and reloading bring nothing of it back. Threads that log may run.
 */
void gcn_log_detach(int null_fd, bool inherit);

/* True if descriptors 1 and 2 lead to the error log's file (capture_output). */
bool gcn_log_is_capturing(void);

/*
 * Send what was gathered for statsd, and what a slow syslog daemon has left waiting: before a wait.
 */
void gcn_log_flush(void);

/* True if something waits for a syslog daemon: look again in some hundred milliseconds. */
bool gcn_log_is_waiting(void);

/* Back to plain standard error; descriptors 1 and 2 stay where they lead. Harmless if not open. */
void gcn_log_close(void);

#endif
