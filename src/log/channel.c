/* SPDX-License-Identifier: MIT */
/*
 * Non-blocking sockets to daemons that come and go.
 */
#include "channel.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <gcorn/base/mem.h>
#include <gcorn/base/parse.h>
#include <gcorn/base/quote.h>

enum {
    RETRY_MS = 1000,
    SHORT_DATAGRAM = 1024, /* what every syslogd takes: RFC 3164 §4.1 */
};

/* Process: how many forks lie between us and the first process. */
static struct {
    bool counting;
    unsigned forks;
} ancestry;

static void count_fork(void)
{
    ancestry.forks++;
}

bool gcn_channel_unix(struct gcn_channel_peer *peer, struct gcn_slice path, const int types[2],
                      struct gcn_error *err)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    char room[GCN_QUOTE_BYTES];

    *peer = (struct gcn_channel_peer){.types = {types[0], types[1]}, .n_addresses = 1};
    if (path.len == 0 || path.len >= sizeof(addr.sun_path)) {
        return gcn_error_set(err, "%s: expected the path of a unix socket, 1 to %zu bytes",
                             gcn_quote(path, room), sizeof(addr.sun_path) - 1);
    }
    memcpy(addr.sun_path, path.ptr, path.len);
    memcpy(&peer->addresses[0].addr, &addr, sizeof(addr));
    peer->addresses[0].len = sizeof(addr);
    snprintf(peer->text, sizeof(peer->text), "unix://%.*s", (int)path.len, path.ptr);
    return true;
}

static void add_addresses(struct gcn_channel_peer *peer, const struct addrinfo *found, bool ipv4)
{
    for (; found != NULL && peer->n_addresses < GCN_CHANNEL_ADDRESSES; found = found->ai_next) {
        if ((found->ai_family == AF_INET) == ipv4) {
            size_t i = peer->n_addresses++;
            memcpy(&peer->addresses[i].addr, found->ai_addr, found->ai_addrlen);
            peer->addresses[i].len = found->ai_addrlen;
        }
    }
}

bool gcn_channel_look_up(struct gcn_channel_peer *peer, struct gcn_error *err)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = peer->types[0]};
    struct addrinfo *found = NULL;
    char room[GCN_QUOTE_BYTES];

    if (peer->n_addresses > 0) {
        return true;
    }
    int rc = getaddrinfo(peer->host, peer->port, &hints, &found);
    if (rc != 0) {
        return gcn_error_set(err, "cannot look up the host %s: %s",
                             gcn_quote(gcn_slice_of(peer->host), room), gai_strerror(rc));
    }
    add_addresses(peer, found, true);
    add_addresses(peer, found, false);
    freeaddrinfo(found);
    return true;
}

/* "[v6]:port", "host:port" or "host" cut in two; *port is empty if there is none. */
static bool cut_port(struct gcn_slice where, struct gcn_slice *host, struct gcn_slice *port)
{
    if (gcn_slice_skip(&where, "[")) {
        return gcn_slice_cut(where, ']', host, port) &&
               (port->len == 0 || gcn_slice_skip(port, ":"));
    }
    gcn_slice_cut(where, ':', host, port);
    return true;
}

bool gcn_channel_inet(struct gcn_channel_peer *peer, struct gcn_slice where,
                      const char *default_port, int type, struct gcn_error *err)
{
    struct gcn_slice host, port;
    char room[GCN_QUOTE_BYTES];
    int64_t number = 0;

    *peer = (struct gcn_channel_peer){.types = {type, 0}};
    bool good = cut_port(where, &host, &port) && host.len < sizeof(peer->host);
    host = host.len == 0 ? GCN_SLICE("localhost") : host;
    port = port.len == 0 ? gcn_slice_of(default_port) : port;
    if (!good || !gcn_parse_digits(port, &number) || number < 1 || number > 65535) {
        return gcn_error_set(err, "%s: expected HOST, HOST:PORT or [IPV6]:PORT",
                             gcn_quote(where, room));
    }
    snprintf(peer->host, sizeof(peer->host), "%.*s", (int)host.len, host.ptr);
    snprintf(peer->port, sizeof(peer->port), "%u", (unsigned)number);
    bool colon = strchr(peer->host, ':') != NULL;
    snprintf(peer->text, sizeof(peer->text), "%s://%s%s%s:%s", type == SOCK_DGRAM ? "udp" : "tcp",
             colon ? "[" : "", peer->host, colon ? "]" : "", peer->port);
    return true;
}

void gcn_channel_init(struct gcn_channel *channel, const struct gcn_channel_peer *peer,
                      char stream_end)
{
    if (!ancestry.counting) {
        ancestry.counting = true;
        pthread_atfork(NULL, NULL, count_fork);
    }
    *channel = (struct gcn_channel){
        .peer = *peer, .fd = -1, .forks = ancestry.forks, .stream_end = stream_end};
}

static void disconnect(struct gcn_channel *channel)
{
    if (channel->fd >= 0) {
        close(channel->fd);
        channel->fd = -1;
    }
}

void gcn_channel_finish(struct gcn_channel *channel)
{
    disconnect(channel);
    gcn_free(channel->waiting);
    channel->waiting = NULL;
    channel->pending = 0;
}

/* Forget the first `n` bytes that wait. */
static void drop_waiting(struct gcn_channel *channel, size_t n)
{
    channel->pending -= n;
    memmove(channel->waiting, channel->waiting + n, channel->pending);
}

/* The rest of a torn message means nothing on another connection. */
static void drop_torn(struct gcn_channel *channel)
{
    if (channel->torn) {
        const char *end = memchr(channel->waiting, channel->stream_end, channel->pending);
        drop_waiting(channel,
                     end == NULL ? channel->pending : (size_t)(end - channel->waiting) + 1);
        channel->torn = false;
    }
}

