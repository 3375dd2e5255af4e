/* SPDX-License-Identifier: MIT */
/*
 * Opening, adopting and closing listening sockets.
 */
#include <gcorn/net/listener.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gcorn/base/file.h>
#include <gcorn/base/ownfd.h>
#include <gcorn/net/socket.h>

/* False with errno kept, after closing `fd` and saying what failed for whom. */
static bool fail_errno(int fd, const char *what, const struct gcn_addr *addr,
                       struct gcn_error *err)
{
    int saved = errno;
    char text[GCN_ADDR_TEXT_BYTES];

    if (fd >= 0) {
        close(fd);
    }
    errno = saved;
    gcn_error_set_errno(err, "cannot %s %s", what, gcn_addr_print(addr, text));
    return false;
}

/* The path of a socket that somebody else has bound; of an abstract one "@" and its name. */
static void note_path(struct gcn_listener *listener, const struct sockaddr_un *un, socklen_t len)
{
    const size_t before = offsetof(struct sockaddr_un, sun_path);
    int path_len = len > before ? (int)(len - before) : 0;
    bool abstract = path_len > 1 && un->sun_path[0] == '\0';

    snprintf(listener->addr.path, sizeof(listener->addr.path), "%s%.*s", abstract ? "@" : "",
             path_len - abstract, un->sun_path + abstract);
}

/* Note what `fd` is bound to; false if it is not a stream socket of a family that we serve. */
static bool note_binding(struct gcn_listener *listener, struct gcn_error *err)
{
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof(bound);
    int type = 0;
    socklen_t type_len = sizeof(type);

    if (getsockname(listener->fd, (void *)&bound, &len) < 0 ||
        getsockopt(listener->fd, SOL_SOCKET, SO_TYPE, &type, &type_len) < 0) {
        return gcn_error_set_errno(err, "descriptor %d is not a socket", listener->fd);
    }
    if (type != SOCK_STREAM || (bound.ss_family != AF_INET && bound.ss_family != AF_INET6 &&
                                bound.ss_family != AF_UNIX)) {
        return gcn_error_set(err, "descriptor %d is not a TCP or unix stream socket",
                             listener->fd);
    }
    listener->is_unix = bound.ss_family == AF_UNIX;
    gcn_sockaddr_print((void *)&bound, listener->host, listener->port);
    if (listener->is_unix && listener->adopted) {
        note_path(listener, (void *)&bound, len);
    }
    return true;
}

/* Hold on to the file that the socket is bound to, so that only that one is removed. */
static void note_file(struct gcn_listener *listener)
{
    if (listener->is_unix && listener->addr.path[0] != '\0') {
        listener->file_fd = open(listener->addr.path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    }
}

static bool start_listening(struct gcn_listener *listener,
                            const struct gcn_listener_options *options, struct gcn_error *err)
{
    int on = 1;

    if (!listener->is_unix) {
        /* Accepted connections inherit it. */
        setsockopt(listener->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        gcn_socket_limit_unsent(listener->fd, GCN_SOCKET_UNSENT_BYTES);
    }
    if (listen(listener->fd, options->backlog) < 0) {
        return fail_errno(-1, "listen at", &listener->addr, err);
    }
    gcn_ownfd_add(listener->fd);
    return true;
}

bool gcn_listener_adopt(struct gcn_listener *listener, int fd,
                        const struct gcn_listener_options *options, struct gcn_error *err)
{
    *listener = (struct gcn_listener){.fd = fd, .file_fd = -1, .adopted = true};
    listener->addr = (struct gcn_addr){.kind = GCN_ADDR_FD, .fd = fd};
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        gcn_error_set_errno(err, "descriptor %d was not inherited", fd);
        listener->fd = -1;
        return false;
    }
    if (!note_binding(listener, err)) {
        listener->fd = -1; /* whatever it is, it is not ours to close */
        return false;
    }
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (!start_listening(listener, options, err)) {
        listener->fd = -1;
        return false;
    }
    note_file(listener);
    return true;
}

/* What `addr` is as a socket address; names are looked up. Returns its length, or 0. */
static socklen_t resolve(const struct gcn_addr *addr, struct sockaddr_storage *out,
                         struct gcn_error *err)
{
    struct addrinfo hints = {
        .ai_family = addr->kind == GCN_ADDR_INET6 ? AF_INET6 : AF_INET,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | (addr->kind == GCN_ADDR_INET6 ? AI_NUMERICHOST : 0),
    };
    struct addrinfo *found = NULL;
    char port[GCN_ADDR_PORT_BYTES];

    snprintf(port, sizeof(port), "%u", addr->port);
    int rc = getaddrinfo(addr->host, port, &hints, &found);
    if (rc != 0) {
        const char *why = rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc);
        errno = EADDRNOTAVAIL;
        gcn_error_set(err, "cannot look up the host \"%s\": %s", addr->host, why);
        return 0;
    }
    socklen_t len = found->ai_addrlen;
    memcpy(out, found->ai_addr, len);
    freeaddrinfo(found);
    return len;
}

