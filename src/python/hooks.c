/* SPDX-License-Identifier: MIT */
/*
 * Server hooks. What they are called with is made in pylib/hooks.py from the facts that are handed
 * over here.
 */
#include <gcorn/python/hooks.h>

#include "py.h"

#include <string.h>

#include <gcorn/base/mem.h>
#include <gcorn/config/table.h>

#include "exceptions.h"
#include "fork.h"
#include "hooks_private.h"
#include "logger.h"
#include "pylib.h"
#include "runtime.h"
#include "settings_dict.h"
#include "state.h"
#include "thread.h"

static const enum gcn_setting_id ids[GCN_N_HOOKS] = {
    [GCN_HOOK_ON_STARTING] = GCN_SETTING_on_starting,
    [GCN_HOOK_WHEN_READY] = GCN_SETTING_when_ready,
    [GCN_HOOK_NWORKERS_CHANGED] = GCN_SETTING_nworkers_changed,
    [GCN_HOOK_PRE_FORK] = GCN_SETTING_pre_fork,
    [GCN_HOOK_CHILD_EXIT] = GCN_SETTING_child_exit,
    [GCN_HOOK_ON_RELOAD] = GCN_SETTING_on_reload,
    [GCN_HOOK_PRE_EXEC] = GCN_SETTING_pre_exec,
    [GCN_HOOK_ON_EXIT] = GCN_SETTING_on_exit,
    [GCN_HOOK_POST_FORK] = GCN_SETTING_post_fork,
    [GCN_HOOK_POST_WORKER_INIT] = GCN_SETTING_post_worker_init,
    [GCN_HOOK_WORKER_INT] = GCN_SETTING_worker_int,
    [GCN_HOOK_WORKER_ABORT] = GCN_SETTING_worker_abort,
    [GCN_HOOK_WORKER_EXIT] = GCN_SETTING_worker_exit,
    [GCN_HOOK_PRE_REQUEST] = GCN_SETTING_pre_request,
    [GCN_HOOK_POST_REQUEST] = GCN_SETTING_post_request,
    [GCN_HOOK_SSL_CONTEXT] = GCN_SETTING_ssl_context,
};

/* Process: the worker that this process is, if it is one. GIL: held. */
static struct {
    struct gcn_py_hooks *hooks; /* borrowed */
    PyObject *server_facts;     /* owned: as they were at the fork */
    struct gcn_hook_worker worker;
    bool was_interrupted;
    bool watches; /* requests */
} self;

/* Process. */
static struct {
    void (*beat)(void *context);
    void *context;
} heart;

static const struct gcn_setting *row_of(enum gcn_hook hook)
{
    return gcn_setting_get(ids[hook]);
}

static bool is_set(const struct gcn_settings *settings, enum gcn_hook hook)
{
    const struct gcn_pyref *ref = (const void *)((const char *)settings + row_of(hook)->offset);

    return ref->object != NULL || ref->text != NULL;
}

static bool any_before(const struct gcn_settings *settings, enum gcn_hook end)
{
    for (int hook = 0; hook < (int)end; hook++) {
        if (is_set(settings, (enum gcn_hook)hook)) {
            return true;
        }
    }
    return false;
}

bool gcn_py_hooks_want_arbiter(const struct gcn_settings *settings)
{
    return any_before(settings, GCN_HOOK_POST_FORK) || gcn_py_logger_wants(settings);
}

bool gcn_py_hooks_want(const struct gcn_settings *settings)
{
    return any_before(settings, GCN_N_HOOKS) || gcn_py_logger_wants(settings);
}

/* [(name, fewest arguments, most arguments, where it is set)] */
static PyObject *create_rows(const struct gcn_settings *settings)
{
    PyObject *rows = PyList_New(0);

    for (int hook = 0; rows != NULL && hook < GCN_N_HOOKS; hook++) {
        const struct gcn_setting *row = row_of((enum gcn_hook)hook);
        PyObject *entry = Py_BuildValue("(siiz)", row->name, row->min_args, row->max_args,
                                        settings->origins[row->id].place);
        if (entry == NULL || PyList_Append(rows, entry) < 0) {
            Py_CLEAR(rows);
        }
        Py_XDECREF(entry);
    }
    return rows;
}

static PyObject *create_object(const struct gcn_settings *settings)
{
    PyObject *values = gcn_py_settings_dict(settings);
    PyObject *rows = values == NULL ? NULL : create_rows(settings);
    PyObject *uri = rows == NULL ? NULL : gcn_py_text_or_none(settings->app);
    PyObject *args = uri == NULL ? NULL : PyTuple_Pack(3, values, rows, uri);
    PyObject *object = gcn_pylib_call_steal("hooks", "create", args);

    Py_XDECREF(uri);
    Py_XDECREF(rows);
    Py_XDECREF(values);
    return object;
}