/* A socket of `type` that is connected, or about to be; -1 with errno. */
static int open_socket(struct gcn_channel *channel, int type)
{
    size_t i = channel->turn;
    const struct sockaddr *addr = (const struct sockaddr *)&channel->peer.addresses[i].addr;
    int fd = socket(addr->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return -1;
    }
    if (connect(fd, addr, channel->peer.addresses[i].len) < 0 && errno != EINPROGRESS) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* Each address in turn, of each the types in turn. False with errno. */
static bool try_connect(struct gcn_channel *channel)
{
    const struct gcn_channel_peer *peer = &channel->peer;

    for (size_t tried = 0; tried < peer->n_addresses; tried++) {
        for (size_t i = 0; i < GCN_COUNT(peer->types) && peer->types[i] != 0; i++) {
            channel->type = peer->types[i];
            channel->fd = open_socket(channel, channel->type);
            if (channel->fd >= 0) {
                return true;
            }
        }
        channel->turn = (channel->turn + 1) % peer->n_addresses;
    }
    return false;
}

/* A stream is our parent's, and so is what waits for it; a socket for datagrams can be shared. */
static void notice_fork(struct gcn_channel *channel)
{
    if (channel->forks == ancestry.forks) {
        return;
    }
    channel->forks = ancestry.forks;
    if (channel->type == SOCK_STREAM) {
        disconnect(channel);
        channel->pending = 0;
        channel->torn = false;
        channel->retry_ms = 0;
    }
}

static bool is_connected(struct gcn_channel *channel, int64_t now_ms)
{
    if (channel->fd >= 0) {
        return true;
    }
    if (now_ms < channel->retry_ms || !try_connect(channel)) {
        channel->retry_ms = now_ms < channel->retry_ms ? channel->retry_ms : now_ms + RETRY_MS;
        return false;
    }
    drop_torn(channel);
    return true;
}

bool gcn_channel_is_stream(struct gcn_channel *channel, int64_t now_ms)
{
    return is_connected(channel, now_ms) ? channel->type == SOCK_STREAM
                                         : channel->peer.types[0] == SOCK_STREAM;
}

/* Give the connection up; the next address is tried in a while. errno is kept. */
static void connection_failed(struct gcn_channel *channel, int64_t now_ms)
{
    int saved = errno;

    disconnect(channel);
    channel->turn = (channel->turn + 1) % channel->peer.n_addresses;
    channel->retry_ms = now_ms + RETRY_MS;
    errno = saved;
}

static ssize_t put(const struct gcn_channel *channel, const char *bytes, size_t len)
{
    ssize_t n;
    do {
        n = send(channel->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n;
}

void gcn_channel_flush(struct gcn_channel *channel, int64_t now_ms)
{
    notice_fork(channel);
    while (channel->pending > 0 && is_connected(channel, now_ms)) {
        ssize_t n = put(channel, channel->waiting, channel->pending);
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            connection_failed(channel, now_ms);
        }
        if (n <= 0) {
            return;
        }
        channel->torn = channel->waiting[n - 1] != channel->stream_end;
        drop_waiting(channel, (size_t)n);
    }
}

/* Queue the message and send what the daemon takes. False with errno if it is lost. */
static bool send_stream(struct gcn_channel *channel, const char *bytes, size_t len, int64_t now_ms)
{
    if (channel->pending + len > GCN_CHANNEL_PENDING_BYTES) {
        gcn_channel_flush(channel, now_ms);
    }
    if (channel->pending + len > GCN_CHANNEL_PENDING_BYTES) {
        errno = channel->fd < 0 ? ENOTCONN : EAGAIN;
        return false;
    }
    if (channel->waiting == NULL) {
        channel->waiting = gcn_alloc(GCN_CHANNEL_PENDING_BYTES);
    }
    memcpy(channel->waiting + channel->pending, bytes, len);
    channel->pending += len;
    gcn_channel_flush(channel, now_ms);
    return true;
}

/* True if sending again at once may help: the failure was an earlier datagram's, or one of size. */
static bool is_worth_another(struct gcn_channel *channel, size_t *len, int64_t now_ms)
{
    if (errno == EMSGSIZE && *len > SHORT_DATAGRAM) {
        *len = SHORT_DATAGRAM;
        return true;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
        return false;
    }
    if (channel->peer.addresses[0].addr.ss_family == AF_UNIX) { /* the daemon was started anew */
        connection_failed(channel, now_ms);
        channel->retry_ms = now_ms;
        return is_connected(channel, now_ms) && channel->type == SOCK_DGRAM;
    }
    return errno == ECONNREFUSED;
}

static bool send_datagram(struct gcn_channel *channel, const char *bytes, size_t len,
                          int64_t now_ms)
{
    if (put(channel, bytes, len) >= 0) {
        return true;
    }
    return is_worth_another(channel, &len, now_ms) && put(channel, bytes, len) >= 0;
}

enum gcn_log_outcome gcn_channel_send(struct gcn_channel *channel, const char *bytes, size_t len,
                                      int64_t now_ms, int64_t *lost)
{
    notice_fork(channel);
    bool stream = gcn_channel_is_stream(channel, now_ms);
    bool sent = stream ? send_stream(channel, bytes, len, now_ms)
                       : channel->fd >= 0 && send_datagram(channel, bytes, len, now_ms);

    if (!sent) {
        return channel->lost++ == 0 ? GCN_LOG_FAILED : GCN_LOG_LOST;
    }
    if (channel->lost == 0 || (stream && channel->pending > 0)) {
        return GCN_LOG_WRITTEN;
    }
    *lost = channel->lost;
    channel->lost = 0;
    return GCN_LOG_RESUMED;
}
