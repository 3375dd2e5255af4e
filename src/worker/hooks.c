/* SPDX-License-Identifier: MIT */
/*
 * The hooks of a worker's life.
 */
#include "hooks.h"

#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/config/settings.h>
#include <gcorn/python/python.h>

#include "deadline.h"
#include "options.h"

static struct gcn_hook_worker worker_facts(const struct gcn_worker *worker)
{
    return (struct gcn_hook_worker){
        .age = worker->start->age,
        .pid = (int)getpid(),
        .ppid = worker->start->arbiter_pid,
        .booted = worker->booted,
        .aborted = worker->aborted,
        .requests = atomic_load_explicit(&worker->slot->requests, memory_order_relaxed),
        .max_requests = worker->settings->max_requests,
    };
}

/* A hook, or the app with the worker that a hook gave it, says that all is well. */
static void beat(void *context)
{
    gcn_deadline_push(context, gcn_clock_us());
}

bool gcn_worker_hooks_open(struct gcn_worker *worker, struct gcn_error *err)
{
    struct gcn_py_options options;

    worker->hooks = worker->start->hooks;
    if (!gcn_py_hooks_want(worker->settings)) {
        return true;
    }
    gcn_options_python(worker, &options);
    if (!gcn_py_start(&options, err)) {
        return false;
    }
    if (worker->hooks == NULL) {
        worker->hooks = gcn_py_hooks_create(worker->settings, err);
    }
    if (worker->hooks == NULL) {
        return false;
    }
    struct gcn_hook_worker facts = worker_facts(worker);
    gcn_py_hooks_adopt(worker->hooks, &worker->start->server, &facts);
    gcn_py_set_heartbeat(beat, worker);
    gcn_py_boot_begin();
    return true;
}

void gcn_worker_hooks_look(struct gcn_worker *worker)
{
    if (worker->hooks != NULL) {
        struct gcn_hook_worker facts = worker_facts(worker);
        gcn_py_hooks_look(&facts);
    }
}

bool gcn_worker_hook(struct gcn_worker *worker, enum gcn_hook hook, int *code)
{
    struct gcn_hook_worker facts = worker_facts(worker);
    struct gcn_hook_call call = {.server = &worker->start->server, .worker = &facts};

    if (gcn_py_hook_call(worker->hooks, hook, &call)) {
        return true;
    }
    if (call.exit_code >= 0) {
        *code = call.exit_code;
    }
    return false;
}

void gcn_worker_hooks_close(struct gcn_worker *worker)
{
    if (worker->hooks != worker->start->hooks) {
        gcn_py_hooks_destroy(worker->hooks);
    }
    worker->hooks = NULL;
}
