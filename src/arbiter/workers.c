/* SPDX-License-Identifier: MIT */
/*
 * Starting, signalling and reaping workers: the hands of the policy.
 */
#include "arbiter_private.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>
#include <gcorn/base/ownfd.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/python/python.h>
#include <gcorn/worker/worker.h>

enum {
    ABORT_GRACE_MS = 1000,  /* from ABRT to KILL: time for the stacks and for atexit functions */
    SHORT_LIFE_MS = 1000,   /* a worker that crashes so soon might as well not have booted */
};

/* What a forked worker needs of its parent. */
struct birth {
    struct gcn_arbiter *arb;
    const struct gcn_generation *generation;
    const struct gcn_child *child;
};

/* The arbiter changes its own error log only when the trial has succeeded. */
static void open_trial_log(const struct gcn_generation *trial)
{
    struct gcn_error err = {{0}};

    if (!gcn_logs_open(trial, &err)) {
        gcn_error("%s", err.text);
        _exit(GCN_EXIT_BOOT);
    }
}

void gcn_workers_fill_start(struct gcn_arbiter *arb, const struct gcn_generation *generation,
                            const struct gcn_child *child, struct gcn_worker_start *out)
{
    *out = (struct gcn_worker_start){
        .settings = generation->settings,
        .argv = arb->request->argv,
        .proc_name = gcn_settings_proc_name(generation->settings),
        .listeners = generation->sockets.items,
        .n_listeners = generation->sockets.n,
        .arbiter_pid = arb->pid,
        .signals = &arb->signals,
        .access = generation->access,
        .hooks = generation->hooks,
        .server = gcn_hooks_server(arb, generation),
        .detach = arb->daemon.report_fd >= 0,
        .may_be_broken = !arb->sound,
    };
    if (child != NULL) {
        struct gcn_arbiter_board *board = child->board;
        out->board = &board->board;
        out->slot = child->slot;
        out->age = child->age;
        out->server.worker_age = child->age; /* a preloading process knows only that of its start */
        out->access_place = gcn_boards_place(child);
    }
    if (generation == arb->trial) {
        open_trial_log(generation);
    }
    const struct gcn_generation *other = generation == arb->trial ? arb->good : arb->trial;
    gcn_access_forget(other == NULL ? NULL : other->access);
}

/*
 * In the child. Descriptors of the arbiter's own are closed; the rest is CLOEXEC or meant for it.
 */
static void be_worker(void *context)
{
    const struct birth *birth = context;
    struct gcn_worker_start start;

    gcn_py_after_fork_child();
    gcn_preload_close_channels(birth->arb);
    gcn_ownfd_close(birth->arb->loop.epoll_fd);
    gcn_workers_fill_start(birth->arb, birth->generation, birth->child, &start);
    gcn_worker_run(&start);
}

/* A boot may take as long as a request: the deadline runs from the fork. */
static void prepare_slot(const struct gcn_child *child, const struct gcn_generation *generation)
{
    int64_t timeout_ms = gcn_clock_span_ms(generation->settings->timeout);
    int64_t deadline_ms = timeout_ms == 0 ? 0 : gcn_clock_ms() + timeout_ms;

    atomic_store_explicit(&child->slot->generation, (int64_t)generation->number,
                          memory_order_relaxed);
    atomic_store_explicit(&child->slot->sockets, generation->sockets_number,
                          memory_order_relaxed);
    atomic_store_explicit(&child->slot->deadline_ms, deadline_ms, memory_order_relaxed);
}

void gcn_workers_back_off(struct gcn_arbiter *arb)
{
    arb->policy.failures++;
    int64_t pause_ms = gcn_policy_pause_ms(arb->policy.failures);
    arb->policy.boot_after_ms = gcn_clock_ms() + pause_ms;
    gcn_warn("the next attempt to start a worker is in %" PRId64 ".%02" PRId64 " s",
             pause_ms / 1000, pause_ms % 1000 / 10);
}

/*
 * Fork the worker `child`, here or in the process that has its app. False (logged) if that fails.
 */
static bool fork_worker(struct gcn_arbiter *arb, struct gcn_generation *generation,
                        struct gcn_child *child)
{
    struct birth birth = {arb, generation, child};

    if (generation->settings->preload_app) {
        return gcn_preload_order(generation, child);
    }
    gcn_py_before_fork();
    child->pid = gcn_spawn(be_worker, &birth);
    gcn_py_after_fork_parent();
    if (child->pid < 0) {
        gcn_error_errno(
            "cannot fork a worker (see ulimit -u, pids.max, and the memory that is left)");
    }
    return child->pid > 0;
}

