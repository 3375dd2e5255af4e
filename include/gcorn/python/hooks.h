/* SPDX-License-Identifier: MIT */
/*
 * Server hooks: functions of the configuration that are called at moments in the life of the
 * arbiter, of a worker and of a request. One object a generation of settings.
 */
#ifndef GCORN_PYTHON_HOOKS_H
#define GCORN_PYTHON_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/config/settings.h>
#include <gcorn/net/listener.h>

enum gcn_hook {
    /* in the arbiter */
    GCN_HOOK_ON_STARTING,
    GCN_HOOK_WHEN_READY,
    GCN_HOOK_NWORKERS_CHANGED,
    GCN_HOOK_PRE_FORK,
    GCN_HOOK_CHILD_EXIT,
    GCN_HOOK_ON_RELOAD,
    GCN_HOOK_PRE_EXEC,
    GCN_HOOK_ON_EXIT,
    /* in the worker */
    GCN_HOOK_POST_FORK,
    GCN_HOOK_POST_WORKER_INIT,
    GCN_HOOK_WORKER_INT,
    GCN_HOOK_WORKER_ABORT,
    GCN_HOOK_WORKER_EXIT,
    GCN_HOOK_PRE_REQUEST,  /* these two are called by the app's `call` */
    GCN_HOOK_POST_REQUEST,
    GCN_HOOK_SSL_CONTEXT, /* found and checked like the others; nothing calls it without TLS */
    GCN_N_HOOKS,
};

/*
 * True if the settings have a hook that runs in the arbiter, or a logger: then that needs an
 * interpreter.
 */
bool gcn_py_hooks_want_arbiter(const struct gcn_settings *settings);

/* True if the settings have any hook, or a logger in Python. */
bool gcn_py_hooks_want(const struct gcn_settings *settings);

/* A worker as hooks see it. A value. */
struct gcn_hook_worker {
    uint64_t age;
    int pid; /* 0 before the fork */
    int ppid;
    bool booted, aborted;
    int64_t requests;     /* app calls so far */
    int64_t max_requests; /* 0: no limit */
};

/* The arbiter as hooks see it. Lifetime: the call; everything is borrowed. */
struct gcn_hook_server {
    int pid;
    int master_pid; /* of the arbiter that executed this one; 0: none, or it is gone */
    int reexec_pid; /* of the arbiter that this one has executed; 0: none */
    int num_workers;
    uint64_t worker_age;
    const char *proc_name;
    const char *pidfile; /* NULL: none */
    bool systemd;        /* the sockets came from it */
    const struct gcn_listener *listeners;
    size_t n_listeners;
    const struct gcn_hook_worker *workers; /* the living ones: age and pid */
    size_t n_workers;
};

/* What a hook is called with; members that it does not take may be zero. Lifetime: the call. */
struct gcn_hook_call {
    const struct gcn_hook_server *server;
    const struct gcn_hook_worker *worker; /* NULL for hooks without one */
    int64_t new_value, old_value;         /* nworkers_changed; old_value -1: None */
    int exit_code;                        /* out: what sys.exit in the hook asked for, or -1 */
    int num_workers; /* out: how many the hook wants, which is the server's number if it assigned none */
};

struct gcn_py_hooks;

/*
 * Find and check the hooks of a generation, which must outlive the object. NULL with `err` if a
 * name cannot be imported or takes other arguments. The interpreter runs. GIL: taken inside.
 */
struct gcn_py_hooks *gcn_py_hooks_create(const struct gcn_settings *settings,
                                         struct gcn_error *err);

/* NULL is fine. GIL: taken inside. */
void gcn_py_hooks_destroy(struct gcn_py_hooks *hooks);

/* True if the hook is set. False for NULL. GIL: not needed. */
bool gcn_py_hooks_have(const struct gcn_py_hooks *hooks, enum gcn_hook hook);

/*
 * Call a hook; nothing if it is not set or `hooks` is NULL. False if it raised: the traceback is
 * logged then, and the caller draws gunicorn's consequence. GIL: taken inside.
 */
GCN_MUST_CHECK bool gcn_py_hook_call(struct gcn_py_hooks *hooks, enum gcn_hook hook,
                                     struct gcn_hook_call *call);

/*
 * From now on this process is `worker`, with these hooks (both outlive the app calls; `worker` is
 * copied): app calls have pre_request and post_request, and gcn_py_interrupt calls worker_int or
 * worker_abort. GIL: held.
 */
void gcn_py_hooks_adopt(struct gcn_py_hooks *hooks, const struct gcn_hook_server *server,
                        const struct gcn_hook_worker *worker);

/* The adopted worker is now as this says, which is copied. GIL: taken inside. */
void gcn_py_hooks_look(const struct gcn_hook_worker *worker);

/*
 * The worker has received INT, QUIT or ABRT: call worker_int or worker_abort, unless it was called
 * already, in an app call that was interrupted. GIL: taken inside.
 */
void gcn_py_hooks_signalled(enum gcn_hook hook);

/*
 * What the worker does when a hook says that it is alive (worker.tmp.notify()). Called with the GIL
 * held, on any thread. NULL: nothing.
 */
void gcn_py_set_heartbeat(void (*beat)(void *context), void *context);

#endif
