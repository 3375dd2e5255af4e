/* SPDX-License-Identifier: MIT */
/*
 * Lines of metrics, gathered into datagrams.
 */
#include <gcorn/log/statsd.h>

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/mem.h>
#include <gcorn/base/quote.h>

#include "channel.h"
#include "text.h"

enum {
    PACKET_BYTES = 1432, /* what fits into a frame of Ethernet, with the headers of IPv6 and UDP */
    LINE_BYTES = 1024,
    MAX_PREFIX = 100, /* so that the lines of a request fit into a packet */
    MAX_TAGS = 300,
};

/*
 * Process. The lock guards what follows `open` and is taken around a fork. `open` changes under it,
 * and may be read without it by those who only want to know whether the lock is worth taking.
 */
static struct {
    pthread_mutex_t lock;
    bool prepared; /* the opener's own */
    atomic_bool open;
    struct gcn_channel channel;
    char *prefix; /* owned: "" or "text." */
    char *tags;   /* owned: "" or "|#a,b" */
    size_t len;   /* of `packet` */
    char packet[PACKET_BYTES];
} statsd = {.lock = PTHREAD_MUTEX_INITIALIZER, .channel = {.fd = -1}};

static void lock_statsd(void)
{
    pthread_mutex_lock(&statsd.lock);
}

static void unlock_statsd(void)
{
    pthread_mutex_unlock(&statsd.lock);
}

bool gcn_statsd_is_open(void)
{
    return atomic_load_explicit(&statsd.open, memory_order_relaxed);
}

/* Take the lock if statsd is open; else false, and it is not taken. */
static bool lock_if_open(void)
{
    if (!gcn_statsd_is_open()) {
        return false;
    }
    lock_statsd();
    if (gcn_statsd_is_open()) {
        return true;
    }
    unlock_statsd();
    return false;
}

/* What is gathered is the parent's to send. */
static void unlock_in_child(void)
{
    statsd.len = 0;
    unlock_statsd();
}

/* As gunicorn reads it: "unix:8125" is a host called unix. */
static bool is_unix(struct gcn_slice host, struct gcn_slice *path)
{
    *path = host;
    if (gcn_slice_skip(path, "unix://")) {
        return true;
    }
    return gcn_slice_skip(path, "unix:") && path->len > 0 &&
           (path->ptr[0] < '0' || path->ptr[0] > '9');
}

static bool parse_host(const char *host, struct gcn_channel_peer *peer, struct gcn_error *err)
{
    static const int dgram[] = {SOCK_DGRAM, 0};
    struct gcn_slice path;

    return is_unix(gcn_slice_of(host), &path)
               ? gcn_channel_unix(peer, path, dgram, err)
               : gcn_channel_inet(peer, gcn_slice_of(host), "8125", SOCK_DGRAM, err);
}

static bool check_length(const char *setting, const char *text, size_t max, struct gcn_error *err)
{
    char room[GCN_QUOTE_BYTES];

    return strlen(text) <= max ||
           gcn_error_set(err, "%s: %s: expected at most %zu bytes, for a datagram", setting,
                         gcn_quote(gcn_slice_of(text), room), max);
}

static bool understand(const struct gcn_statsd_options *options, struct gcn_channel_peer *peer,
                       struct gcn_error *err)
{
    return check_length("statsd_prefix", options->prefix, MAX_PREFIX, err) &&
           check_length("dogstatsd_tags", options->tags, MAX_TAGS, err) &&
           (parse_host(options->host, peer, err) || gcn_error_prefix(err, "statsd_host"));
}

bool gcn_statsd_check(const struct gcn_statsd_options *options, struct gcn_error *err)
{
    struct gcn_channel_peer peer;

    return understand(options, &peer, err);
}

/* `text` without dots at its end, with one; or "". */
static char *make_prefix(const char *text)
{
    size_t len = strlen(text);
    char out[MAX_PREFIX + 2];

    while (len > 0 && text[len - 1] == '.') {
        len--;
    }
    if (len == 0) {
        return gcn_strdup("");
    }
    snprintf(out, sizeof(out), "%.*s.", (int)len, text);
    return gcn_strdup(out);
}

static char *make_tags(const char *text)
{
    char out[MAX_TAGS + 3];

    if (text[0] == '\0') {
        return gcn_strdup("");
    }
    snprintf(out, sizeof(out), "|#%s", text);
    return gcn_strdup(out);
}

/* The lock is held. A daemon that is away loses metrics without a word, as with gunicorn. */
static void send_packet(void)
{
    int64_t lost;

    if (statsd.len > 0) {
        size_t len = statsd.len - 1; /* the last line's end is not sent */
        (void)gcn_channel_send(&statsd.channel, statsd.packet, len, gcn_clock_ms(), &lost);
        statsd.len = 0;
    }
}

/* The lock is held. */
static void close_locked(void)
{
    send_packet();
    gcn_channel_finish(&statsd.channel);
    gcn_free(statsd.prefix);
    gcn_free(statsd.tags);
    statsd.prefix = statsd.tags = NULL;
    atomic_store_explicit(&statsd.open, false, memory_order_relaxed);
}

