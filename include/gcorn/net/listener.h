/* SPDX-License-Identifier: MIT */
/*
 * Listening sockets: opened by address, adopted from whoever started us, closed with their file.
 */
#ifndef GCORN_NET_LISTENER_H
#define GCORN_NET_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/net/addr.h>

/* How a listener is opened. */
struct gcn_listener_options {
    int backlog;
    bool reuse_port; /* other servers may bind the same port; the kernel spreads connections */
    mode_t umask;    /* in force while a socket file is made */
    uid_t uid;       /* the socket file's owner; (uid_t)-1: as it is */
    gid_t gid;
};

/*
 * Lifetime: settings generation, or longer. A value that is copied whole; whoever closes it owns
 * the fd.
 */
struct gcn_listener {
    int fd;               /* owned; non-blocking, CLOEXEC; -1: closed */
    struct gcn_addr addr; /* as it was asked for; of an adopted one, what it is bound to */
    bool is_unix;
    bool adopted;         /* the descriptor was inherited (fd://, upgrade, systemd) */
    char host[GCN_ADDR_NUMERIC_BYTES]; /* bound to: numeric; "" for unix */
    char port[GCN_ADDR_PORT_BYTES];    /* bound to: decimal, also if 0 was asked for; "" for unix */
    int file_fd;          /* owned: the socket file (O_PATH), so that its inode is not used again; -1: none */
};

/*
 * Bind and listen, or adopt (fd://N). One attempt: `err` says why it failed and errno is EADDRINUSE
 * if somebody else serves that address. A stale socket file is replaced, a live one is not.
 */
GCN_MUST_CHECK bool gcn_listener_open(struct gcn_listener *listener, const struct gcn_addr *addr,
                                      const struct gcn_listener_options *options,
                                      struct gcn_error *err);

/* Take over `fd`, an inherited stream socket, and make it listen if it does not. */
GCN_MUST_CHECK bool gcn_listener_adopt(struct gcn_listener *listener, int fd,
                                       const struct gcn_listener_options *options,
                                       struct gcn_error *err);

/* Close the descriptors; the socket file stays. Harmless if closed. */
void gcn_listener_close(struct gcn_listener *listener);

/* Remove the socket file if it is still the one that this listener (not closed yet) is bound to. */
void gcn_listener_unlink(const struct gcn_listener *listener);

/* "http://127.0.0.1:8000", "https://[::1]:8000" or "unix:/run/app.sock" at `out`. Returns out. */
char *gcn_listener_print(const struct gcn_listener *listener, bool tls,
                         char out[GCN_ADDR_TEXT_BYTES]);

/* The longest queue that the kernel gives a listener, or 0 if it does not say. */
int gcn_listener_backlog_cap(void);

#endif