static bool run_pre_fork(struct gcn_arbiter *arb, const struct gcn_generation *generation)
{
    const struct gcn_hook_worker worker = {.age = arb->ages, .ppid = (int)arb->pid};
    struct gcn_hook_call call = {.worker = &worker};

    return gcn_hooks_run_or_halt(arb, generation, GCN_HOOK_PRE_FORK, &call);
}

static void run_child_exit(struct gcn_arbiter *arb, const struct gcn_child *child)
{
    const struct gcn_hook_worker worker = {
        .age = child->age,
        .pid = (int)child->pid,
        .ppid = (int)arb->pid,
        .booted = child->ready_ms != 0,
        .aborted = child->state == GCN_CHILD_ABORTED,
    };
    struct gcn_hook_call call = {.worker = &worker};

    (void)!gcn_hooks_run_or_halt(arb, arb->good, GCN_HOOK_CHILD_EXIT, &call);
}

/*
 * A reload does not wait for better times: the old workers serve, and whoever asked for it can ask
 * again.
 */
static void give_up_spawn(struct gcn_arbiter *arb, const struct gcn_generation *generation)
{
    if (generation == arb->trial) {
        gcn_reload_fail(arb, "no worker could be started to try it");
    } else {
        gcn_workers_back_off(arb);
    }
}

/* False (logged) if no worker was started. */
static bool spawn(struct gcn_arbiter *arb, uint64_t number)
{
    struct gcn_generation *generation =
        arb->trial != NULL && arb->trial->number == number ? arb->trial : arb->good;
    bool preloads = generation->settings->preload_app;
    struct gcn_child child = {
        .age = ++arb->ages,
        .generation = generation->number,
        .state = GCN_CHILD_BOOTING,
    };

    if (!run_pre_fork(arb, generation)) {
        return false;
    }
    if (!gcn_boards_take(arb, preloads ? generation->preloader.newest : NULL, &child)) {
        give_up_spawn(arb, generation);
        return false;
    }
    prepare_slot(&child, generation);
    if (!fork_worker(arb, generation, &child)) {
        gcn_boards_give_back(arb, &child);
        give_up_spawn(arb, generation);
        return false;
    }
    gcn_children_add(&arb->children, &child);
    return true;
}

static void send_signal(const struct gcn_child *child, int signum)
{
    /* One that a preloader has not forked yet is dealt with when it is born. */
    if (child->pid > 0 && kill(child->pid, signum) < 0 && errno != ESRCH) {
        gcn_error_errno("cannot signal worker %d", (int)child->pid);
    }
}

static void tell(struct gcn_arbiter *arb, struct gcn_child *child, int signum, int64_t grace_ms)
{
    int64_t kill_ms = gcn_arbiter_now_ms(arb) + grace_ms;

    if (child->kill_ms == 0 || kill_ms < child->kill_ms) {
        child->kill_ms = kill_ms;
    }
    if (child->state == GCN_CHILD_BOOTING || child->state == GCN_CHILD_READY) {
        child->state = GCN_CHILD_LEAVING;
    }
    send_signal(child, signum);
}

const char *gcn_workers_doing(const struct gcn_child *child, char out[GCN_WORKERS_DOING_BYTES])
{
    char doing[GCN_SLOT_DOING_BYTES];
    int64_t started_ms = atomic_load_explicit(&child->slot->started_ms, memory_order_relaxed);

    out[0] = '\0';
    if (started_ms != 0) {
        int64_t age_ms = gcn_clock_ms() - started_ms;
        gcn_slot_doing(child->slot, doing);
        snprintf(out, GCN_WORKERS_DOING_BYTES, ", in %s for %" PRId64 ".%" PRId64 " s", doing,
                 age_ms / 1000, age_ms % 1000 / 100);
    }
    return out;
}

static void abort_silent(struct gcn_arbiter *arb, struct gcn_child *child)
{
    char doing[GCN_WORKERS_DOING_BYTES];
    bool booting = child->state == GCN_CHILD_BOOTING;

    gcn_critical("worker %d %s for longer than timeout allows (%lld s)%s; aborting it",
                 (int)child->pid, booting ? "has been booting" : "has been silent",
                 (long long)arb->good->settings->timeout, gcn_workers_doing(child, doing));
    child->state = GCN_CHILD_ABORTED;
    child->kill_ms = gcn_arbiter_now_ms(arb) + ABORT_GRACE_MS;
    send_signal(child, SIGABRT);
}

