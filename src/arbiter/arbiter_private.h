/* SPDX-License-Identifier: MIT */
/*
 * The arbiter as its own files see it.
 */
#ifndef GCORN_ARBITER_ARBITER_PRIVATE_H
#define GCORN_ARBITER_ARBITER_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <gcorn/arbiter/arbiter.h>
#include <gcorn/log/access.h>
#include <gcorn/net/loop.h>
#include <gcorn/proc/daemonize.h>
#include <gcorn/proc/scoreboard.h>
#include <gcorn/proc/signals.h>
#include <gcorn/proc/spawn.h>
#include <gcorn/python/hooks.h>

#include "children.h"
#include "policy.h"
#include "preload.h"
#include "sockets.h"

struct gcn_worker_start;

/* One scoreboard. A full one gets a larger successor for the workers to come, and stays. */
struct gcn_arbiter_board {
    struct gcn_scoreboard board;
    struct gcn_watch watch;          /* of board.arbiter_fd */
    struct gcn_access_place **places; /* owned: where the worker of each slot gathers log lines */
    struct gcn_arbiter_board *older; /* owned */
};

/* Settings with what was made of them. Lifetime: while workers of it are to be started. */
struct gcn_generation {
    uint64_t number;               /* 1, 2, … */
    struct gcn_settings *settings; /* owned */
    uint32_t target;               /* workers wanted when it becomes the good one */
    struct gcn_access *access;     /* owned; NULL: no access log */
    struct gcn_preloader preloader;
    struct gcn_sockets sockets;
    struct gcn_py_hooks *hooks; /* owned; NULL: none that this process has to know */
    int32_t sockets_number;        /* equal in generations with the same sockets */
};

enum gcn_stop {
    GCN_STOP_NOT,
    GCN_STOP_GRACEFUL, /* TERM: workers finish what they have */
    GCN_STOP_QUICK,    /* INT, QUIT: workers drop what they have */
    GCN_STOP_NOW,      /* asked again: workers are killed */
};

/* Process. */
struct gcn_arbiter {
    const struct gcn_load_request *request; /* borrowed */
    pid_t pid;
    struct gcn_generation *good;  /* owned; what workers are kept of */
    struct gcn_generation *trial; /* owned; what a reload tries, or NULL */
    bool confirmed;               /* a worker of this arbiter has been ready once */
    bool sound;                   /* a worker serves the app, and not only the reason why it cannot be loaded */
    bool code_changed;            /* a worker has seen the code change: reload */
    int64_t code_us;              /* changes up to this time, since the epoch, are reloaded */
    bool reloading;               /* a reload has begun and not all workers are new */
    uint64_t generations;         /* made so far */
    uint64_t ages;                /* workers started so far */

    struct gcn_loop loop;
    struct gcn_signals signals;
    struct gcn_watch signals_watch;
    struct gcn_arbiter_board *boards; /* owned; new workers get slots of the first */
    struct gcn_children children;
    struct gcn_policy policy;
    struct gcn_preloader leaving; /* one whose generation is gone, until it is gone, too */

    struct gcn_daemon daemon;
    char *pidfile;              /* owned: its name, as it was given; NULL: none */
    char *pidfile_path;         /* owned: the file that was written; NULL: none, or it is removed */
    struct gcn_sockets handed;  /* what we were started with; empty once `good` has them */
    struct gcn_sockets left;    /* of a stop beside another arbiter: closed; whoever ends last removes the files */
    bool activated;             /* systemd opened the sockets: they are not ours to choose or remove */
    pid_t predecessor;          /* the arbiter that upgrades to this one, while it lives; 0: none */
    pid_t successor;            /* the arbiter that this one upgrades to, while it lives; 0: none */
    bool announced;             /* whoever waits for the start was told how it went */
    int64_t watchdog_ms;        /* how often systemd wants to hear of us; 0: not at all */
    int64_t watchdog_next_ms;

    size_t workers_told;     /* the number of workers that statsd knows */
    int64_t backlog_next_ms; /* when to tell it the backlog */

    enum gcn_stop stop;
    int64_t stop_began_ms;
    int64_t progress_ms; /* when to say next what a stop waits for */
    bool hook_failed; /* a hook has raised, which is why we stop */
    int exit_code;
    const char *halt_reason; /* why it stops by itself; NULL: it was told to */
};

/* The clock that deadlines are compared with. */
static inline int64_t gcn_arbiter_now_ms(const struct gcn_arbiter *arb)
{
    return arb->loop.now_us / 1000;
}

/* start.c */

/* From settings to listening sockets. False (logged) with arb->exit_code. */
GCN_MUST_CHECK bool gcn_start(struct gcn_arbiter *arb);

/* Set the title and write the pidfile that fit the settings and the state of an upgrade. */
GCN_MUST_CHECK bool gcn_start_name(struct gcn_arbiter *arb, struct gcn_error *err);

