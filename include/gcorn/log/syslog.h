/* SPDX-License-Identifier: MIT */
/*
 * Lines to a syslog daemon, RFC 3164, in gunicorn's form: the tag "gunicorn.PREFIX.error" or
 * ".access", the pid in brackets, the message. Never waits for the daemon: see gcn_syslog_send.
 */
#ifndef GCORN_LOG_SYSLOG_H
#define GCORN_LOG_SYSLOG_H

#include <stdbool.h>
#include <stddef.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/base/log.h>
#include <gcorn/base/slice.h>

struct gcn_syslog;

/* Used during gcn_syslog_open only. */
struct gcn_syslog_options {
    const char *address;  /* udp://HOST[:PORT], tcp://HOST[:PORT], unix://PATH[#dgram|#stream] */
    const char *facility; /* "user", "local0", … in any case */
    const char *prefix;   /* the middle of the tag */
};

/* Which of the two logs a line belongs to. */
enum gcn_syslog_tag {
    GCN_SYSLOG_ERROR,
    GCN_SYSLOG_ACCESS,
};

/*
 * Understand the address and look its host up; the daemon need not be there. NULL with `err` that
 * names the setting. Messages on a stream end in a line feed over TCP (RFC 6587 §3.4.2), in a NUL
 * on a unix socket, as in the C library.
 */
struct gcn_syslog *gcn_syslog_open(const struct gcn_syslog_options *options, struct gcn_error *err);

/*
 * `syslog`, held once more: it has to be closed once more, too. For a thread that sends while
 * another one may close. The caller sees to it that it is not closed meanwhile. NULL is fine.
 */
struct gcn_syslog *gcn_syslog_hold(struct gcn_syslog *syslog);

/* Close what was opened or held; the last one sends what waits and frees it. NULL is fine. */
void gcn_syslog_close(struct gcn_syslog *syslog);

/*
 * Send `text`, without line end at its end; further line ends become "#012" on a stream. What the
 * daemon does not take is lost (a stream keeps 64 KiB for when it is slow or away); the first loss,
 * and how many there were when it works again, are told in the log, that is: in its file. Any
 * thread.
 */
void gcn_syslog_send(struct gcn_syslog *syslog, enum gcn_syslog_tag tag, enum gcn_log_level level,
                     struct gcn_slice text);

/* Send what a slow daemon has left waiting. Now and then, before a wait. NULL is fine. */
void gcn_syslog_flush(struct gcn_syslog *syslog);

/* True if something waits for a slow daemon. NULL is fine. */
bool gcn_syslog_is_waiting(const struct gcn_syslog *syslog);

#endif