static bool open_inet(struct gcn_listener *listener, const struct gcn_listener_options *options,
                      struct gcn_error *err)
{
    struct sockaddr_storage address;
    int on = 1;

    socklen_t len = resolve(&listener->addr, &address, err);
    if (len == 0) {
        return false;
    }
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return fail_errno(fd, "make a socket for", &listener->addr, err);
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (options->reuse_port) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    }
    if (bind(fd, (void *)&address, len) < 0) {
        return fail_errno(fd, "bind", &listener->addr, err);
    }
    listener->fd = fd;
    return true;
}

/* True if somebody accepts connections at the socket file `un`. */
static bool is_served(const struct sockaddr_un *un)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return true; /* better to refuse than to take a live server's file */
    }
    /* EAGAIN: its queue is full; it lives. */
    bool served = connect(fd, (const void *)un, sizeof(*un)) == 0 || errno == EAGAIN;
    close(fd);
    return served;
}

/*
 * Make way at `un`: false with errno set if something is there that is not a dead server's socket.
 */
static bool remove_stale(const struct sockaddr_un *un)
{
    struct stat st;

    if (lstat(un->sun_path, &st) < 0) {
        return errno == ENOENT;
    }
    if (!S_ISSOCK(st.st_mode)) {
        errno = EEXIST;
        return false;
    }
    if (is_served(un)) {
        errno = EADDRINUSE;
        return false;
    }
    return unlink(un->sun_path) == 0 || errno == ENOENT;
}

static bool open_unix(struct gcn_listener *listener, const struct gcn_listener_options *options,
                      struct gcn_error *err)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    memcpy(un.sun_path, listener->addr.path, sizeof(un.sun_path));
    if (!remove_stale(&un)) {
        return errno == EEXIST
                   ? gcn_error_set(err, "%s exists and is not a socket; it is left alone",
                                   un.sun_path)
                   : fail_errno(-1, "bind", &listener->addr, err);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return fail_errno(fd, "make a socket for", &listener->addr, err);
    }
    mode_t before = umask(options->umask);
    int rc = bind(fd, (void *)&un, sizeof(un));
    umask(before);
    if (rc < 0) {
        return fail_errno(fd, "bind", &listener->addr, err);
    }
    if ((options->uid != (uid_t)-1 || options->gid != (gid_t)-1) &&
        lchown(un.sun_path, options->uid, options->gid) < 0) {
        return fail_errno(fd, "give to its owner", &listener->addr, err);
    }
    listener->fd = fd;
    return true;
}

bool gcn_listener_open(struct gcn_listener *listener, const struct gcn_addr *addr,
                       const struct gcn_listener_options *options, struct gcn_error *err)
{
    if (addr->kind == GCN_ADDR_FD) {
        return gcn_listener_adopt(listener, addr->fd, options, err);
    }
    *listener = (struct gcn_listener){.fd = -1, .file_fd = -1, .addr = *addr};
    bool opened = addr->kind == GCN_ADDR_UNIX ? open_unix(listener, options, err)
                                              : open_inet(listener, options, err);
    if (!opened) {
        return false;
    }
    listener->is_unix = addr->kind == GCN_ADDR_UNIX;
    note_file(listener);
    if (!start_listening(listener, options, err) || !note_binding(listener, err)) {
        int saved = errno;
        gcn_listener_close(listener);
        errno = saved;
        return false;
    }
    return true;
}

void gcn_listener_close(struct gcn_listener *listener)
{
    if (listener->fd >= 0) {
        gcn_ownfd_close(listener->fd);
        listener->fd = -1;
    }
    if (listener->file_fd >= 0) {
        close(listener->file_fd);
        listener->file_fd = -1;
    }
}

void gcn_listener_unlink(const struct gcn_listener *listener)
{
    struct stat ours, there;

    /* Of a socket that somebody else opened for us the file is theirs, too. */
    if (listener->addr.kind != GCN_ADDR_UNIX || listener->file_fd < 0) {
        return;
    }
    if (fstat(listener->file_fd, &ours) == 0 && lstat(listener->addr.path, &there) == 0 &&
        ours.st_dev == there.st_dev && ours.st_ino == there.st_ino) {
        unlink(listener->addr.path);
    }
}

char *gcn_listener_print(const struct gcn_listener *listener, bool tls,
                         char out[GCN_ADDR_TEXT_BYTES])
{
    const char *scheme = tls ? "https" : "http";

    if (listener->is_unix) {
        snprintf(out, GCN_ADDR_TEXT_BYTES, "unix:%s", listener->addr.path);
    } else if (strchr(listener->host, ':') != NULL) {
        snprintf(out, GCN_ADDR_TEXT_BYTES, "%s://[%s]:%s", scheme, listener->host, listener->port);
    } else {
        snprintf(out, GCN_ADDR_TEXT_BYTES, "%s://%s:%s", scheme, listener->host, listener->port);
    }
    return out;
}

int gcn_listener_backlog_cap(void)
{
    char text[32];

    (void)gcn_file_read("/proc/sys/net/core/somaxconn", text, sizeof(text));
    long cap = strtol(text, NULL, 10);
    return cap > 0 && cap < INT_MAX ? (int)cap : 0;
}
