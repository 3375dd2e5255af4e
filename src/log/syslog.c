/* SPDX-License-Identifier: MIT */
/*
 * syslog lines. A lock of its own keeps threads apart; nothing is logged while it is held.
 */
#include <gcorn/log/syslog.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/mem.h>
#include <gcorn/base/quote.h>

#include "channel.h"

enum {
    MESSAGE_BYTES = 8192, /* longer ones are cut: more is taken by hardly any daemon */
    TAG_BYTES = 160,
};

/* Lifetime: settings generation, and until the last who holds it has closed it. */
struct gcn_syslog {
    atomic_int holders;
    struct gcn_channel channel;
    int facility;
    char host[72]; /* "name " over a network, "" on a unix socket: RFC 3164 §4.1.2, and syslog(3) */
    char tag[TAG_BYTES]; /* "gunicorn.PREFIX" */
};

/* Process: guards every gcn_syslog; taken around a fork. */
static struct {
    pthread_mutex_t lock;
    bool prepared;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void lock_gate(void)
{
    pthread_mutex_lock(&gate.lock);
}

static void unlock_gate(void)
{
    pthread_mutex_unlock(&gate.lock);
}

static bool find_facility(const char *name, int *out, struct gcn_error *err)
{
    static const struct {
        const char *name;
        int number;
    } rows[] = {
        {"kern", 0},     {"user", 1},      {"mail", 2},    {"daemon", 3},  {"auth", 4},
        {"security", 4}, {"syslog", 5},    {"lpr", 6},     {"news", 7},    {"uucp", 8},
        {"cron", 9},     {"authpriv", 10}, {"ftp", 11},    {"local0", 16}, {"local1", 17},
        {"local2", 18},  {"local3", 19},   {"local4", 20}, {"local5", 21}, {"local6", 22},
        {"local7", 23},
    };

    char room[GCN_QUOTE_BYTES];

    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        if (gcn_slice_equal_nocase(gcn_slice_of(name), gcn_slice_of(rows[i].name))) {
            *out = rows[i].number;
            return true;
        }
    }
    return gcn_error_set(err,
                         "syslog_facility: %s: expected user, daemon, local0 to local7 or "
                         "another one of syslog(3), as in mail for LOG_MAIL",
                         gcn_quote(gcn_slice_of(name), room));
}

static bool parse_unix(struct gcn_slice rest, struct gcn_channel_peer *peer, struct gcn_error *err)
{
    static const int dgram[] = {SOCK_DGRAM, 0}, stream[] = {SOCK_STREAM, 0},
                     either[] = {SOCK_DGRAM, SOCK_STREAM};
    struct gcn_slice path, type;

    gcn_slice_cut(rest, '#', &path, &type);
    if (gcn_slice_equal(type, GCN_SLICE("dgram"))) {
        return gcn_channel_unix(peer, path, dgram, err);
    }
    return gcn_channel_unix(peer, path,
                            gcn_slice_equal(type, GCN_SLICE("stream")) ? stream : either, err);
}

static bool find_peer(const char *address, struct gcn_channel_peer *peer, struct gcn_error *err)
{
    struct gcn_slice rest = gcn_slice_of(address);
    char room[GCN_QUOTE_BYTES];
    bool good;

    if (gcn_slice_skip(&rest, "unix://")) {
        good = parse_unix(rest, peer, err);
    } else if (gcn_slice_skip(&rest, "udp://")) {
        good = gcn_channel_inet(peer, rest, "514", SOCK_DGRAM, err);
    } else if (gcn_slice_skip(&rest, "tcp://")) {
        good = gcn_channel_inet(peer, rest, "514", SOCK_STREAM, err);
    } else {
        good = gcn_error_set(err,
                             "%s: expected udp://HOST:PORT, tcp://HOST:PORT or unix://PATH",
                             gcn_quote(rest, room));
    }
    return (good && gcn_channel_look_up(peer, err)) || gcn_error_prefix(err, "syslog_addr");
}

/* A tag ends at a blank or a colon, and must not forge a line. */
static void set_tag(struct gcn_syslog *syslog, const char *prefix)
{
    snprintf(syslog->tag, sizeof(syslog->tag), "gunicorn.%s", prefix);
    for (char *at = syslog->tag; *at != '\0'; at++) {
        if (*at <= ' ' || *at >= 0x7f || *at == ':' || *at == '[') {
            *at = '_';
        }
    }
}

static void set_host(struct gcn_syslog *syslog)
{
    char name[64] = "";

    if (gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0') {
        name[strcspn(name, ".")] = '\0'; /* RFC 3164 §4.1.2: without its domain */
        snprintf(syslog->host, sizeof(syslog->host), "%s ", name);
    } else {
        snprintf(syslog->host, sizeof(syslog->host), "localhost ");
    }
}

struct gcn_syslog *gcn_syslog_open(const struct gcn_syslog_options *options, struct gcn_error *err)
{
    struct gcn_channel_peer peer = {.n_addresses = 0};
    int facility = 0;

