/* SPDX-License-Identifier: MIT */
/*
 * The I/O core of a worker: listeners, connections, deadlines. It accepts, reads and parses
 * requests and sends responses, without Python and without knowing who runs the app: complete
 * requests wait in a queue from which an executor takes them.
 *
 * What an executor does, on the loop's thread:
 *     x = gcn_core_take(core)         a request to run, or NULL
 *     app->ops->call(app, &x->req, &x->res)      on whatever thread; res->sink is the executor's
 *         its sink: gcn_core_send(core, x, out) for what it is given
 *     gcn_core_finish(core, x)        the app is done with it; x is gone
 * and between: gcn_loop_wait, gcn_loop_dispatch, gcn_core_expire.
 */
#ifndef GCORN_HTTP_CORE_H
#define GCORN_HTTP_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/base/list.h>
#include <gcorn/http/limits.h>
#include <gcorn/http/request.h>
#include <gcorn/http/response.h>
#include <gcorn/net/loop.h>
#include <gcorn/net/timeq.h>

struct sockaddr;
struct gcn_core;
struct gcn_conn;
struct gcn_exchange;
struct gcn_headcache;
struct gcn_inbuf;

enum { GCN_GATHERED_MAX = 8 };

/* One socket that connections come from. Lifetime: core. The owner fills the last five members. */
struct gcn_core_listener {
    struct gcn_watch watch;
    struct gcn_core *core; /* borrowed */
    int fd;                /* borrowed; listening, non-blocking */
    bool is_unix;
    bool tls;
    bool shared; /* siblings wait on it too: wake one of us only (EPOLLEXCLUSIVE) */
    struct gcn_endpoint local;
};

/* A request that the server refused itself. Lifetime: the call. */
struct gcn_refused {
    enum gcn_refusal refusal;
    const struct gcn_endpoint *peer;
    struct gcn_slice culprit;      /* the bytes that gave the reason; may be empty */
    struct gcn_slice input;        /* what was read of the request and not stored; may be empty */
    const struct gcn_request *req; /* its head was fine, so the body was not; else NULL */
    int64_t body_bytes;            /* of the answer */
};

/* What the core tells its worker. Any function may be NULL. Thread: loop. */
struct gcn_core_events {
    void *context; /* borrowed; the first argument of all */
    /*
     * May this worker accept now? False leaves the connection to a sibling for some milliseconds.
     */
    bool (*may_accept)(void *context);
    /* core->active, core->silent or core->n_conns has changed. */
    void (*occupied)(void *context);
    /* Is the sender of this connection believed when it speaks for others? No: never. */
    bool (*is_trusted)(void *context, const struct sockaddr *peer);
    /* The same for a PROXY header. Asked only if the protocol is on. */
    bool (*is_proxy)(void *context, const struct sockaddr *peer);
    /* Output of a running exchange was sent, or its client has left. */
    void (*progress)(void *context, struct gcn_exchange *x);
    /*
     * A response is over: sent, or given up (`complete` false). Request and response are still
     * there.
     */
    void (*finished)(void *context, const struct gcn_request *req, const struct gcn_response *res,
                     bool complete);
    void (*refused)(void *context, const struct gcn_refused *what);
};

/* Lifetime: request. What an executor works on. */
struct gcn_exchange {
    struct gcn_list link;  /* in core->ready, or the executor's */
    struct gcn_conn *conn; /* borrowed */
    bool more;             /* when it was taken, input of the next request was there already */
    struct gcn_request req;
    struct gcn_response res;
    /* The executor's own, for apps on other threads than the loop's; guarded by its lock. Zero when taken, but
       for what is unsent of "100 Continue". */
    struct {
        struct gcn_out handed;     /* made by the app's thread, on its way to the loop */
        size_t unsent;             /* bytes that the loop has yet to send: nothing may overtake them */
        uint64_t sent;             /* bytes sent without the loop */
        bool lost;                 /* the client has left */
        bool flushing;             /* flush_link is in the executor's list */
        bool begun;                /* the app's thread has sent something itself, or is about to */
        bool overdue;              /* the call was given up: request_timeout */
        int64_t began_us;          /* when the app call began, monotonic */
        struct gcn_list running_link;
        struct gcn_list flush_link;
        struct gcn_list out_link;  /* in the list of exchanges that threads have; not guarded */
        int64_t taken_us;          /* when it was given to them; not guarded */
    } hand_over;
};

