/* SPDX-License-Identifier: MIT */
/*
 * A worker from the fork to its exit: boot, run an executor, finish. What it does while it runs is
 * the executor's and the I/O core's business.
 */
#include <gcorn/worker/worker.h>

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/config/settings.h>
#include <gcorn/log/access.h>
#include <gcorn/log/errorlog.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/proc/identity.h>
#include <gcorn/proc/rlimit.h>
#include <gcorn/proc/signals.h>
#include <gcorn/proc/title.h>
#include <gcorn/python/configfile.h>
#include <gcorn/python/logger.h>
#include <gcorn/python/python.h>

#include "apology.h"
#include "codewatch.h"
#include "deadline.h"
#include "exec.h"
#include "hooks.h"
#include "notes.h"
#include "options.h"
#include "recycle.h"
#include "worker_private.h"

enum {
    ORPHAN_GRACE_US = GCN_ORPHAN_GRACE_MS * 900, /* a tenth is left for Python's own end */
    SPARE_DESCRIPTORS = 256,   /* for the app, beside the connections */
};

static void set_state(struct gcn_worker *worker, enum gcn_slot_state state)
{
    atomic_store_explicit(&worker->slot->state, state, memory_order_relaxed);
}

/* Begin to stop gracefully: what is left has until `grace_us` from now. */
static void begin_stop(struct gcn_worker *worker, int64_t grace_us)
{
    int64_t by_us = worker->loop.now_us + grace_us;

    if (!worker->stopping || by_us < worker->stop_by_us) {
        worker->stop_by_us = by_us;
    }
    worker->stopping = true;
}

static void act_on_notes(struct gcn_worker *worker, unsigned notes)
{
    /* A tenth is left for Python's own end before the arbiter loses patience. */
    int64_t grace_us = worker->graceful_timeout_us / 10 * 9;

    if (notes & GCN_NOTE_REOPEN) {
        gcn_log_reopen();
        gcn_py_logger_reopen();
        gcn_access_reopen(worker->start->access);
    }
    if (notes & GCN_NOTE_STOP) {
        begin_stop(worker, grace_us);
    }
    if (notes & GCN_NOTE_ORPHAN) {
        gcn_warn("the arbiter (pid %d) is gone; finishing", worker->start->arbiter_pid);
        begin_stop(worker, grace_us < ORPHAN_GRACE_US ? grace_us : ORPHAN_GRACE_US);
    }
    if (notes & (GCN_NOTE_QUIT | GCN_NOTE_ABORT)) {
        gcn_worker_hooks_look(worker);
        gcn_py_hooks_signalled(notes & GCN_NOTE_ABORT ? GCN_HOOK_WORKER_ABORT
                                                      : GCN_HOOK_WORKER_INT);
        worker->quick = true;
        begin_stop(worker, GCN_QUIT_MS * 1000);
    }
    worker->aborted = worker->aborted || (notes & GCN_NOTE_ABORT) != 0;
}

void gcn_worker_heed(struct gcn_worker *worker)
{
    act_on_notes(worker, gcn_notes_take());
}

static void on_wake(struct gcn_watch *watch, uint32_t events)
{
    struct gcn_worker *worker = GCN_CONTAINER_OF(watch, struct gcn_worker, wake_watch);
    uint64_t count;

    (void)events;
    ssize_t ignored = read(worker->slot->wake_fd, &count, sizeof(count));
    (void)ignored; /* EAGAIN: somebody else's poke was read with the last one */
    gcn_worker_heed(worker);
    if (worker->on_wake != NULL) {
        worker->on_wake(worker);
    }
}

/* The app has a handler of its own for a signal that came. */
static void on_python_signal(struct gcn_watch *watch, uint32_t events)
{
    struct gcn_worker *worker = GCN_CONTAINER_OF(watch, struct gcn_worker, python_watch);

    (void)events;
    if (!gcn_py_run_signal_handlers()) {
        worker->quitting = true;
    }
}

static void watch_python(struct gcn_worker *worker)
{
    worker->python_watch.fn = on_python_signal;
    if (!gcn_loop_watch(&worker->loop, &worker->python_watch, gcn_py_signal_fd(), EPOLLIN)) {
        gcn_warn_errno("signal handlers of the app may run late");
    }
}

/* Let the process have as many descriptors as it may keep connections, if the system permits. */
static void raise_descriptor_limit(const struct gcn_settings *settings)
{
    uint64_t wanted = (uint64_t)settings->worker_connections + SPARE_DESCRIPTORS;
    uint64_t allowed = gcn_rlimit_descriptors(wanted);

    if (allowed < wanted) {
        gcn_warn("the limit of open files (%llu) is below what worker_connections asks for (%lld)",
                 (unsigned long long)allowed, (long long)settings->worker_connections);
    }
}