struct gcn_py_hooks *gcn_py_hooks_create(const struct gcn_settings *settings, struct gcn_error *err)
{
    bool taken = gcn_py_thread_ensure();
    struct gcn_py_hooks *hooks = NULL;
    PyObject *object = create_object(settings);

    if (object == NULL) {
        int ignored;
        gcn_py_explain("hooks", "hooks", err, &ignored);
    } else {
        hooks = gcn_alloc_zero(1, sizeof(*hooks));
        hooks->object = object;
        hooks->logs = gcn_py_logger_wants(settings);
        for (int hook = 0; hook < GCN_N_HOOKS; hook++) {
            hooks->have[hook] = is_set(settings, (enum gcn_hook)hook);
        }
    }
    gcn_py_thread_restore(taken);
    return hooks;
}

void gcn_py_hooks_destroy(struct gcn_py_hooks *hooks)
{
    if (hooks == NULL) {
        return;
    }
    if (gcn_py_is_started()) {
        bool taken = gcn_py_thread_ensure();
        Py_DECREF(hooks->object);
        gcn_py_thread_restore(taken);
    }
    gcn_free(hooks);
}

bool gcn_py_hooks_have(const struct gcn_py_hooks *hooks, enum gcn_hook hook)
{
    return hooks != NULL && hooks->have[hook];
}