/* The deadlines a connection can wait for: one at a time. */
enum gcn_deadline {
    GCN_DEADLINE_HEADER,
    GCN_DEADLINE_BODY,
    GCN_DEADLINE_SEND,
    GCN_DEADLINE_KEEPALIVE,
    GCN_DEADLINE_LINGER,
    GCN_DEADLINE_LAST_CALL, /* idle while draining */
    GCN_DEADLINE_COUNT
};

/* Responses whose bytes the kernel has, and sends a moment later: see gcn_core_gather. */
struct gcn_gathered {
    bool on;
    int n;
    struct gcn_conn *conns[GCN_GATHERED_MAX]; /* borrowed; one that is closed leaves the list */
    int64_t since_us;                         /* when the first one was put in */
};

/* Lifetime: worker. */
struct gcn_core {
    struct gcn_loop *loop;                /* borrowed */
    const struct gcn_http_limits *limits; /* borrowed */
    struct gcn_core_events events;
    struct gcn_sink *sink; /* borrowed: what responses are given to, set by the executor */
    struct gcn_core_listener *listeners; /* borrowed */
    uint32_t n_listeners;
    struct gcn_list ready; /* exchanges, first come first served */
    struct gcn_list conns; /* all open connections */
    struct gcn_timeq deadlines[GCN_DEADLINE_COUNT];
    struct gcn_timeq_entry pause; /* in `pauses` while accepting rests for a moment */
    struct gcn_timeq pauses;
    struct gcn_gathered gathered;
    char keepalive_text[48];    /* the line "Keep-Alive: timeout=…" of responses … */
    struct gcn_slice keepalive; /* … all of it; empty without whole seconds of keep-alive */
    struct gcn_headcache *cache;  /* owned */
    struct gcn_inbuf *free_bufs;  /* owned: input buffers that wait to be used again */
    char *scratch;                /* owned; where large bodies are read into before they are stored */
    struct gcn_list free_exchanges;
    int n_free_bufs, n_free_exchanges;
    bool listening; /* listeners are watched */
    bool held;      /* the executor asked not to accept (gcn_core_hold) */
    bool draining;
    int64_t last_call_us; /* while draining: until then pipelined requests are answered, too */
    bool lagging; /* an app call took long and the loop has not been idle since: clients may have left */
    int64_t prompt_until_us; /* new connections are taken as they come: until then none is asked how long it waited */
    bool no_descriptors;    /* the last accept failed with EMFILE or kin */
    int64_t quiet_until_us; /* that was said lately: not again before */
    int active; /* requests running or queued */
    int silent; /* connections of shared listeners that have not sent their first request yet */
    /* counters, for the scoreboard */
    uint32_t n_conns;
    uint32_t n_slow; /* clients that are behind with a response */
    uint32_t n_wide; /* connections for which the kernel may hold as much output as it likes */
    uint64_t accepted, requests, refused, bytes_in, bytes_out;
};

/*
 * A core on `loop` with the given listeners, not yet accepting. Everything passed is borrowed until
 * gcn_core_finish_all.
 */
void gcn_core_init(struct gcn_core *core, struct gcn_loop *loop,
                   const struct gcn_http_limits *limits, struct gcn_core_listener *listeners,
                   uint32_t n_listeners);

/* Close every connection at once and free everything. No exchange may be running. */
void gcn_core_finish_all(struct gcn_core *core);

/* Begin to accept. False with errno if the kernel refuses to watch a listener. */
GCN_MUST_CHECK bool gcn_core_listen(struct gcn_core *core);

