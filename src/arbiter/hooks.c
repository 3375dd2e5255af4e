/* SPDX-License-Identifier: MIT */
/*
 * Hooks that run in the arbiter, which has an interpreter only if there is such a hook, or if a
 * config file in Python was read. What they are told is made of the arbiter's state when they are
 * called.
 */
#include "arbiter_private.h"

#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/python/python.h>

bool gcn_hooks_open(struct gcn_arbiter *arb, struct gcn_generation *generation,
                    struct gcn_error *err)
{
    const struct gcn_settings *settings = generation->settings;
    struct gcn_py_options options;

    if (!gcn_py_hooks_want_arbiter(settings) &&
        !(gcn_py_is_started() && gcn_py_hooks_want(settings))) {
        return true; /* a worker finds its own */
    }
    gcn_py_options_init(&options, settings, arb->request->argv);
    if (!gcn_py_start(&options, err)) {
        return false;
    }
    gcn_py_leave();
    generation->hooks = gcn_py_hooks_create(settings, err);
    return generation->hooks != NULL;
}

/* The living workers, for the hooks. The caller frees. */
static struct gcn_hook_worker *list_workers(const struct gcn_children *children, size_t *n)
{
    struct gcn_hook_worker *list = gcn_alloc_zero(children->n + 1, sizeof(*list));

    *n = 0;
    for (size_t i = 0; i < children->n; i++) {
        if (children->items[i].pid > 0) { /* else its preloader has not forked it yet */
            list[*n].age = children->items[i].age;
            list[*n].pid = (int)children->items[i].pid;
            ++*n;
        }
    }
    return list;
}

struct gcn_hook_server gcn_hooks_server(const struct gcn_arbiter *arb,
                                        const struct gcn_generation *generation)
{
    return (struct gcn_hook_server){
        .pid = (int)arb->pid,
        .master_pid = (int)arb->predecessor,
        .reexec_pid = (int)arb->successor,
        .num_workers = (int)arb->policy.target,
        .worker_age = arb->ages,
        .proc_name = gcn_settings_proc_name(generation->settings),
        .pidfile = arb->pidfile,
        .systemd = arb->activated,
        .listeners = generation->sockets.items,
        .n_listeners = generation->sockets.n,
    };
}

/*
 * A hook wants another number of workers, and has told nworkers_changed. As TTIN and TTOU, but by
 * any number.
 */
static void take_number(struct gcn_arbiter *arb, uint32_t wanted)
{
    if (wanted == arb->policy.target) {
        return;
    }
    if (arb->trial != NULL) {
        arb->trial->target = wanted;
    }
    arb->policy.target = wanted;
    gcn_info("now %u workers: a hook wants them", wanted);
    gcn_announce_workers(arb);
}

bool gcn_hooks_call(struct gcn_arbiter *arb, const struct gcn_generation *generation,
                    enum gcn_hook hook, struct gcn_hook_call *call)
{
    if (!gcn_py_hooks_have(generation->hooks, hook)) {
        return true;
    }
    struct gcn_hook_server server = gcn_hooks_server(arb, generation);
    struct gcn_hook_worker *workers = list_workers(&arb->children, &server.n_workers);
    server.workers = workers;
    call->server = &server;
    bool ok = gcn_py_hook_call(generation->hooks, hook, call);
    gcn_free(workers);
    if (ok) {
        take_number(arb, (uint32_t)call->num_workers);
    }
    return ok;
}

bool gcn_hooks_run(struct gcn_arbiter *arb, enum gcn_hook hook, struct gcn_hook_call *call)
{
    if (gcn_hooks_call(arb, arb->good, hook, call)) {
        return true;
    }
    arb->exit_code = call->exit_code >= 0 ? call->exit_code : GCN_EXIT_ERROR;
    return false;
}

bool gcn_hooks_run_or_halt(struct gcn_arbiter *arb, const struct gcn_generation *generation,
                           enum gcn_hook hook, struct gcn_hook_call *call)
{
    if (gcn_hooks_call(arb, generation, hook, call)) {
        return true;
    }
    arb->hook_failed = true;
    gcn_stop_halt(arb, call->exit_code >= 0 ? call->exit_code : GCN_EXIT_LOOP, "a hook failed");
    return false;
}

void gcn_hooks_workers_changed(struct gcn_arbiter *arb, uint32_t old)
{
    struct gcn_hook_call call = {.new_value = arb->policy.target, .old_value = old};

    (void)!gcn_hooks_run_or_halt(arb, arb->good, GCN_HOOK_NWORKERS_CHANGED, &call);
}
