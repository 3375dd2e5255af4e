/* SPDX-License-Identifier: MIT */
/*
 * A WSGI app as the executors see it: struct gcn_app, implemented by a Python callable.
 */
#include "app.h"

#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>

#include "call.h"
#include "environ.h"
#include "environ_notes.h"
#include "errors_stream.h"
#include "exceptions.h"
#include "fork.h"
#include "hooks_private.h"
#include "interrupt.h"
#include "iterate.h"
#include "later.h"
#include "logger.h"
#include "socket.h"
#include "stacks.h"
#include "state.h"
#include "thread.h"
#include "timeout.h"

/* Lifetime: worker. */
struct py_app {
    struct gcn_app base;
    PyObject *callable; /* owned */
};

/* Process: the app that it serves. GIL: held. */
static struct py_app *served; /* borrowed; NULL: none */

/* What is logged of a request's address. */
enum { MAX_LOGGED_TARGET = 256 };

/*
 * The exception that is set ends this request. A client that has left is the usual reason for a
 * ConnectionError, and nobody's fault.
 */
static void fail(const struct gcn_request *req, struct gcn_response *res, bool interrupted)
{
    const struct gcn_head *head = req->head;
    size_t len = head->target.len < MAX_LOGGED_TARGET ? head->target.len : MAX_LOGGED_TARGET;
    bool left = res->gone && PyErr_ExceptionMatches(PyExc_ConnectionError);

    gcn_py_log_exception(left ? GCN_LOG_DEBUG : GCN_LOG_EXCEPTION, "%s %.*s %.*s",
                         interrupted ? "The server ended request" : "Error handling request",
                         (int)head->method.len, head->method.ptr, (int)len, head->target.ptr);
    if (!res->ended) {
        gcn_response_fail(res, 500);
    }
}

/* The app has answered on gunicorn.socket and says so as gunicorn wants it: by StopIteration. */
static bool has_taken_over(const struct gcn_py_call *call)
{
    return call->objects != NULL && gcn_py_socket_is_used(call->objects->socket) &&
           PyErr_ExceptionMatches(PyExc_StopIteration);
}

static int run(struct py_app *app, struct gcn_py_call *call, PyObject *env)
{
    PyObject *args[] = {NULL, env, call->start_response};
    PyObject *callable = Py_NewRef(app->callable); /* a hook may put another one in its place */
    PyObject *result =
        PyObject_Vectorcall(callable, args + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);

    Py_DECREF(callable);
    return result == NULL ? -1 : gcn_py_send_body_steal(call, result);
}

/* What one call has made besides its response. Lifetime: the call; members are owned. */
struct scene {
    PyObject *environ;
    PyObject *req;     /* what the request hooks see; NULL: there are none */
    PyObject *changed; /* what pre_request has changed of the request; NULL: nothing */
};

/* pre_request, environ, app. -1 with an exception. */
static int play(struct py_app *app, struct gcn_py_call *call, struct scene *scene)
{
    bool watched = gcn_py_hooks_watch_requests();

    call->keep_headers = watched;
    if (GCN_UNLIKELY(watched) &&
        (gcn_py_call_use_own(call) < 0 ||
         gcn_py_hooks_pre_request(call, &scene->req, &scene->changed) < 0)) {
        return -1;
    }
    scene->environ = gcn_py_environ_create(call);
    if (scene->environ == NULL) {
        return -1;
    }
    if (GCN_UNLIKELY(scene->changed != NULL) &&
        gcn_py_hooks_apply_changes(scene->environ, scene->changed) < 0) {
        return -1;
    }
    return run(app, call, scene->environ);
}

/* What follows an answer: who wants to know of it is told, and all is cleared away. */
static void end_scene(struct gcn_py_call *call, struct scene *scene)
{
    if (GCN_UNLIKELY(scene->req != NULL)) {
        if (scene->environ != NULL && gcn_py_logger_is_open()) {
            gcn_py_logger_access(call, scene->req, scene->environ);
        }
        gcn_py_hooks_post_request(call, scene->req, scene->environ);
    }
    if (GCN_UNLIKELY(gcn_py.options.access != NULL) && scene->environ != NULL) {
        gcn_py_environ_note(scene->environ, call->res);
    }
    Py_XDECREF(scene->req);
    Py_XDECREF(scene->changed);
    if (GCN_LIKELY(scene->environ != NULL)) {
        gcn_py_environ_end_steal(call, scene->environ);
    }
}

static void app_call(struct gcn_app *base, struct gcn_request *req, struct gcn_response *res)
{
    struct py_app *app = GCN_CONTAINER_OF(base, struct py_app, base);
    struct scene scene = {NULL, NULL, NULL};

    gcn_py_later_drain();
    struct gcn_py_call *call = gcn_py_call_begin(req, res);
    if (call == NULL) {
        fail(req, res, false);
        return;
    }
    gcn_py_interrupt_begin();
    gcn_py_timeout_begin(call);
    int rc = play(app, call, &scene);
    gcn_py_fork_check();
    gcn_py_timeout_end(call);
    bool interrupted = gcn_py_interrupt_end();
    if (GCN_UNLIKELY(rc < 0 && has_taken_over(call))) {
        PyErr_Clear();
        gcn_response_leave_alone(res);
    } else if (GCN_UNLIKELY(rc < 0)) {
        fail(req, res, interrupted);
    } else if (GCN_UNLIKELY(!res->ended)) {
        gcn_response_fail(res, 500); /* the client has left */
    }
    end_scene(call, &scene);
    gcn_py_call_end(call);
    gcn_py_errors_flush();
}

static void app_enter(GCN_UNUSED struct gcn_app *app)
{
    gcn_py_thread_enter();
}

static void app_leave(GCN_UNUSED struct gcn_app *app)
{
    gcn_py_thread_leave();
}

static void app_thread_start(GCN_UNUSED struct gcn_app *app)
{
    gcn_py_thread_start();
}

static void app_thread_stop(GCN_UNUSED struct gcn_app *app)
{
    gcn_py_thread_stop();
}

static void app_time_out(GCN_UNUSED struct gcn_app *app, uint64_t ticket)
{
    gcn_py_timeout_raise(ticket);
}

static void app_dump_stacks(GCN_UNUSED struct gcn_app *app)
{
    gcn_py_log_stacks();
}

static const struct gcn_app_ops ops = {
    .call = app_call,
    .enter = app_enter,
    .leave = app_leave,
    .time_out = app_time_out,
    .dump_stacks = app_dump_stacks,
    .thread_start = app_thread_start,
    .thread_stop = app_thread_stop,
};

struct gcn_app *gcn_py_app_create_steal(PyObject *callable)
{
    struct py_app *app = gcn_alloc_zero(1, sizeof(*app));

    app->base.ops = &ops;
    app->callable = callable;
    served = app;
    return &app->base;
}

bool gcn_py_app_replace(PyObject *callable)
{
    if (served == NULL) {
        return false;
    }
    Py_XSETREF(served->callable, Py_NewRef(callable));
    return true;
}

void gcn_py_app_destroy(struct gcn_app *base)
{
    if (base != NULL) {
        struct py_app *app = GCN_CONTAINER_OF(base, struct py_app, base);
        if (app == served) {
            served = NULL;
        }
        Py_DECREF(app->callable);
        gcn_free(app);
    }
}
