/* SPDX-License-Identifier: MIT */
/*
 * The listening sockets of one generation of settings.
 */
#ifndef GCORN_ARBITER_SOCKETS_H
#define GCORN_ARBITER_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/net/listener.h>

struct gcn_settings;

/* Lifetime: settings generation. {0} is empty. Two generations may share descriptors. */
struct gcn_sockets {
    struct gcn_listener *items; /* owned, in the order of the setting */
    uint32_t n;
};

/* How the settings want sockets to be opened. */
struct gcn_listener_options gcn_sockets_options(const struct gcn_settings *settings);

/*
 * Open what settings->bind names; an address that `old` has too keeps its socket. On false
 * what was opened here is closed again, and errno is EADDRINUSE if that was the cause.
 */
GCN_MUST_CHECK bool gcn_sockets_open(struct gcn_sockets *sockets,
                                     const struct gcn_settings *settings,
                                     const struct gcn_sockets *old, struct gcn_error *err);

/* A copy that shares everything. */
void gcn_sockets_copy(struct gcn_sockets *sockets, const struct gcn_sockets *from);

/* True if both have the same sockets in the same order. */
bool gcn_sockets_equal(const struct gcn_sockets *a, const struct gcn_sockets *b);

/* Close the sockets that `keep` (or NULL) does not share; with `unlink` remove their files. */
void gcn_sockets_close(struct gcn_sockets *sockets, const struct gcn_sockets *keep, bool unlink);

/*
 * Close the descriptors and move to `left` what gcn_sockets_close needs to remove the files later.
 */
void gcn_sockets_leave(struct gcn_sockets *sockets, struct gcn_sockets *left);

/* "listening at: http://…,unix:… (pid)", and a notice if the kernel caps the queue. */
void gcn_sockets_log(const struct gcn_sockets *sockets, const struct gcn_settings *settings);

#endif
