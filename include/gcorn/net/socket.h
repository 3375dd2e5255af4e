/* SPDX-License-Identifier: MIT */
/*
 * Non-blocking socket calls with one shape of result. EINTR is retried inside.
 */
#ifndef GCORN_NET_SOCKET_H
#define GCORN_NET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <gcorn/base/compiler.h>

/* What a non-blocking call came to. AGAIN is not an error. */
enum gcn_io {
    GCN_IO_OK,    /* something moved: *done says how much */
    GCN_IO_AGAIN, /* nothing moved, wait for readiness */
    GCN_IO_EOF,   /* reading: the peer has closed its side */
    GCN_IO_ERROR, /* errno says why */
};

/* Read up to `size` (> 0) bytes into `bytes`. */
GCN_MUST_CHECK enum gcn_io gcn_socket_read(int fd, void *bytes, size_t size, size_t *done);

/* When bytes that a TCP socket has taken are sent. */
enum gcn_push {
    GCN_PUSH_NOW,
    /* With gcn_socket_push, more bytes or the end of the connection; after some 200 ms at the latest:
       MSG_MORE in send(2). Other sockets do not know it: now. */
    GCN_PUSH_LATER,
};

/* Send up to `size` (> 0) bytes; no SIGPIPE. */
GCN_MUST_CHECK enum gcn_io gcn_socket_write(int fd, const void *bytes, size_t size,
                                            enum gcn_push push, size_t *done);

/* Send up to `n` (> 0) pieces in one call; no SIGPIPE. */
GCN_MUST_CHECK enum gcn_io gcn_socket_writev(int fd, const struct iovec *pieces, int n,
                                             enum gcn_push push, size_t *done);

/* Send what GCN_PUSH_LATER left in the TCP socket `fd`, on which TCP_NODELAY is set. */
void gcn_socket_push(int fd);

enum { GCN_SOCKET_UNSENT_BYTES = 128 * 1024 }; /* what is sensible for a client that does not read */

/*
 * Let the kernel take at most about `bytes` for the TCP socket `fd` that it cannot send yet; 0: as
 * many as it likes, which can be 4 MiB. The connections of a listening socket inherit it.
 */
void gcn_socket_limit_unsent(int fd, int bytes);

/*
 * Send up to `size` bytes of the file `in_fd` from *offset, which moves on. EOF if the file ends
 * there (it was truncated).
 */
GCN_MUST_CHECK enum gcn_io gcn_socket_sendfile(int fd, int in_fd, off_t *offset, size_t size,
                                               size_t *done);

/* Bytes written to `fd` that the kernel still holds for its peer, as far as it says. */
size_t gcn_socket_held(int fd);

/* True if bytes have come that nobody has read yet: FIONREAD, tcp(7), unix(7). */
bool gcn_socket_has_bytes(int fd);

/*
 * How long ago the kernel received the last bytes on the TCP connection `fd`, in microseconds, as
 * finely as its ticks are (1 to 10 ms). 0 if it does not say, as for a unix socket. Before the
 * first read of a connection that is how long its request has waited for us.
 */
int64_t gcn_socket_waited_us(int fd);

/*
 * How many connections wait to be accepted on the listening TCP socket `fd`; -1 if it does not say.
 */
int gcn_socket_queue_length(int fd);

#endif
