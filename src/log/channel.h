/* SPDX-License-Identifier: MIT */
/*
 * A way to a daemon that takes messages: syslogd, statsd. Datagrams or a stream, never waiting:
 * what cannot be sent is counted and lost, a connection that broke is made again once a second at
 * most.
 */
#ifndef GCORN_LOG_CHANNEL_H
#define GCORN_LOG_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/base/slice.h>

#include "file.h"

enum {
    GCN_CHANNEL_ADDRESSES = 4,
    GCN_CHANNEL_PENDING_BYTES = 64 * 1024, /* of a stream whose daemon is slow */
};

/* Where the daemon is. A value; looked up at boot, so that no name is looked up later. */
struct gcn_channel_peer {
    int types[2]; /* SOCK_DGRAM, SOCK_STREAM: tried in order; 0: no second one */
    struct {
        struct sockaddr_storage addr;
        socklen_t len;
    } addresses[GCN_CHANNEL_ADDRESSES];
    size_t n_addresses; /* 0: not looked up yet */
    char host[128], port[8]; /* of an internet address, to be looked up */
    char text[160];          /* for messages: "udp://localhost:514" */
};

/* Lifetime: as long as the log is open. Not locked: one thread at a time. */
struct gcn_channel {
    struct gcn_channel_peer peer;
    int fd;           /* owned; -1: not connected */
    int type;         /* SOCK_DGRAM or SOCK_STREAM, of fd */
    unsigned forks;   /* of this process's ancestors when it was used last */
    size_t turn;      /* of the addresses: which is tried next */
    int64_t retry_ms; /* monotonic: when to try again */
    int64_t lost;     /* messages lost since the last that was sent or taken; 0: all is well */
    char stream_end;  /* what ends a message on a stream */
    bool torn;        /* the first pending message was sent in part */
    size_t pending;   /* bytes of `waiting` */
    char *waiting;    /* owned; NULL until it is needed; whole messages but for a torn first one */
};

/* The unix socket at `path`. `types` as in the peer. */
GCN_MUST_CHECK bool gcn_channel_unix(struct gcn_channel_peer *peer, struct gcn_slice path,
                                     const int types[2], struct gcn_error *err);

/*
 * "host", "host:port", "[v6]:port" or "" (localhost), which is to be looked up before it is used.
 */
GCN_MUST_CHECK bool gcn_channel_inet(struct gcn_channel_peer *peer, struct gcn_slice where,
                                     const char *default_port, int type, struct gcn_error *err);

/*
 * Look the peer's host up, if it has one, which may take some seconds. IPv4 addresses come first:
 * that is what such daemons listen on. False if it has no address.
 */
GCN_MUST_CHECK bool gcn_channel_look_up(struct gcn_channel_peer *peer, struct gcn_error *err);

/*
 * A channel to `peer`, whose addresses are known, not connected yet. `stream_end` ends messages on
 * a stream.
 */
void gcn_channel_init(struct gcn_channel *channel, const struct gcn_channel_peer *peer,
                      char stream_end);
void gcn_channel_finish(struct gcn_channel *channel);

/* True if messages go over a stream, as far as is known: then they are ended by stream_end. */
bool gcn_channel_is_stream(struct gcn_channel *channel, int64_t now_ms);

/*
 * Send one message, or on a stream whole ones, each ended by stream_end. The outcome is as with
 * gcn_log_file_write: FAILED for the first that is lost (errno), RESUMED with *lost when it works
 * again.
 *   now_ms  monotonic
 */
enum gcn_log_outcome gcn_channel_send(struct gcn_channel *channel, const char *bytes, size_t len,
                                      int64_t now_ms, int64_t *lost);

/* Send what a stream could not take before. */
void gcn_channel_flush(struct gcn_channel *channel, int64_t now_ms);

#endif
