/* SPDX-License-Identifier: MIT */
/*
 * The access log's lines from the request to the file: rules, gathering, writing, and the places
 * from which the arbiter writes what a worker could not.
 */
#include <gcorn/log/access.h>

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/base/quote.h>
#include <gcorn/log/syslog.h>

#include "file.h"
#include "format.h"

enum {
    PLACE_BYTES = 64 * 1024,
    /* Between two writes. After a request that took this long the cost of one does not matter, so its
       line and those before it are not kept back. */
    PACE_US = 10 * 1000,
    STATUSES = 1000,
};

/* Shared between a worker, which writes, and the arbiter, which reads when the worker is gone. */
struct gcn_access_place {
    _Atomic uint32_t len; /* of whole lines; stored after the lines themselves (release) */
    char bytes[PLACE_BYTES - sizeof(uint32_t)];
};

/* Lifetime: settings generation. */
struct gcn_access {
    struct gcn_format format;
    struct gcn_log_file file;
    struct gcn_syslog *syslog; /* owned; NULL: lines do not go there */
    int64_t slow_us;           /* 0: no such rule */
    bool by_status;
    bool statuses[STATUSES];            /* those that by_status lets through */
    struct gcn_access_place *place;     /* borrowed: own_place or a shared one */
    struct gcn_access_place *own_place; /* owned */
    int64_t since_us;   /* when the first of the gathered lines came, loop time */
    int64_t written_us; /* when lines were written last */
};

/* "404" or "5xx". */
static bool add_status(struct gcn_access *access, const char *text, struct gcn_error *err)
{
    bool class = strlen(text) == 3 && strcasecmp(text + 1, "xx") == 0;
    int first = text[0] - '0';
    char room[GCN_QUOTE_BYTES];

    if (strlen(text) != 3 || first < 1 || first > 9 ||
        (!class && strspn(text, "0123456789") != 3)) {
        return gcn_error_set(err,
                             "access_log_status: %s: expected a status or a class of them, as in "
                             "404 or 4xx",
                             gcn_quote(gcn_slice_of(text), room));
    }
    int number = class ? first * 100 : first * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    for (int i = 0; i < (class ? 100 : 1); i++) {
        access->statuses[number + i] = true;
    }
    access->by_status = true;
    return true;
}

static bool set_up(struct gcn_access *access, const struct gcn_access_options *options,
                   struct gcn_error *err)
{
    const struct gcn_log_owner owner = {options->uid, options->gid};

    access->slow_us = options->slow_us;
    for (size_t i = 0; i < options->n_statuses; i++) {
        if (!add_status(access, options->statuses[i], err)) {
            return false;
        }
    }
    if (!gcn_format_compile(&access->format, options->format, err)) {
        return false;
    }
    if (options->accesslog != NULL &&
        !gcn_log_file_open(&access->file, options->accesslog, STDOUT_FILENO, owner, err)) {
        return gcn_error_prefix(err, "accesslog");
    }
    access->syslog = options->syslog == NULL ? NULL : gcn_syslog_open(options->syslog, err);
    return options->syslog == NULL || access->syslog != NULL;
}

struct gcn_access *gcn_access_open(const struct gcn_access_options *options, struct gcn_error *err)
{
    struct gcn_access *access = gcn_alloc_zero(1, sizeof(*access));

    access->file.fd = -1;
    access->own_place = gcn_alloc(sizeof(*access->own_place));
    access->place = access->own_place;
    atomic_init(&access->place->len, 0);
    if (!set_up(access, options, err)) {
        gcn_access_close(access);
        return NULL;
    }
    return access;
}

void gcn_access_close(struct gcn_access *access)
{
    if (access == NULL) {
        return;
    }
    gcn_access_flush(access);
    gcn_log_file_close(&access->file);
    gcn_syslog_close(access->syslog);
    gcn_format_finish(&access->format);
    gcn_free(access->own_place);
    gcn_free(access);
}

static const char *name_of(const struct gcn_access *access)
{
    return access->file.path == NULL ? "-" : access->file.path;
}

void gcn_access_reopen(struct gcn_access *access)
{
    if (access == NULL) {
        return;
    }
    gcn_access_flush(access);
    if (!gcn_log_file_reopen(&access->file)) {
        gcn_warn_errno("cannot open the access log \"%s\" again, so the old file stays in use",
                       access->file.path);
    }
}

void gcn_access_detach(struct gcn_access *access, int null_fd)
{
    if (access != NULL) {
        gcn_log_file_detach(&access->file, null_fd);
    }
}

void gcn_access_forget(struct gcn_access *access)
{
    if (access != NULL) {
        gcn_log_file_close(&access->file);
    }
}

size_t gcn_access_names(const struct gcn_access *access, enum gcn_access_table table,
                        struct gcn_slice *out, size_t cap)
{
    static const enum gcn_atom atoms[] = {
        [GCN_ACCESS_REQUEST] = GCN_ATOM_REQUEST_FIELD,
        [GCN_ACCESS_RESPONSE] = GCN_ATOM_RESPONSE_FIELD,
        [GCN_ACCESS_ENVIRON] = GCN_ATOM_ENVIRON,
    };
    size_t n = 0;

    for (size_t i = 0; i < access->format.n_steps; i++) {
        const struct gcn_step *step = &access->format.steps[i];
        if (step->atom == atoms[table]) {
            if (n < cap) {
                out[n] = step->text;
            }
            n++;
        }
    }
    return n;
}

bool gcn_access_wants(const struct gcn_access *access, enum gcn_access_table table)
{
    return gcn_access_names(access, table, NULL, 0) > 0;
}