static void kill_overdue(struct gcn_child *child)
{
    char doing[GCN_WORKERS_DOING_BYTES];

    gcn_error("worker %d did not leave in time%s; killing it", (int)child->pid,
              gcn_workers_doing(child, doing));
    child->state = GCN_CHILD_KILLED;
    child->kill_ms = 0;
    send_signal(child, SIGKILL);
}

/* False if the plan could not be carried out: asked again now, the policy would say the same. */
static bool carry_out(struct gcn_arbiter *arb, struct gcn_plan plan)
{
    switch (plan.kind) {
    case GCN_PLAN_NOTHING:
        return false;
    case GCN_PLAN_SPAWN:
        return spawn(arb, plan.generation);
    case GCN_PLAN_RETIRE:
        tell(arb, plan.child, SIGTERM, gcn_clock_span_ms(arb->good->settings->graceful_timeout));
        return true;
    case GCN_PLAN_ABORT:
        abort_silent(arb, plan.child);
        return true;
    case GCN_PLAN_KILL:
        kill_overdue(plan.child);
        return true;
    }
    return false;
}

/*
 * What fails ends the round, and each plan that succeeds changes the table: no round lasts for
 * ever.
 */
void gcn_workers_manage(struct gcn_arbiter *arb)
{
    struct gcn_policy *policy = &arb->policy;
    struct gcn_plan plan;

    gcn_preload_manage(arb);
    do {
        policy->good = arb->good->number;
        policy->trial = arb->trial == NULL ? 0 : arb->trial->number;
        policy->timeout_ms = gcn_clock_span_ms(arb->good->settings->timeout);
        policy->now_ms = gcn_arbiter_now_ms(arb);
        plan = gcn_policy_next(policy, &arb->children);
    } while (carry_out(arb, plan));
}

static void note_ready(struct gcn_arbiter *arb, struct gcn_child *child)
{
    gcn_debug("worker %d is ready", (int)child->pid);
    child->state = GCN_CHILD_READY;
    child->ready_ms = gcn_arbiter_now_ms(arb);
    arb->confirmed = true;
    arb->policy.failures = 0;
    arb->policy.boot_after_ms = 0;
    gcn_announce_start(arb, GCN_EXIT_OK);
    if (arb->trial != NULL && child->generation == arb->trial->number) {
        gcn_reload_promote(arb);
    }
}

/* The newest change of code that a worker has seen since the last reload began. */
static void look_for_change(struct gcn_arbiter *arb, const struct gcn_child *child)
{
    int64_t changed_us = atomic_load_explicit(&child->slot->changed_us, memory_order_relaxed);

    if (changed_us > arb->code_us) {
        arb->code_us = changed_us;
        arb->code_changed = true;
    }
}

void gcn_workers_look(struct gcn_arbiter *arb)
{
    arb->sound = false;
    for (size_t i = 0; i < arb->children.n; i++) {
        struct gcn_child *child = &arb->children.items[i];
        if (child->state == GCN_CHILD_BOOTING && gcn_slot_serves(child->slot) &&
            gcn_preload_is_born(child)) {
            note_ready(arb, child);
        }
        if (child->state == GCN_CHILD_READY &&
            atomic_load_explicit(&child->slot->wants_rest, memory_order_relaxed) != 0) {
            child->tired = true;
        }
        if (child->state == GCN_CHILD_READY) {
            arb->sound |= atomic_load_explicit(&child->slot->broken, memory_order_relaxed) == 0;
            look_for_change(arb, child);
        }
    }
}

/* The fact goes to the log at the level that it deserves: what we asked for is no news. */
static void log_end(const struct gcn_child *child, struct gcn_child_end end)
{
    char text[GCN_CHILD_END_BYTES], doing[GCN_WORKERS_DOING_BYTES];
    bool told = child->state != GCN_CHILD_BOOTING && child->state != GCN_CHILD_READY;
    int state = atomic_load_explicit(&child->slot->state, memory_order_relaxed);
    bool orderly = end.kind == GCN_END_OK && state == GCN_SLOT_ENDED; /* not os._exit(0) */
    bool asked = end.kind != GCN_END_SIGNAL || end.code == SIGKILL || end.code == SIGTERM ||
                 child->state == GCN_CHILD_ABORTED; /* else it has crashed on its way out */
    enum gcn_log_level level = GCN_LOG_ERROR;

    if ((told && asked) || orderly) {
        level = GCN_LOG_DEBUG;
    } else if (end.kind == GCN_END_SIGNAL && end.code != SIGKILL) {
        level = end.code == SIGTERM ? GCN_LOG_INFO : GCN_LOG_WARN;
    }
    gcn_workers_doing(child, doing);
    GCN_LOG_AT(level, "worker %d %s%s", (int)child->pid, gcn_child_end_print(end, text), doing);
}

