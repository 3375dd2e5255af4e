/* SPDX-License-Identifier: MIT */
/*
 * The floor of the benchmarks: what the kernel alone costs. A bare epoll loop that reads a request
 * up to its empty line (and a body of fixed size), judges nothing, and answers a fixed response.
 *
 *   floor PORT RESPONSE_BODY_BYTES REQUEST_BODY_BYTES keep|close
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_BYTES = 16384, EVENTS = 256, BACKLOG = 2048 };

struct conn {
    int fd;
    size_t in_len;    /* bytes of an incomplete head */
    size_t body_left; /* bytes of the request body still to come */
    size_t out_done;  /* bytes of the response already sent; response_len: nothing is pending */
    char in[IN_BYTES];
};

static struct {
    int epoll_fd;
    char *response;
    size_t response_len;
    size_t request_body;
    int closes;
} app;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(int op, int fd, unsigned events, void *owner)
{
    struct epoll_event event = {.events = events, .data.ptr = owner};

    if (epoll_ctl(app.epoll_fd, op, fd, &event) < 0) {
        die("epoll_ctl");
    }
}

static void make_response(size_t body_bytes)
{
    char head[256];
    int len = snprintf(head, sizeof(head),
                       "HTTP/1.1 200 OK\r\nServer: floor\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                       "Connection: %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
                       app.closes ? "close" : "keep-alive", body_bytes);

    app.response_len = (size_t)len + body_bytes;
    app.response = malloc(app.response_len);
    if (app.response == NULL) {
        die("malloc");
    }
    memcpy(app.response, head, (size_t)len);
    memset(app.response + len, 'x', body_bytes);
}

static int listen_on(int port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((unsigned short)port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0 ||
        bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, BACKLOG) < 0) {
        die("listen");
    }
    return fd;
}

static void drop(struct conn *conn)
{
    close(conn->fd);
    free(conn);
}

/* Send what is left of the response. 1: all of it is out; 0: later; -1: the connection is gone. */
static int send_rest(struct conn *conn)
{
    while (conn->out_done < app.response_len) {
        ssize_t sent = send(conn->fd, app.response + conn->out_done,
                            app.response_len - conn->out_done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            return 0;
        }
        if (sent < 0 || (app.closes && conn->out_done + (size_t)sent == app.response_len)) {
            drop(conn);
            return -1;
        }
        conn->out_done += (size_t)sent;
    }
    return 1;
}

/* Start the response. The same results as send_rest. */
static int answer(struct conn *conn)
{
    conn->out_done = 0;
    int result = send_rest(conn);
    if (result == 0) {
        watch(EPOLL_CTL_MOD, conn->fd, EPOLLOUT, conn);
    }
    return result;
}

/* Take one request from `len` new bytes behind in_len (the load generator does not pipeline). */
static void take(struct conn *conn, size_t len)
{
    if (conn->body_left > 0) {
        conn->body_left -= len < conn->body_left ? len : conn->body_left;
    } else {
        conn->in_len += len;
        char *end = memmem(conn->in, conn->in_len, "\r\n\r\n", 4);
        if (end == NULL) {
            return;
        }
        size_t body = conn->in_len - (size_t)(end + 4 - conn->in);
        conn->in_len = 0;
        conn->body_left = app.request_body > body ? app.request_body - body : 0;
    }
    if (conn->body_left == 0) {
        answer(conn);
    }
}

static void on_readable(struct conn *conn)
{
    ssize_t got = recv(conn->fd, conn->in + conn->in_len, IN_BYTES - conn->in_len, 0);

    if (got > 0) {
        take(conn, (size_t)got);
    } else if (got == 0 || errno != EAGAIN) {
        drop(conn);
    }
}

static void accept_one(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    struct conn *conn = malloc(sizeof(*conn));
    if (conn == NULL) {
        die("malloc");
    }
    conn->fd = fd;
    conn->in_len = conn->body_left = 0;
    conn->out_done = app.response_len;
    watch(EPOLL_CTL_ADD, fd, EPOLLIN, conn);
}

static void serve(int listener)
{
    struct epoll_event events[EVENTS];

    for (;;) {
        int count = epoll_wait(app.epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct conn *conn = events[i].data.ptr;
            if (conn == NULL) {
                accept_one(listener);
            } else if ((events[i].events & EPOLLOUT) == 0) {
                on_readable(conn);
            } else if (send_rest(conn) > 0) {
                watch(EPOLL_CTL_MOD, conn->fd, EPOLLIN, conn);
            }
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("floor PORT RESPONSE_BODY_BYTES REQUEST_BODY_BYTES keep|close\n", stderr);
        return 2;
    }
    app.request_body = strtoul(argv[3], NULL, 10);
    app.closes = strcmp(argv[4], "close") == 0;
    make_response(strtoul(argv[2], NULL, 10));
    app.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(atoi(argv[1]));
    watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
    serve(listener);
}