/* [(text, fd)] */
static PyObject *listener_facts(const struct gcn_hook_server *server)
{
    PyObject *list = PyList_New(0);

    for (size_t i = 0; list != NULL && i < server->n_listeners; i++) {
        char text[GCN_ADDR_TEXT_BYTES];
        gcn_listener_print(&server->listeners[i], false, text);
        PyObject *entry = PyUnicode_DecodeFSDefault(text);
        entry = entry == NULL ? NULL : Py_BuildValue("(Ni)", entry, server->listeners[i].fd);
        if (entry == NULL || PyList_Append(list, entry) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(entry);
    }
    return list;
}

/* [(pid, age)] */
static PyObject *living_facts(const struct gcn_hook_server *server)
{
    PyObject *list = PyList_New(0);

    for (size_t i = 0; list != NULL && i < server->n_workers; i++) {
        PyObject *entry = Py_BuildValue("(iK)", server->workers[i].pid,
                                        (unsigned long long)server->workers[i].age);
        if (entry == NULL || PyList_Append(list, entry) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(entry);
    }
    return list;
}

static PyObject *server_facts(const struct gcn_hook_server *server)
{
    PyObject *listeners = listener_facts(server);
    PyObject *living = listeners == NULL ? NULL : living_facts(server);
    PyObject *name = living == NULL ? NULL : gcn_py_text_or_none(server->proc_name);
    PyObject *pidfile = name == NULL ? NULL : gcn_py_text_or_none(server->pidfile);
    PyObject *facts =
        pidfile == NULL
            ? NULL
            : Py_BuildValue("(iiiiKOOOOO)", server->pid, server->master_pid, server->reexec_pid,
                            server->num_workers, (unsigned long long)server->worker_age, name,
                            pidfile, server->systemd ? Py_True : Py_False, listeners, living);

    Py_XDECREF(pidfile);
    Py_XDECREF(name);
    Py_XDECREF(living);
    Py_XDECREF(listeners);
    return facts;
}

static PyObject *worker_facts(const struct gcn_hook_worker *worker)
{
    if (worker == NULL) {
        return Py_NewRef(Py_None);
    }
    return Py_BuildValue("(iiOOLL)", worker->pid, worker->ppid, worker->booted ? Py_True : Py_False,
                         worker->aborted ? Py_True : Py_False, (long long)worker->requests,
                         (long long)worker->max_requests);
}

static PyObject *number_or_none(int64_t number)
{
    return number < 0 ? Py_NewRef(Py_None) : PyLong_FromLongLong(number);
}

/*
 * `server` are its facts, borrowed. The number of workers that the hook wants; -1 with an
 * exception.
 */
static int call_hook(const struct gcn_py_hooks *hooks, enum gcn_hook hook, PyObject *server,
                     const struct gcn_hook_worker *worker, const struct gcn_hook_call *call)
{
    unsigned long long age = worker == NULL ? 0 : worker->age;
    PyObject *facts = worker_facts(worker);
    PyObject *old = facts == NULL ? NULL : number_or_none(call == NULL ? -1 : call->old_value);
    PyObject *args =
        old == NULL ? NULL
                    : Py_BuildValue("(OsOKOLO)", hooks->object, row_of(hook)->name, server, age,
                                    facts, call == NULL ? 0LL : (long long)call->new_value, old);
    PyObject *done = gcn_pylib_call_steal("hooks", "call", args);
    gcn_py_fork_check();
    int rc = done == NULL ? -1 : (int)PyLong_AsLong(done);

    Py_XDECREF(done);
    Py_XDECREF(old);
    Py_XDECREF(facts);
    return rc;
}

bool gcn_py_hook_call(struct gcn_py_hooks *hooks, enum gcn_hook hook, struct gcn_hook_call *call)
{
    call->exit_code = -1;
    call->num_workers = call->server->num_workers;
    if (!gcn_py_hooks_have(hooks, hook)) {
        return true;
    }
    bool taken = gcn_py_thread_ensure();
    PyObject *server = server_facts(call->server);
    int wanted = server == NULL ? -1 : call_hook(hooks, hook, server, call->worker, call);
    bool ok = wanted >= 0;
    if (ok) {
        call->num_workers = wanted;
    }
    if (!ok && gcn_py_boot_interrupted()) {
        PyErr_Clear();
    } else if (!ok) {
        call->exit_code = gcn_py_exit_code();
        gcn_py_log_exception(GCN_LOG_ERROR, "The hook %s failed", row_of(hook)->name);
    }
    Py_XDECREF(server);
    gcn_py_thread_restore(taken);
    return ok;
}

/* Tell the Python side who we are. -1 with an exception. */
static int adopt(void)
{
    PyObject *facts = self.server_facts == NULL ? NULL : worker_facts(&self.worker);
    PyObject *args = facts == NULL ? NULL
                                   : Py_BuildValue("(OOKO)", self.hooks->object, self.server_facts,
                                                   (unsigned long long)self.worker.age, facts);
    PyObject *done = gcn_pylib_call_steal("hooks", "adopt", args);
    int rc = done == NULL ? -1 : 0;

    Py_XDECREF(done);
    Py_XDECREF(facts);
    return rc;
}

void gcn_py_hooks_adopt(struct gcn_py_hooks *hooks, const struct gcn_hook_server *server,
                        const struct gcn_hook_worker *worker)
{
    self.hooks = hooks;
    self.worker = *worker;
    Py_XSETREF(self.server_facts, hooks == NULL ? NULL : server_facts(server));
    if (hooks != NULL && adopt() < 0) {
        gcn_py_log_exception(GCN_LOG_ERROR, "Hooks cannot be prepared");
        self.hooks = NULL;
    }
    self.watches = self.hooks != NULL && (hooks->logs || hooks->have[GCN_HOOK_PRE_REQUEST] ||
                                          hooks->have[GCN_HOOK_POST_REQUEST]);
}

void gcn_py_hooks_look(const struct gcn_hook_worker *worker)
{
    if (self.hooks == NULL) {
        return;
    }
    bool taken = gcn_py_thread_ensure();
    self.worker = *worker;
    if (adopt() < 0) {
        gcn_py_log_exception(GCN_LOG_ERROR, "Hooks cannot be told of their worker");
    }
    gcn_py_thread_restore(taken);
}

void gcn_py_hooks_finish(void)
{
    Py_CLEAR(self.server_facts);
    self.hooks = NULL;
    self.watches = false;
}

int gcn_py_hooks_interrupted(enum gcn_hook hook)
{
    if (hook == GCN_HOOK_WORKER_EXIT || self.was_interrupted ||
        !gcn_py_hooks_have(self.hooks, hook)) {
        return 0;
    }
    self.was_interrupted = true;
    return call_hook(self.hooks, hook, self.server_facts, &self.worker, NULL);
}

bool gcn_py_hooks_watch_requests(void)
{
    return self.watches;
}

unsigned long long gcn_py_hooks_own(const struct gcn_py_hooks **hooks)
{
    *hooks = self.hooks;
    return self.worker.age;
}

void gcn_py_hooks_signalled(enum gcn_hook hook)
{
    if (!gcn_py_is_started()) {
        return;
    }
    bool taken = gcn_py_thread_ensure();
    if (gcn_py_hooks_interrupted(hook) < 0) {
        gcn_py_log_exception(GCN_LOG_ERROR, "The hook %s failed", row_of(hook)->name);
    }
    gcn_py_thread_restore(taken);
}

void gcn_py_set_heartbeat(void (*beat)(void *context), void *context)
{
    heart.beat = beat;
    heart.context = context;
}

void gcn_py_heartbeat(void)
{
    if (heart.beat != NULL) {
        heart.beat(heart.context);
    }
}
