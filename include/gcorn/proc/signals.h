/* SPDX-License-Identifier: MIT */
/*
 * Signals without work in handlers: the arbiter blocks them and reads a signalfd; a worker catches
 * them in handlers that only note the fact.
 */
#ifndef GCORN_PROC_SIGNALS_H
#define GCORN_PROC_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

/* Process (arbiter). {.fd = -1} is closed. */
struct gcn_signals {
    int fd;             /* owned; CLOEXEC, non-blocking; readable when a signal is pending */
    sigset_t inherited; /* the mask before, without the signals that we handle */
};

/*
 * Block the signals that the arbiter handles (HUP INT QUIT TERM TTIN TTOU USR1 USR2 WINCH CHLD),
 * and open a descriptor to read them from. They get there, too, where a thread of somebody else's
 * has them not blocked. SIGPIPE and SIGXFSZ are ignored from here on.
 */
GCN_MUST_CHECK bool gcn_signals_open(struct gcn_signals *signals, struct gcn_error *err);
void gcn_signals_close(struct gcn_signals *signals);

/* The next pending signal, or 0. */
int gcn_signals_read(const struct gcn_signals *signals);

/* Block the signals that the arbiter handles, until gcn_signals_release. */
void gcn_signals_hold(void);

/*
 * In a forked child: close the descriptor and deliver signals again (call it after the child's own
 * handlers are in place; what was sent meanwhile arrives now).
 */
void gcn_signals_release(struct gcn_signals *signals);

/* Run `handler` (async-signal-safe) on `signum` from now on; system calls are restarted. */
void gcn_signal_catch(int signum, void (*handler)(int signum));
void gcn_signal_catch_info(int signum,
                           void (*handler)(int signum, siginfo_t *info, void *context));

/*
 * The handler that gcn_signal_catch was given for `signum` (1 to NSIG - 1), whether or not somebody
 * has put another in its place; NULL: none, or it was gcn_signal_catch_info. And whether it, or
 * that of gcn_signal_catch_info, is in place.
 */
void (*gcn_signal_handler(int signum))(int signum);
bool gcn_signal_is_caught(int signum);

/*
 * Around a fork by the app, so that none of our handlers runs in the child: what the arbiter
 * handles is blocked from _pause on. The parent goes on with _resume. The child calls _forget:
 * signals that gcn_signal_catch caught have their default actions again, unless the app has put
 * handlers of its own in place, and none that we block is blocked. Thread: the forking one.
 * `before` is its mask.
 */
void gcn_signals_pause(sigset_t *before);
void gcn_signals_resume(const sigset_t *before);
void gcn_signals_forget(const sigset_t *before);

enum { GCN_SIGNAL_NAME_BYTES = 24 };

/* "SIGTERM" for 15, and so on; "signal N", written to `out`, for what has no name. */
const char *gcn_signal_name(int signum, char out[GCN_SIGNAL_NAME_BYTES]);

#endif
