/* SPDX-License-Identifier: MIT */
/*
 * systemd's two protocols: sockets that it opened for us (sd_listen_fds(3)) and messages to it
 * (sd_notify(3)). Without systemd nothing here does anything.
 */
#ifndef GCORN_PROC_SYSTEMD_H
#define GCORN_PROC_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

enum { GCN_SYSTEMD_FIRST_FD = 3 };

/*
 * How many sockets were passed to this process; they are GCN_SYSTEMD_FIRST_FD and those behind it.
 * 0 if LISTEN_PID names another process. The variables are removed from the environment. False if
 * they are there and make no sense.
 */
GCN_MUST_CHECK bool gcn_systemd_take_fds(int *n_fds, struct gcn_error *err);

/*
 * Send "NAME=value" lines to the socket that NOTIFY_SOCKET names. Does nothing without it; a
 * message that cannot be sent is dropped (debug).
 */
GCN_PRINTF(1, 2) void gcn_systemd_notify(const char *fmt, ...);

/* How often systemd expects WATCHDOG=1 of this process, in ms; 0: it does not. */
int64_t gcn_systemd_watchdog_ms(void);

#endif