/* The directory and the environment that the app is loaded in. */
static bool enter_surroundings(const struct gcn_settings *settings, struct gcn_error *err)
{
    if (settings->chdir != NULL && chdir(settings->chdir) < 0) {
        return gcn_error_set_errno(err, "cannot change to the directory %s", settings->chdir);
    }
    gcn_py_export_env(settings);
    return true;
}

/* What it raises ends the boot. */
static bool run_hook(struct gcn_worker *worker, enum gcn_hook hook, struct gcn_error *err,
                     int *code)
{
    return gcn_worker_hook(worker, hook, code) || gcn_error_set(err, "a hook failed");
}

struct gcn_identity gcn_worker_identity(const struct gcn_settings *settings)
{
    return (struct gcn_identity){
        .uid = (uid_t)settings->user,
        .gid = (gid_t)settings->group,
        .initgroups = settings->initgroups,
    };
}

/* Everything before the app. */
static bool prepare(struct gcn_worker *worker, struct gcn_error *err, int *code)
{
    const struct gcn_settings *settings = worker->settings;
    const struct gcn_identity identity = gcn_worker_identity(settings);

    if (!enter_surroundings(settings, err)) {
        return false;
    }
    raise_descriptor_limit(settings);
    if (!gcn_worker_hooks_open(worker, err) || !run_hook(worker, GCN_HOOK_POST_FORK, err, code)) {
        return false;
    }
    if (!gcn_identity_assume(&identity, err)) {
        return gcn_error_prefix(err, "user, group");
    }
    if (!gcn_options_init(worker, err) || !gcn_loop_init(&worker->loop, err)) {
        return false;
    }
    gcn_recycle_init(worker);
    worker->wake_watch.fn = on_wake;
    if (!gcn_loop_watch(&worker->loop, &worker->wake_watch, worker->slot->wake_fd, EPOLLIN)) {
        return gcn_error_set_errno(err, "cannot watch the worker's eventfd");
    }
    return gcn_notes_watch_arbiter() || gcn_error_set(err, "the arbiter is gone");
}

/* Start Python and load the app. False with *code. */
static bool start_app(struct gcn_worker *worker, struct gcn_error *err, int *code)
{
    struct gcn_py_options options;

    gcn_options_python(worker, &options);
    if (!gcn_py_start(&options, err)) {
        return false;
    }
    if (worker->settings->spew && !gcn_py_spew(err)) {
        return false;
    }
    worker->app = gcn_py_app_load_settings(worker->settings, err, code);
    return worker->app != NULL;
}

/* The app that was loaded before the fork. */
static bool inherit_app(struct gcn_worker *worker, struct gcn_error *err)
{
    worker->app = worker->start->app;
    return gcn_py_inherit(err);
}

/*
 * The app, and the name that the config file or the app has given to the server. False with *code.
 */
static bool load_app(struct gcn_worker *worker, struct gcn_error *err, int *code)
{
    bool ok =
        worker->start->app != NULL ? inherit_app(worker, err) : start_app(worker, err, code);
    const char *server = gcn_py_config_server_field();

    if (server != NULL) {
        worker->limits.server_name = server;
    }
    gcn_py_logger_warn(worker->settings);
    return ok;
}

/* The app, or, where a change of the code will end the matter, one that says why there is none. */
static bool load_app_or_apology(struct gcn_worker *worker, struct gcn_error *err, int *code)
{
    if (load_app(worker, err, code)) {
        return true;
    }
    if (!worker->settings->reload || !worker->start->may_be_broken || gcn_py_boot_interrupted()) {
        return false;
    }
    gcn_error("%s; until its code changes every request is answered with that", err->text);
    worker->app = worker->apology = gcn_apology_create(err->text);
    atomic_store_explicit(&worker->slot->broken, 1, memory_order_relaxed);
    err->text[0] = '\0';
    return true;
}

/* The setting `reload`. */
static bool watch_code(struct gcn_worker *worker, struct gcn_error *err)
{
    if (!worker->settings->reload) {
        return true;
    }
    worker->codewatch = gcn_codewatch_start(worker, worker->apology != NULL, err);
    return worker->codewatch != NULL;
}

static bool take_steps(struct gcn_worker *worker, struct gcn_error *err, int *code)
{
    return prepare(worker, err, code) && load_app_or_apology(worker, err, code) &&
           watch_code(worker, err) && run_hook(worker, GCN_HOOK_POST_WORKER_INIT, err, code);
}

