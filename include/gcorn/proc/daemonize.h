/* SPDX-License-Identifier: MIT */
/*
 * Going into the background. The command in the foreground waits until the server in the background
 * says that it is up or that it failed, and leaves with that code.
 */
#ifndef GCORN_PROC_DAEMONIZE_H
#define GCORN_PROC_DAEMONIZE_H

#include <stdbool.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

/* Process. {.report_fd = -1} is not in the background. */
struct gcn_daemon {
    int report_fd; /* owned: where the outcome goes */
};

enum gcn_daemon_role {
    GCN_DAEMON_FOREGROUND, /* the original process: leave with *code */
    GCN_DAEMON_BACKGROUND, /* go on here, in a session of its own */
    GCN_DAEMON_FAILED,     /* err says why */
};

/*
 * Split. In the foreground this returns once gcn_daemon_report was called in the background, or the
 * process there is gone (which is logged), with what the command should leave with in *code. In the
 * background the umask is 022.
 */
GCN_MUST_CHECK enum gcn_daemon_role gcn_daemon_start(struct gcn_daemon *daemon, int *code,
                                                     struct gcn_error *err);

/* Tell the foreground that the start has come to `code`. Once; harmless in the foreground. */
void gcn_daemon_report(struct gcn_daemon *daemon, int code);

/*
 * Lead descriptors 0, 1 and 2 to `null_fd` (borrowed, /dev/null, not one of them). With `inherit`
 * only standard input, and the others only if they are terminals.
 */
void gcn_daemon_detach_stdio(int null_fd, bool inherit);

#endif