bool gcn_statsd_open(const struct gcn_statsd_options *options, struct gcn_error *err)
{
    struct gcn_channel_peer peer;

    if (!understand(options, &peer, err)) {
        return false;
    }
    if (!gcn_channel_look_up(&peer, err)) {
        return gcn_error_prefix(err, "statsd_host");
    }
    if (!statsd.prepared) {
        statsd.prepared = true;
        pthread_atfork(lock_statsd, unlock_statsd, unlock_in_child);
    }
    char *prefix = make_prefix(options->prefix);
    char *tags = make_tags(options->tags);
    lock_statsd();
    close_locked();
    gcn_channel_init(&statsd.channel, &peer, '\n');
    statsd.prefix = prefix;
    statsd.tags = tags;
    atomic_store_explicit(&statsd.open, true, memory_order_relaxed);
    unlock_statsd();
    return true;
}

void gcn_statsd_close(void)
{
    lock_statsd();
    close_locked();
    unlock_statsd();
}

/* The lock is held. */
static void gather(const char *line, size_t len)
{
    if (statsd.len + len > sizeof(statsd.packet)) {
        send_packet();
    }
    memcpy(statsd.packet + statsd.len, line, len);
    statsd.len += len;
}

static bool is_name(struct gcn_slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char byte = (unsigned char)name.ptr[i];
        if (byte <= ' ' || byte >= 0x7f || strchr(":|@#", byte) != NULL) {
            return false;
        }
    }
    return name.len > 0;
}

void gcn_statsd_send(enum gcn_metric type, struct gcn_slice name, double value)
{
    static const char *const types[] = {
        [GCN_METRIC_GAUGE] = "g",
        [GCN_METRIC_COUNTER] = "c|@1.0",
        [GCN_METRIC_HISTOGRAM] = "h",
        [GCN_METRIC_TIMER] = "ms",
    };
    char line[LINE_BYTES];

    if (!is_name(name) || !isfinite(value) || !lock_if_open()) {
        return;
    }
    int len = fabs(value) < 1e15 && value == (double)(int64_t)value
                  ? snprintf(line, sizeof(line), "%s%.*s:%.0f|%s%s\n", statsd.prefix, (int)name.len,
                             name.ptr, value, types[type], statsd.tags)
                  : snprintf(line, sizeof(line), "%s%.*s:%.6g|%s%s\n", statsd.prefix, (int)name.len,
                             name.ptr, value, types[type], statsd.tags);
    if (len > 0 && (size_t)len < sizeof(line)) {
        gather(line, (size_t)len);
    }
    unlock_statsd();
}

static void put_end(struct gcn_text *text, struct gcn_slice type)
{
    gcn_text_put_slice(text, type);
    gcn_text_put(text, statsd.tags, strlen(statsd.tags));
    gcn_text_put_byte(text, '\n');
}

/*
 * The three lines of a request, without printf: there are many. False if they do not fit. The lock
 * is held.
 */
static bool put_request(int status, uint64_t duration_us)
{
    struct gcn_text text = {statsd.packet + statsd.len, statsd.packet + sizeof(statsd.packet),
                            false};
    size_t prefix_len = strlen(statsd.prefix);

    gcn_text_put(&text, statsd.prefix, prefix_len);
    gcn_text_put_slice(&text, GCN_SLICE("gunicorn.request.duration:"));
    gcn_text_put_number(&text, duration_us / 1000, 1);
    gcn_text_put_byte(&text, '.');
    gcn_text_put_number(&text, duration_us % 1000, 3);
    put_end(&text, GCN_SLICE("|ms"));
    gcn_text_put(&text, statsd.prefix, prefix_len);
    put_end(&text, GCN_SLICE("gunicorn.requests:1|c|@1.0"));
    gcn_text_put(&text, statsd.prefix, prefix_len);
    gcn_text_put_slice(&text, GCN_SLICE("gunicorn.request.status."));
    gcn_text_put_number(&text, (uint64_t)status, 1);
    put_end(&text, GCN_SLICE(":1|c|@1.0"));
    if (!text.full) {
        statsd.len = (size_t)(text.at - statsd.packet);
    }
    return !text.full;
}

void gcn_statsd_request(int status, int64_t duration_us)
{
    uint64_t us = duration_us < 0 ? 0 : (uint64_t)duration_us;

    if (!lock_if_open()) {
        return;
    }
    if (!put_request(status, us)) {
        send_packet();
        (void)put_request(status, us);
    }
    unlock_statsd();
}

void gcn_statsd_log(enum gcn_log_level level)
{
    static const struct {
        enum gcn_log_level level;
        struct gcn_slice name;
    } rows[] = {
        {GCN_LOG_WARN, GCN_SLICE("gunicorn.log.warning")},
        {GCN_LOG_ERROR, GCN_SLICE("gunicorn.log.error")},
        {GCN_LOG_EXCEPTION, GCN_SLICE("gunicorn.log.exception")},
        {GCN_LOG_CRITICAL, GCN_SLICE("gunicorn.log.critical")},
    };

    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        if (rows[i].level == level) {
            gcn_statsd_send(GCN_METRIC_COUNTER, rows[i].name, 1);
        }
    }
}

void gcn_statsd_flush(void)
{
    if (lock_if_open()) {
        send_packet();
        unlock_statsd();
    }
}