static void settle(struct gcn_worker *worker)
{
    worker->booted = true;
    gcn_notes_watch_arbiter_again();
    gcn_worker_hooks_look(worker);
    watch_python(worker);
    if (worker->start->detach) {
        gcn_worker_detach(worker->settings, worker->start->access);
    }
    gcn_deadline_push(worker, gcn_clock_us());
}

/* False with the exit code in *code; a module may leave with 0 while it is imported. */
static bool boot(struct gcn_worker *worker, int *code)
{
    struct gcn_error err = {{0}};

    gcn_info("worker %d (pid %d) boots", (int)worker->start->age, (int)getpid());
    *code = GCN_EXIT_BOOT;
    bool ok = take_steps(worker, &err, code);
    gcn_notes_boot_ended(); /* first, so that no signal finds neither a boot nor a worker */
    bool interrupted = gcn_py_boot_end();
    if (ok) {
        settle(worker);
    } else if (interrupted) {
        *code = gcn_notes_take() & GCN_NOTE_ABORT ? GCN_EXIT_ERROR : GCN_EXIT_OK;
    } else {
        gcn_error("%s", err.text);
    }
    return ok;
}

struct gcn_app *gcn_worker_preload(const struct gcn_worker_start *start, int *code)
{
    struct gcn_worker worker = {.start = start, .settings = start->settings};
    struct gcn_error err = {{0}};

    gcn_info("the app is preloaded in process %d", (int)getpid());
    *code = GCN_EXIT_BOOT;
    if (!enter_surroundings(start->settings, &err) || !load_app(&worker, &err, code)) {
        gcn_error("%s", err.text);
        gcn_py_stop();
        return NULL;
    }
    gcn_py_freeze();
    return worker.app;
}

static void finish(struct gcn_worker *worker)
{
    int ignored;

    set_state(worker, GCN_SLOT_ENDED);
    if (!gcn_worker_hook(worker, GCN_HOOK_WORKER_EXIT, &ignored)) {
        gcn_warn("the worker ends all the same");
    }
    gcn_worker_hooks_close(worker);
    gcn_codewatch_stop(worker->codewatch);
    if (worker->apology != NULL) {
        gcn_apology_destroy(worker->apology);
    } else {
        gcn_py_app_destroy(worker->app);
    }
    gcn_loop_unwatch(&worker->loop, &worker->python_watch, gcn_py_signal_fd());
    gcn_py_stop();
    gcn_loop_unwatch(&worker->loop, &worker->wake_watch, worker->slot->wake_fd);
    gcn_loop_finish(&worker->loop);
    gcn_options_finish(worker);
}

/*
 * The end beside calls that do not end. If one of them keeps the interpreter for itself, this does
 * not end either, and the arbiter does it.
 */
static void leave_behind(struct gcn_worker *worker)
{
    int ignored;

    gcn_py_logger_abandon();
    (void)!gcn_worker_hook(worker, GCN_HOOK_WORKER_EXIT, &ignored);
    gcn_py_wind_up();
}

static int run_executor(struct gcn_worker *worker)
{
    const struct gcn_settings *settings = worker->settings;

    if (gcn_settings_executor(settings) == GCN_EXECUTOR_THREADS) {
        return gcn_exec_threads_run(worker, (int)settings->threads);
    }
    if (worker->request_timeout_us > 0) {
        /* Whoever is to answer in the app's stead cannot be running it: one thread, still one call at a
           time. */
        return gcn_exec_threads_run(worker, 1);
    }
    return gcn_exec_inline_run(worker);
}

void gcn_worker_run(const struct gcn_worker_start *start)
{
    struct gcn_worker worker = {
        .start = start,
        .settings = start->settings,
        .board = start->board,
        .slot = start->slot,
        .loop = {.epoll_fd = -1},
    };

    gcn_title_set("gcorn: worker [%s]", start->proc_name);
    atomic_store_explicit(&start->slot->pid, (int32_t)getpid(), memory_order_relaxed);
    if (start->access != NULL) {
        gcn_access_attach(start->access, start->access_place);
    }
    gcn_notes_start(start->slot, start->arbiter_pid, &worker.quitting);
    gcn_signals_release(start->signals);
    int code;
    if (boot(&worker, &code)) {
        code = run_executor(&worker);
        act_on_notes(&worker, gcn_notes_take()); /* what ended the run may not be read yet */
        code = worker.aborted ? GCN_EXIT_ERROR : code;
    }
    gcn_info("worker %d (pid %d) leaves", (int)start->age, (int)getpid());
    gcn_log_flush();
    if (worker.threads_left) {
        leave_behind(&worker);
        _exit(code);
    }
    finish(&worker);
    exit(code);
}