    if (!find_facility(options->facility, &facility, err) ||
        !find_peer(options->address, &peer, err)) {
        return NULL;
    }
    if (!gate.prepared) {
        gate.prepared = true;
        pthread_atfork(lock_gate, unlock_gate, unlock_gate);
    }
    struct gcn_syslog *syslog = gcn_alloc_zero(1, sizeof(*syslog));
    bool local = peer.addresses[0].addr.ss_family == AF_UNIX;
    atomic_init(&syslog->holders, 1);
    gcn_channel_init(&syslog->channel, &peer, local ? '\0' : '\n');
    syslog->facility = facility;
    set_tag(syslog, options->prefix);
    if (!local) {
        set_host(syslog);
    }
    return syslog;
}

struct gcn_syslog *gcn_syslog_hold(struct gcn_syslog *syslog)
{
    if (syslog != NULL) {
        atomic_fetch_add_explicit(&syslog->holders, 1, memory_order_relaxed);
    }
    return syslog;
}

void gcn_syslog_close(struct gcn_syslog *syslog)
{
    if (syslog == NULL ||
        atomic_fetch_sub_explicit(&syslog->holders, 1, memory_order_acq_rel) > 1) {
        return;
    }
    gcn_syslog_flush(syslog);
    gcn_channel_finish(&syslog->channel);
    gcn_free(syslog);
}

static int severity_of(enum gcn_log_level level)
{
    switch (level) {
    case GCN_LOG_DEBUG:
        return 7;
    case GCN_LOG_INFO:
        return 6;
    case GCN_LOG_WARN:
        return 4;
    case GCN_LOG_ERROR:
    case GCN_LOG_EXCEPTION:
        return 3;
    case GCN_LOG_CRITICAL:
        return 2;
    }
    return 6;
}

/* "<14>Nov 23 06:36:02 host gunicorn.app.error: [123] " at `out`; returns its length. */
static size_t print_head(const struct gcn_syslog *syslog, enum gcn_syslog_tag tag,
                         enum gcn_log_level level, char *out, size_t cap)
{
    struct gcn_local_time local;

    gcn_clock_local(time(NULL), &local);
    int len = snprintf(out, cap, "<%d>%s %2d %02d:%02d:%02d %s%s.%s: [%d] ",
                       syslog->facility * 8 + severity_of(level), gcn_clock_month(local.tm.tm_mon),
                       local.tm.tm_mday, local.tm.tm_hour, local.tm.tm_min, local.tm.tm_sec,
                       syslog->host, syslog->tag, tag == GCN_SYSLOG_ERROR ? "error" : "access",
                       (int)getpid());
    return (size_t)len < cap ? (size_t)len : cap - 1;
}

/*
 * Append `text` with line ends as rsyslog writes them, as far as there is room. Returns the new
 * length.
 */
static size_t append_one_line(char *out, size_t len, size_t cap, struct gcn_slice text)
{
    for (size_t i = 0; i < text.len && len + 4 < cap; i++) {
        if (text.ptr[i] == '\n') {
            memcpy(out + len, "#012", 4);
            len += 4;
        } else {
            out[len++] = text.ptr[i];
        }
    }
    return len;
}

static size_t append(char *out, size_t len, size_t cap, struct gcn_slice text)
{
    size_t fits = text.len < cap - len ? text.len : cap - len;
    if (fits > 0) {
        memcpy(out + len, text.ptr, fits);
    }
    return len + fits;
}

void gcn_syslog_send(struct gcn_syslog *syslog, enum gcn_syslog_tag tag, enum gcn_log_level level,
                     struct gcn_slice text)
{
    char message[MESSAGE_BYTES];
    int64_t now_ms = gcn_clock_ms();
    int64_t lost = 0;

    size_t len = print_head(syslog, tag, level, message, sizeof(message));
    lock_gate();
    if (gcn_channel_is_stream(&syslog->channel, now_ms)) {
        len = append_one_line(message, len, sizeof(message) - 1, text);
        message[len++] = syslog->channel.stream_end;
    } else {
        len = append(message, len, sizeof(message), text);
    }
    enum gcn_log_outcome outcome = gcn_channel_send(&syslog->channel, message, len, now_ms, &lost);
    unlock_gate();
    if (outcome == GCN_LOG_FAILED) {
        gcn_warn_errno("cannot send to syslog at %s, and lines are lost there until it works",
                       syslog->channel.peer.text);
    } else if (outcome == GCN_LOG_RESUMED) {
        gcn_warn("%lld lines did not reach syslog at %s", (long long)lost,
                 syslog->channel.peer.text);
    }
}

bool gcn_syslog_is_waiting(const struct gcn_syslog *syslog)
{
    if (syslog == NULL) {
        return false;
    }
    lock_gate();
    bool waiting = syslog->channel.pending > 0;
    unlock_gate();
    return waiting;
}

void gcn_syslog_flush(struct gcn_syslog *syslog)
{
    if (syslog == NULL) {
        return;
    }
    lock_gate();
    if (syslog->channel.pending > 0) {
        gcn_channel_flush(&syslog->channel, gcn_clock_ms());
    }
    unlock_gate();
}