/*
 * The same while we serve: a pidfile that cannot be written is logged, and the one of before stays.
 */
void gcn_start_rename(struct gcn_arbiter *arb);

/* The successor has ended: remove its pidfile if it did not, being killed. */
void gcn_start_unname_successor(const struct gcn_arbiter *arb);

/* Remove the pidfile. Its name stays for the hooks. */
void gcn_start_unname(struct gcn_arbiter *arb);

/* hooks.c */

/*
 * Find the generation's hooks, starting Python if one of them runs here. False with `err` if one
 * cannot be used.
 */
GCN_MUST_CHECK bool gcn_hooks_open(struct gcn_arbiter *arb, struct gcn_generation *generation,
                                   struct gcn_error *err);

/* What hooks see of the arbiter, but for the list of workers. Borrows from both. */
struct gcn_hook_server gcn_hooks_server(const struct gcn_arbiter *arb,
                                        const struct gcn_generation *generation);

/* Call a hook of the generation; call->server is filled in here. False (logged) if it raised. */
GCN_MUST_CHECK bool gcn_hooks_call(struct gcn_arbiter *arb, const struct gcn_generation *generation,
                                   enum gcn_hook hook, struct gcn_hook_call *call);

/* Call a hook at the start or the end. False with arb->exit_code if it raised. */
GCN_MUST_CHECK bool gcn_hooks_run(struct gcn_arbiter *arb, enum gcn_hook hook,
                                  struct gcn_hook_call *call);

/* Call a hook while we supervise: if it raises, the server stops, and false is returned. */
GCN_MUST_CHECK bool gcn_hooks_run_or_halt(struct gcn_arbiter *arb,
                                          const struct gcn_generation *generation,
                                          enum gcn_hook hook, struct gcn_hook_call *call);

/* The number of workers was set again, after `old`. */
void gcn_hooks_workers_changed(struct gcn_arbiter *arb, uint32_t old);

/* boards.c */

/* Add a board of `n_slots`; it is the first from now on. */
GCN_MUST_CHECK bool gcn_boards_grow(struct gcn_arbiter *arb, uint32_t n_slots,
                                    struct gcn_error *err);

/* See that the workers of `settings`, and their replacements, have room on the first board. */
GCN_MUST_CHECK bool gcn_boards_fit(struct gcn_arbiter *arb, const struct gcn_settings *settings,
                                   struct gcn_error *err);

/*
 * A free slot for `child`, with its board: of `limit` and older ones, or, if that is NULL, of any,
 * or a new one. False (logged) if there is none.
 */
GCN_MUST_CHECK bool gcn_boards_take(struct gcn_arbiter *arb, const struct gcn_arbiter_board *limit,
                                    struct gcn_child *child);

/* Where the worker with the child's slot gathers lines of the access log. */
struct gcn_access_place *gcn_boards_place(const struct gcn_child *child);

/* Give back the slot of a child that is gone, and write what it left of the access log. */
void gcn_boards_give_back(struct gcn_arbiter *arb, struct gcn_child *child);

/* Unmap all scoreboards: no child is left that has a slot. */
void gcn_boards_finish(struct gcn_arbiter *arb);

/* generation.c */

/*
 * True if the files of our sockets are ours to remove: not systemd's, nor used by another arbiter
 * that lives.
 */
bool gcn_generation_owns_files(const struct gcn_arbiter *arb);

/* Take over `settings` as the next generation; nothing is open yet. */
struct gcn_generation *gcn_generation_create(struct gcn_arbiter *arb,
                                             struct gcn_settings *settings);

/* Open its sockets, keeping what it shares with `old` (or NULL), and its access log; before that, see whether
   its workers can have their identity. */
GCN_MUST_CHECK bool gcn_generation_open(struct gcn_arbiter *arb, struct gcn_generation *generation,
                                        const struct gcn_generation *old, struct gcn_error *err);

/*
 * Close and free it, but for the sockets that `keep` (or NULL) shares. NULL is fine. Socket files
 * go unless they are somebody else's: systemd's, or those of another arbiter that lives.
 */
void gcn_generation_destroy(struct gcn_arbiter *arb, struct gcn_generation *generation,
                            const struct gcn_generation *keep);

/* logs.c */

/*
 * Metrics, for the life of the process. Before the error log, whose lines are counted; so `err` is
 * for the caller to log. It says that the host has no address, which is not worth more than a
 * warning: a name server may be away for a while. Nothing if they are open.
 */
GCN_MUST_CHECK bool gcn_logs_open_statsd(const struct gcn_settings *settings,
                                         struct gcn_error *err);

/* Send the error log where the settings say. On false `err` has the reason, and it is as before. */
GCN_MUST_CHECK bool gcn_logs_open_errors(const struct gcn_settings *settings,
                                         struct gcn_error *err);

/* The same, then to the generation's logger in Python, if it has one; its hooks are open. */
GCN_MUST_CHECK bool gcn_logs_open(const struct gcn_generation *generation, struct gcn_error *err);