static bool is_wanted(const struct gcn_access *access, const struct gcn_access_record *record)
{
    if (!access->by_status && access->slow_us == 0) {
        return true;
    }
    return (access->by_status && record->status >= 0 && record->status < STATUSES &&
            access->statuses[record->status]) ||
           (access->slow_us > 0 && record->duration_us >= access->slow_us);
}

static void send_lines(struct gcn_syslog *syslog, struct gcn_slice lines)
{
    struct gcn_slice line;

    while (lines.len > 0) {
        gcn_slice_cut(lines, '\n', &line, &lines);
        gcn_syslog_send(syslog, GCN_SYSLOG_ACCESS, GCN_LOG_INFO, line);
    }
}

static void write_lines(struct gcn_access *access, const char *lines, size_t len)
{
    int64_t lost = 0;

    if (access->syslog != NULL) {
        send_lines(access->syslog, (struct gcn_slice){lines, len});
    }

    switch (gcn_log_file_write(&access->file, lines, len, gcn_clock_ms(), &lost)) {
    case GCN_LOG_FAILED:
        gcn_warn_errno(
            "cannot write to the access log \"%s\", and its lines are lost until it works",
            name_of(access));
        break;
    case GCN_LOG_RESUMED:
        gcn_warn("%lld lines of the access log \"%s\" were lost while it could not be written",
                 (long long)lost, name_of(access));
        break;
    case GCN_LOG_WRITTEN:
    case GCN_LOG_LOST:
        break;
    }
}

/* Bytes of it. NULL is fine. */
static uint32_t gathered(const struct gcn_access *access)
{
    return access == NULL ? 0 : atomic_load_explicit(&access->place->len, memory_order_relaxed);
}

void gcn_access_flush(struct gcn_access *access)
{
    uint32_t len = gathered(access);

    if (len > 0) {
        write_lines(access, access->place->bytes, len);
        atomic_store_explicit(&access->place->len, 0, memory_order_relaxed);
    }
    if (access != NULL) {
        gcn_syslog_flush(access->syslog);
    }
}

void gcn_access_flush_due(struct gcn_access *access, int64_t now_us)
{
    if (gathered(access) > 0 && now_us - access->written_us >= PACE_US) {
        access->written_us = now_us;
        gcn_access_flush(access);
    } else if (access != NULL) {
        gcn_syslog_flush(access->syslog);
    }
}

int gcn_access_due_ms(const struct gcn_access *access, int64_t now_us)
{
    if (gathered(access) == 0) {
        return -1;
    }
    int64_t left_us = access->written_us + PACE_US - now_us;
    return left_us <= 0 ? 0 : (int)((left_us + 999) / 1000);
}

bool gcn_access_is_waiting(const struct gcn_access *access)
{
    return access != NULL && gcn_syslog_is_waiting(access->syslog);
}

/* Put the line behind those that are gathered. False if it does not fit. */
static bool gather(struct gcn_access *access, const struct gcn_access_record *record)
{
    struct gcn_access_place *place = access->place;
    uint32_t len = atomic_load_explicit(&place->len, memory_order_relaxed);
    struct gcn_text text = {place->bytes + len, place->bytes + sizeof(place->bytes), false};

    gcn_format_print(&access->format, record, &text);
    if (text.full) {
        return false;
    }
    len = (uint32_t)(text.at - place->bytes);
    atomic_store_explicit(&place->len, len, memory_order_release);
    return true;
}

/* A line longer than the whole place. Its size is bounded by that of a request's head. */
static void write_long_line(struct gcn_access *access, const struct gcn_access_record *record)
{
    for (size_t cap = (size_t)4 * PLACE_BYTES;; cap *= 2) {
        char *line = gcn_alloc(cap);
        struct gcn_text text = {line, line + cap, false};
        gcn_format_print(&access->format, record, &text);
        if (!text.full) {
            write_lines(access, line, (size_t)(text.at - line));
        }
        gcn_free(line);
        if (!text.full) {
            return;
        }
    }
}

void gcn_access_log(struct gcn_access *access, const struct gcn_access_record *record)
{
    if (!is_wanted(access, record)) {
        return;
    }
    if (gathered(access) == 0) {
        access->since_us = record->now_us;
    }
    if (GCN_UNLIKELY(!gather(access, record))) {
        gcn_access_flush(access);
        if (!gather(access, record)) {
            write_long_line(access, record);
        }
    }
    if (record->duration_us >= PACE_US || record->now_us - access->since_us >= PACE_US) {
        access->written_us = record->now_us;
        gcn_access_flush(access);
    }
}

struct gcn_access_place *gcn_access_place_open(struct gcn_error *err)
{
    struct gcn_access_place *place =
        mmap(NULL, sizeof(*place), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) {
        gcn_error_set_errno(err, "cannot map memory for a worker's lines of the access log");
        return NULL;
    }
    return place; /* zeroed by the kernel */
}

void gcn_access_place_close(struct gcn_access_place *place)
{
    if (place != NULL) {
        munmap(place, sizeof(*place));
    }
}

void gcn_access_attach(struct gcn_access *access, struct gcn_access_place *place)
{
    access->format.pid = (int)getpid();
    if (place != NULL) {
        access->place = place;
    }
}

void gcn_access_rescue(struct gcn_access *access, struct gcn_access_place *place)
{
    if (place == NULL) {
        return;
    }
    uint32_t len = atomic_load_explicit(&place->len, memory_order_acquire);
    /* The worker may have died of what it wrote over its own memory: believe nothing. */
    if (access != NULL && len > 0 && len <= sizeof(place->bytes) && place->bytes[len - 1] == '\n') {
        write_lines(access, place->bytes, len);
    }
    atomic_store_explicit(&place->len, 0, memory_order_relaxed);
}