/*
 * Do not accept until gcn_core_release: the executor is full. Connections stay in the kernel's
 * queue.
 */
void gcn_core_hold(struct gcn_core *core);
void gcn_core_release(struct gcn_core *core);

/*
 * Accept one connection now from each listener, if this is still the place for it: a sibling asked
 * us to.
 */
void gcn_core_accept_now(struct gcn_core *core);

/*
 * The next request to run, with everything in res set but what the app says; NULL if none is ready.
 * Requests whose client has left meanwhile are dropped on the way.
 */
struct gcn_exchange *gcn_core_take(struct gcn_core *core);

/*
 * Take over `out`, which the sink was given for x, and send what the socket takes. Returns
 * GCN_SINK_GONE if the client has left. Never waits: see gcn_core_is_full.
 */
GCN_MUST_CHECK enum gcn_sink_result gcn_core_send(struct gcn_core *core, struct gcn_exchange *x,
                                                  struct gcn_out *out);

/*
 * For bytes in `out` (emptied) that x's thread has made: keep them to be sent behind what waits, or
 * send them now if nothing does. Nothing happens if the client has left.
 */
void gcn_core_queue_out(struct gcn_core *core, struct gcn_exchange *x, struct gcn_out *out);
void gcn_core_send_out(struct gcn_core *core, struct gcn_exchange *x, struct gcn_out *out);

/*
 * True while more than limits->output_bytes of x's response wait in memory and the client is there.
 */
bool gcn_core_is_full(const struct gcn_core *core, const struct gcn_exchange *x);

/* True if the client of x has left. */
bool gcn_core_is_gone(const struct gcn_exchange *x);

/*
 * Answer a running exchange in the app's stead, with a page of `status`, and close our side of the
 * connection. Nothing of its response may have been sent yet. What the app says later is dropped.
 */
void gcn_core_answer(struct gcn_core *core, struct gcn_exchange *x, int status);

/*
 * Give up on the client of a running exchange: nothing more is sent, its connection will be reset.
 */
void gcn_core_cut(struct gcn_core *core, struct gcn_exchange *x);

/* Unsent bytes of x's response that hold memory. */
size_t gcn_core_unsent(const struct gcn_exchange *x);

/*
 * The app is done with x: send the rest, then keep or close the connection. x is not valid
 * afterwards.
 */
void gcn_core_finish(struct gcn_core *core, struct gcn_exchange *x);

/*
 * Whole responses on kept TCP connections are from now on (`on`) given to the kernel to be sent
 * together, with the next gcn_core_scatter. For an executor that knows of more requests and expects
 * to be quick: to wake the client's process can cost more than all else the server does for a small
 * request, and one that has been woken by the first of several responses takes the others for
 * nothing. Nothing is lost by it, whatever happens to this process, and nothing is late by more
 * than 200 ms: the kernel has it.
 */
static inline void gcn_core_gather(struct gcn_core *core, bool on)
{
    core->gathered.on = on;
}

/* Send what was gathered. */
void gcn_core_scatter(struct gcn_core *core);

/* True if as much was gathered as should be, or the first response has waited long enough. */
bool gcn_core_is_gathered(const struct gcn_core *core);

/* Handle the deadlines that have passed. Call it once a batch. */
void gcn_core_expire(struct gcn_core *core);

/* How long the loop may wait, in ms: until the nearest deadline; -1 if there is none. */
int gcn_core_timeout_ms(const struct gcn_core *core);

/*
 * Begin to drain: accept what is in the listen queues now and nothing after that (unless `siblings`
 * take over the queue), answer what arrives on kept connections with Connection: close, close the
 * idle ones when their keep-alive time is over.
 */
void gcn_core_drain(struct gcn_core *core, bool serve_queue);

/* True if no connection is open. */
static inline bool gcn_core_is_idle(const struct gcn_core *core)
{
    return core->n_conns == 0;
}

#endif