/* Open the generation's access log, if its settings ask for one; after the error log. */
GCN_MUST_CHECK bool gcn_logs_open_access(struct gcn_generation *generation, struct gcn_error *err);

/* USR1: open the files of all logs again, here and in the workers. */
void gcn_logs_reopen(struct gcn_arbiter *arb);

/* metrics.c */

/* Send the arbiter's own metrics, those that are due. */
void gcn_metrics_send(struct gcn_arbiter *arb);

/* When to send them next, monotonic ms; INT64_MAX: when something changes. */
int64_t gcn_metrics_next_ms(const struct gcn_arbiter *arb);

/* workers.c */

enum { GCN_WORKERS_DOING_BYTES = GCN_SLOT_DOING_BYTES + 32 };

/* ", in GET /path for 1.2 s" at `out`, or "" if the worker runs no request. Returns out. */
const char *gcn_workers_doing(const struct gcn_child *child, char out[GCN_WORKERS_DOING_BYTES]);

/*
 * What a worker of `generation` is started with. `child` is its place, or NULL for a process that
 * only loads the app. In the child: opens the error log of settings that are only tried, and closes
 * the access log of other settings.
 */
void gcn_workers_fill_start(struct gcn_arbiter *arb, const struct gcn_generation *generation,
                            const struct gcn_child *child, struct gcn_worker_start *out);

/* Put off the next boot after one that failed. */
void gcn_workers_back_off(struct gcn_arbiter *arb);

/* Look at what workers have written: who is ready, who is tired. */
void gcn_workers_look(struct gcn_arbiter *arb);

/* Carry out what the policy says, until it says nothing. */
void gcn_workers_manage(struct gcn_arbiter *arb);

/* Collect every child that has ended. */
void gcn_workers_reap(struct gcn_arbiter *arb);

/* Send `signum` to all workers; they have `grace_ms` from now. */
void gcn_workers_tell_all(struct gcn_arbiter *arb, int signum, int64_t grace_ms);

/* Send `signum` to all workers, and nothing else. */
void gcn_workers_signal_all(struct gcn_arbiter *arb, int signum);

/* orders.c */

/* Read the signals that are pending and do what they ask for. A loop callback. */
void gcn_orders_read(struct gcn_watch *watch, uint32_t events);

/* reload.c */

/* Load the settings again and try a worker of them (HUP). */
void gcn_reload_begin(struct gcn_arbiter *arb);

/* A worker of the trial is ready: its generation becomes the good one. */
void gcn_reload_promote(struct gcn_arbiter *arb);

/* The trial's worker has ended before it was ready: the good generation goes on. */
void gcn_reload_fail(struct gcn_arbiter *arb, const char *reason);

/* Reload because the code has changed, if it has (the setting `reload`). */
void gcn_reload_code(struct gcn_arbiter *arb);

/* See whether a reload is over. */
void gcn_reload_settle(struct gcn_arbiter *arb);

/* upgrade.c */

/* Find out whether this arbiter was started by another one, and take what that hands over. */
void gcn_upgrade_accept(struct gcn_arbiter *arb);

/* Start the program again, with our sockets (USR2). */
void gcn_upgrade_begin(struct gcn_arbiter *arb);

/* A child that is no worker has ended: true if it was the successor. */
bool gcn_upgrade_ended(struct gcn_arbiter *arb, pid_t pid, struct gcn_child_end end);

/* If the predecessor is gone, take its place. */
void gcn_upgrade_look(struct gcn_arbiter *arb);

/* At our end: see whether the other arbiter of an upgrade has ended before us. */
void gcn_upgrade_settle(struct gcn_arbiter *arb);

/* announce.c */

/* Tell systemd, and the command in the foreground, how the start went. Once. */
void gcn_announce_start(struct gcn_arbiter *arb, int code);

/* Tell systemd that a reload begins, and when: sd_notify(3), MONOTONIC_USEC. */
void gcn_announce_reloading(void);

/* A reload is over; `problem` says why it failed, or is NULL. */
void gcn_announce_reloaded(struct gcn_arbiter *arb, const char *problem);

/* Tell systemd how many workers there are to be now. */
void gcn_announce_workers(const struct gcn_arbiter *arb);

/* Tell systemd that the server stops, or that a successor goes on (MAINPID). */
void gcn_announce_stop(const struct gcn_arbiter *arb);

/* Feed systemd's watchdog, when it is time to. */
void gcn_announce_life(struct gcn_arbiter *arb);

/* stop.c */

/* Begin to stop, or stop more quickly. */
void gcn_stop_begin(struct gcn_arbiter *arb, enum gcn_stop how);

/* Stop by ourselves, with `code`, because of `reason` (static text). */
void gcn_stop_halt(struct gcn_arbiter *arb, int code, const char *reason);

/* Say what a stop waits for, when it is time to. */
void gcn_stop_progress(struct gcn_arbiter *arb);

#endif
