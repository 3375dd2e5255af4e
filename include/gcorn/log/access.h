/* SPDX-License-Identifier: MIT */
/*
 * The access log: a line for each request. The format is compiled once; a worker gathers lines and
 * writes them together, a hundred times a second at most. Knows nothing of HTTP's structures: the
 * worker translates a request into a struct gcn_access_record.
 *
 * The gathered lines are in memory shared with the arbiter (the worker's place), which writes what
 * a worker that was killed has left there. So no line is lost.
 */
#ifndef GCORN_LOG_ACCESS_H
#define GCORN_LOG_ACCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/base/slice.h>

/* Where a named value of a format comes from. */
enum gcn_access_table {
    GCN_ACCESS_REQUEST,  /* %({name}i)s: a field of the request; the last one of that name */
    GCN_ACCESS_RESPONSE, /* %({name}o)s: a field that the app gave */
    GCN_ACCESS_ENVIRON,  /* %({name}e)s: a key of the WSGI environ */
};

/*
 * What a line can say of a request. Lifetime: the call; everything is borrowed. A slice whose ptr
 * is NULL is unknown.
 */
struct gcn_access_record {
    struct gcn_slice peer; /* numeric address; empty (not NULL) for a unix socket */
    struct gcn_slice method;
    struct gcn_slice target; /* as received */
    struct gcn_slice path;   /* of the target: without query, still percent-encoded */
    struct gcn_slice query;  /* without '?' */
    struct gcn_slice line;   /* a request line that could not be parsed; else ptr NULL */
    struct gcn_slice request_id;
    struct gcn_slice refusal; /* the code, if the server refused the request itself */
    uint8_t version_major, version_minor;
    bool complete; /* the whole response was sent */
    int status;
    int64_t body_bytes;  /* sent, without framing */
    int64_t duration_us; /* from when the app was called to the end of the response */
    int64_t queue_us;    /* before that; -1: unknown */
    int64_t now_us;      /* loop time */
    /* The value of `name` (any case) in `table`, or ptr NULL. May be NULL. */
    struct gcn_slice (*find)(const void *context, enum gcn_access_table table,
                             struct gcn_slice name);
    const void *context; /* the first argument of `find` */
};

struct gcn_access;
struct gcn_access_place;
struct gcn_syslog_options;

/* Used during gcn_access_open only. */
struct gcn_access_options {
    const char *accesslog;       /* "-": standard output; a path; NULL: none */
    const char *format;          /* gunicorn's format language, or "json", "logfmt" or "combined" */
    int64_t slow_us;             /* log requests that took at least this long; 0: no such rule */
    const char *const *statuses; /* log these: "404", "5xx"; with slow_us: what meets either rule */
    size_t n_statuses;           /* 0: no such rule */
    uid_t uid;                   /* who a file that is made belongs to; (uid_t)-1: as it comes */
    gid_t gid;                   /* (gid_t)-1: as it comes */
    const struct gcn_syslog_options *syslog; /* lines go there too; NULL: they do not */
};

/*
 * Compile the format and open the file. Returns NULL with `err` (the format's fault with its place,
 * the file's with its path), never because there is nothing to do. By the arbiter before it forks
 * and before it gives up privileges.
 */
struct gcn_access *gcn_access_open(const struct gcn_access_options *options, struct gcn_error *err);

/* Write what is gathered and close. NULL is fine. */
void gcn_access_close(struct gcn_access *access);

/* USR1: write what is gathered and open the file again. NULL is fine. */
void gcn_access_reopen(struct gcn_access *access);

/*
 * The start of a daemon is over: a log "-" leads to `null_fd` (borrowed, /dev/null) from now on, so
 * that whoever started it need not wait for its end. NULL is fine. Thread: loop.
 */
void gcn_access_detach(struct gcn_access *access, int null_fd);

/*
 * In a forked process that has nothing to write to this log: close its file and nothing else. NULL
 * is fine.
 */
void gcn_access_forget(struct gcn_access *access);

/* True if some line says something of the table: the worker need not keep the values otherwise. */
bool gcn_access_wants(const struct gcn_access *access, enum gcn_access_table table);

/*
 * The names that the format takes from `table`; returns how many, `out` gets up to `cap` of them.
 */
size_t gcn_access_names(const struct gcn_access *access, enum gcn_access_table table,
                        struct gcn_slice *out, size_t cap);

/*
 * Gather the line of `record` unless the rules leave it out. Thread: loop. Allocates: very long
 * lines only.
 */
void gcn_access_log(struct gcn_access *access, const struct gcn_access_record *record);

/* True if lines wait for a slow syslog daemon: flush again in some hundred ms. NULL is fine. */
bool gcn_access_is_waiting(const struct gcn_access *access);

/* Write what is gathered: at the end. NULL is fine. Thread: loop. */
void gcn_access_flush(struct gcn_access *access);

/*
 * The same before the loop waits, unless lines were written less than 10 ms before `now_us` (loop
 * time): so the first line for a while is written at once, and under load a write is for many
 * lines.
 */
void gcn_access_flush_due(struct gcn_access *access, int64_t now_us);

/*
 * After how many ms at most gcn_access_flush_due has to be called again; -1: nothing is gathered.
 */
int gcn_access_due_ms(const struct gcn_access *access, int64_t now_us);

/*
 * A place for one worker's lines, mapped by the arbiter before it forks that worker; for the next
 * worker again once it was rescued. NULL with `err` if the system gives no memory: a worker without
 * a place gathers in memory that dies with it.
 */
struct gcn_access_place *gcn_access_place_open(struct gcn_error *err);

/* Unmap the place. NULL is fine. */
void gcn_access_place_close(struct gcn_access_place *place);

/* In the worker: gather in `place`, which may be NULL, and let lines say our pid. */
void gcn_access_attach(struct gcn_access *access, struct gcn_access_place *place);

/*
 * In the arbiter, after the worker was reaped: write what it has left in `place` (NULL is fine) to
 * `access`, the log of now, or drop it if that is NULL. The place is empty afterwards.
 */
void gcn_access_rescue(struct gcn_access *access, struct gcn_access_place *place);

#endif
