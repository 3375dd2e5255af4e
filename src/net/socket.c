/* SPDX-License-Identifier: MIT */
/*
 * read, send, sendmsg and sendfile with one shape of result.
 */
#include <gcorn/net/socket.h>

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

/* sendfile moves at most this much a call: other connections want their turn. */
enum { SENDFILE_STEP = 1024 * 1024 };

static enum gcn_io judge(ssize_t n, size_t *done)
{
    if (n >= 0) {
        *done = (size_t)n;
        return GCN_IO_OK;
    }
    *done = 0;
    return errno == EAGAIN || errno == EWOULDBLOCK ? GCN_IO_AGAIN : GCN_IO_ERROR;
}

enum gcn_io gcn_socket_read(int fd, void *bytes, size_t size, size_t *done)
{
    ssize_t n;
    do {
        n = recv(fd, bytes, size, 0);
    } while (n < 0 && errno == EINTR);
    if (n == 0) {
        *done = 0;
        return GCN_IO_EOF;
    }
    return judge(n, done);
}

static int flags_of(enum gcn_push push)
{
    return push == GCN_PUSH_LATER ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
}

enum gcn_io gcn_socket_write(int fd, const void *bytes, size_t size, enum gcn_push push,
                             size_t *done)
{
    ssize_t n;
    do {
        n = send(fd, bytes, size, flags_of(push));
    } while (n < 0 && errno == EINTR);
    return judge(n, done);
}

enum gcn_io gcn_socket_writev(int fd, const struct iovec *pieces, int n_pieces,
                              enum gcn_push push, size_t *done)
{
    struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = (size_t)n_pieces};
    ssize_t n;
    do {
        n = sendmsg(fd, &message, flags_of(push));
    } while (n < 0 && errno == EINTR);
    return judge(n, done);
}

void gcn_socket_push(int fd)
{
    int on = 1;

    /* tcp(7): setting the option flushes, even where it is set already. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

enum gcn_io gcn_socket_sendfile(int fd, int in_fd, off_t *offset, size_t size, size_t *done)
{
    size_t step = size < SENDFILE_STEP ? size : SENDFILE_STEP;
    ssize_t n;
    do {
        n = sendfile(fd, in_fd, offset, step);
    } while (n < 0 && errno == EINTR);
    if (n == 0) {
        *done = 0;
        return GCN_IO_EOF;
    }
    return judge(n, done);
}

void gcn_socket_limit_unsent(int fd, int bytes)
{
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
}

size_t gcn_socket_held(int fd)
{
    int held = 0;

    return ioctl(fd, SIOCOUTQ, &held) < 0 || held < 0 ? 0 : (size_t)held;
}

bool gcn_socket_has_bytes(int fd)
{
    int n = 0;

    return ioctl(fd, FIONREAD, &n) == 0 && n > 0;
}

int64_t gcn_socket_waited_us(int fd)
{
    struct tcp_info info;
    /* Only as far as is needed: the kernel copies no more. */
    socklen_t len =
        offsetof(struct tcp_info, tcpi_last_data_recv) + sizeof(info.tcpi_last_data_recv);

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
        len < offsetof(struct tcp_info, tcpi_last_data_recv) + sizeof(info.tcpi_last_data_recv)) {
        return 0;
    }
    return (int64_t)info.tcpi_last_data_recv * 1000;
}

int gcn_socket_queue_length(int fd)
{
    struct tcp_info info;
    socklen_t len = sizeof(info);

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 || info.tcpi_state != TCP_LISTEN) {
        return -1;
    }
    return (int)info.tcpi_unacked; /* what it means for a socket that listens */
}
