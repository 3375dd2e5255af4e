/* SPDX-License-Identifier: MIT */
/*
 * The life of a worker process, from the fork to its exit.
 */
#ifndef GCORN_WORKER_WORKER_H
#define GCORN_WORKER_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/proc/identity.h>
#include <gcorn/python/hooks.h>

struct gcn_access;
struct gcn_access_place;
struct gcn_app;
struct gcn_listener;
struct gcn_scoreboard;
struct gcn_settings;
struct gcn_signals;
struct gcn_slot;

/* What the arbiter hands over. Everything is borrowed and outlives the worker's process. */
struct gcn_worker_start {
    const struct gcn_settings *settings;
    const char *const *argv;         /* the program's, NULL-terminated: becomes sys.argv */
    const char *proc_name;           /* what stands in the title's brackets */
    struct gcn_scoreboard *board;
    struct gcn_slot *slot;           /* its own */
    struct gcn_listener *listeners;  /* bound and listening, non-blocking */
    uint32_t n_listeners;
    uint64_t age;                    /* 1 for the first worker of this arbiter */
    int arbiter_pid;
    struct gcn_signals *signals;     /* the arbiter's: still blocked, and its descriptor still open */
    struct gcn_access *access;       /* the access log; NULL: there is none */
    struct gcn_access_place *access_place; /* where its lines are gathered; NULL: in our own memory */
    struct gcn_py_hooks *hooks;      /* of the settings, in a running interpreter; NULL: find them */
    struct gcn_hook_server server;   /* what hooks see of the arbiter */
    bool detach;                     /* of a daemon that is just starting: gcn_worker_detach once it is up */
    bool may_be_broken;              /* if the app cannot be loaded, serve the reason until it changes */
    struct gcn_app *app;             /* preloaded, in a running interpreter; NULL: load it */
};

/* Who the workers of these settings are to be. */
struct gcn_identity gcn_worker_identity(const struct gcn_settings *settings);

/*
 * Start Python and load the app of start->settings in a process that will fork workers, each of
 * which gets the result as start->app. Returns NULL (logged) with the exit code in *code. GIL: held
 * afterwards.
 */
struct gcn_app *gcn_worker_preload(const struct gcn_worker_start *start, int *code);

/*
 * In each process of a daemon, once the start has been announced: let go of the standard streams of
 * whoever started it, who may wait for their end, as far as `settings` does not inherit them. Up to
 * then whatever goes wrong can be read there. `access` may be NULL. Threads that log may run. GIL:
 * not needed.
 */
void gcn_worker_detach(const struct gcn_settings *settings, struct gcn_access *access);

/*
 * Called in the forked child, with the signals still blocked: start Python, load the app, serve
 * until told to stop, finalise. Does not return; the exit status is one of enum gcn_exit or what
 * the app asked for.
 */
GCN_NORETURN void gcn_worker_run(const struct gcn_worker_start *start);

#endif