/* True if the child's end says that a replacement may well end the same way. */
static bool is_boot_failure(const struct gcn_arbiter *arb, const struct gcn_child *child,
                            struct gcn_child_end end)
{
    if (child->state == GCN_CHILD_LEAVING) {
        return false;
    }
    if (child->ready_ms == 0) {
        return true;
    }
    bool killed = end.kind == GCN_END_SIGNAL && (end.code == SIGKILL || end.code == SIGTERM);
    return child->state == GCN_CHILD_READY && end.kind != GCN_END_OK && !killed &&
           gcn_arbiter_now_ms(arb) - child->ready_ms < SHORT_LIFE_MS;
}

static void judge_end(struct gcn_arbiter *arb, const struct gcn_child *child,
                      struct gcn_child_end end)
{
    char text[GCN_CHILD_END_BYTES], reason[GCN_CHILD_END_BYTES + 64];

    if (arb->stop != GCN_STOP_NOT || !is_boot_failure(arb, child, end)) {
        return;
    }
    if (arb->trial != NULL && child->generation == arb->trial->number) {
        snprintf(reason, sizeof(reason), "the worker that tried it %s%s",
                 child->state == GCN_CHILD_ABORTED ? "was not up within timeout and " : "",
                 gcn_child_end_print(end, text));
        gcn_reload_fail(arb, reason);
    } else if (end.kind == GCN_END_BOOT && !arb->confirmed) {
        /* A replacement would fail the same way. */
        gcn_stop_halt(arb, end.code,
                      end.code == GCN_EXIT_APP ? "the app could not be loaded"
                                               : "a worker failed to boot");
    } else {
        gcn_announce_start(arb, GCN_EXIT_OK); /* it is up, and goes on trying */
        gcn_workers_back_off(arb);
    }
}

/* The child leaves the table before its end is judged, which may change the table. */
static void bury_worker(struct gcn_arbiter *arb, struct gcn_child *child, struct gcn_child_end end)
{
    struct gcn_child gone = *child;
    bool boot_failure = end.kind == GCN_END_BOOT && !arb->confirmed;

    log_end(&gone, end);
    gcn_boards_give_back(arb, &gone);
    gcn_children_remove(&arb->children, child);
    judge_end(arb, &gone, end);
    if (!boot_failure) {
        run_child_exit(arb, &gone);
    }
}

static void bury(struct gcn_arbiter *arb, pid_t pid, struct gcn_child_end end)
{
    struct gcn_child *child = gcn_children_find(&arb->children, pid);

    if (child == NULL) {
        gcn_preload_read(arb); /* it may have been born and ended since we looked */
        child = gcn_children_find(&arb->children, pid);
    }
    if (child != NULL) {
        bury_worker(arb, child, end);
    } else if (!gcn_upgrade_ended(arb, pid, end) && !gcn_preload_ended(arb, pid, end)) {
        /* as PID 1, or for a preloader, we also inherit orphans */
        gcn_debug("reaped %d, not one of our children", (int)pid);
    }
}

void gcn_workers_reap(struct gcn_arbiter *arb)
{
    int status;
    pid_t pid;

    gcn_preload_read(arb);
    gcn_workers_look(arb); /* so that one that was ready does not count as a failed boot */
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        bury(arb, pid, gcn_child_end_decode(status));
    }
    if (pid < 0 && errno != ECHILD) {
        gcn_error_errno("waitpid");
    }
    gcn_upgrade_look(arb); /* the end of a parent comes as SIGCHLD too */
}

void gcn_workers_tell_all(struct gcn_arbiter *arb, int signum, int64_t grace_ms)
{
    for (size_t i = 0; i < arb->children.n; i++) {
        if (arb->children.items[i].state != GCN_CHILD_KILLED) {
            tell(arb, &arb->children.items[i], signum, grace_ms);
        }
    }
}

void gcn_workers_signal_all(struct gcn_arbiter *arb, int signum)
{
    for (size_t i = 0; i < arb->children.n; i++) {
        send_signal(&arb->children.items[i], signum);
    }
}
