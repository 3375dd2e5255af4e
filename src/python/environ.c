/* SPDX-License-Identifier: MIT */
/*
 * The WSGI environ, made in three layers, each a copy of the one below with more in it:
 *   base       a listener and a scheme: all that no request changes
 *   prototype  and a head: kept beside a head that the core keeps (head->app_data)
 *   environ    and a connection and a body: the app's
 * Layers below the last hold what cannot be changed (str, tuple, bool, None) and what is the same
 * for all requests, so that nothing an app does to its environ is seen by another. Two things in a
 * prototype are a guess: the address of the last peer, and a set of the objects that stand for a
 * request, lent to one at a time. Most often they are right, and then the copy needs no more than
 * the peer's port; to replace a value in a dictionary costs as much as to copy six.
 *
 * To copy a dictionary and to free it again is most of what an environ costs. So one that its app
 * has neither changed nor kept stays with its prototype and is the next request's (objects.h).
 */
#include "environ.h"

#include <string.h>

#include <gcorn/base/mem.h>
#include <gcorn/http/request.h>

#include "cache.h"
#include "call.h"
#include "environ_head.h"
#include "later.h"
#include "state.h"

/* Lifetime: the head that it hangs on. */
struct prototype {
    PyObject *dict; /* owned */
    struct gcn_py_place place;
    PyObject *remote_addr; /* owned: what `dict` has under this name */
    struct gcn_py_objects objects;
};

/* Process. GIL: held. */
static struct gcn_py_ports ports;

static int put_cached(PyObject *dict, PyObject *key, struct gcn_slice text)
{
    return gcn_py_put_steal(dict, key, gcn_py_environ_text(text));
}

/* head->app_release. Thread: any. GIL: not needed. */
static void release_prototype(void *data)
{
    struct prototype *prototype = data;

    gcn_py_objects_drop(&prototype->objects);
    gcn_py_decref_later(prototype->dict);
    gcn_py_decref_later(prototype->remote_addr);
    gcn_free(prototype);
}

/* Make `dict`, which is taken over, that of the head's prototype. -1 with an exception. */
static int set_prototype_steal(struct gcn_head *head, struct gcn_py_place place, PyObject *dict)
{
    struct prototype *prototype = head->app_data;

    if (prototype != NULL && gcn_py_objects_are_whole(&prototype->objects) &&
        gcn_py_objects_put(&prototype->objects, dict) < 0) {
        Py_DECREF(dict);
        return -1;
    }
    if (prototype == NULL) {
        prototype = gcn_alloc_zero(1, sizeof(*prototype));
        head->app_data = prototype;
        head->app_release = release_prototype;
    }
    prototype->place = place;
    Py_XSETREF(prototype->dict, dict);
    prototype->objects.dict = dict;
    gcn_py_objects_dict_changed(&prototype->objects);
    Py_XSETREF(prototype->remote_addr, Py_NewRef(gcn_py.names.empty));
    return 0;
}

static bool has_prototype(const struct gcn_head *head, struct gcn_py_place place)
{
    const struct prototype *prototype = head->app_data;

    return prototype != NULL && gcn_py_same_place(prototype->place, place);
}

/*
 * The prototype of a head that the core keeps, made when it is first wanted and again if the same
 * head came in by another listener. NULL with an exception. To make a dictionary may collect
 * garbage and so run Python, and meanwhile another thread may have made the same: the first stays.
 */
static struct prototype *prototype_of(struct gcn_head *head, struct gcn_py_place place)
{
    if (GCN_LIKELY(has_prototype(head, place))) {
        return head->app_data;
    }
    PyObject *dict = gcn_py_environ_for_head(head, place);
    if (dict == NULL) {
        return NULL;
    }
    if (has_prototype(head, place)) {
        Py_DECREF(dict);
    } else if (set_prototype_steal(head, place, dict) < 0) {
        return NULL;
    }
    return head->app_data;
}

/*
 * Make what is missing of the prototype's objects. They are spoken for before the first one is
 * made, which may run Python (see above): no other thread makes or uses them meanwhile.
 */
static int fill_objects(struct prototype *prototype)
{
    struct gcn_py_objects *objects = &prototype->objects;

    objects->in_use = true;
    if (gcn_py_objects_fill(objects) < 0 || gcn_py_objects_put(objects, prototype->dict) < 0) {
        gcn_py_objects_drop(objects);
        objects->in_use = false;
        return -1;
    }
    return 0;
}

/*
 * The prototype of the call's head, its objects lent to the call unless they or the call are
 * provided for. NULL with an exception.
 */
static struct prototype *lend_prototype(struct gcn_py_call *call, struct gcn_py_place place)
{
    struct prototype *prototype = prototype_of(call->req->head, place);

    if (GCN_UNLIKELY(prototype == NULL || call->objects != NULL || prototype->objects.in_use)) {
        return prototype;
    }
    bool whole = gcn_py_objects_are_whole(&prototype->objects);
    if (GCN_UNLIKELY(!whole) && fill_objects(prototype) < 0) {
        return NULL;
    }
    gcn_py_call_use(call, &prototype->objects);
    /* Another thread may have made it one for its own listener since. */
    return GCN_LIKELY(whole) ? prototype : prototype_of(call->req->head, place);
}

static int set_addr(struct prototype *prototype, const struct gcn_endpoint *peer)
{
    const char *there = (const char *)PyUnicode_1BYTE_DATA(prototype->remote_addr);

    if (GCN_LIKELY(strcmp(there, peer->host) == 0)) {
        return 0;
    }
    PyObject *addr = gcn_py_environ_text(gcn_slice_of(peer->host));
    if (addr == NULL || PyDict_SetItem(prototype->dict, gcn_py.names.remote_addr, addr) < 0) {
        Py_XDECREF(addr);
        return -1;
    }
    Py_SETREF(prototype->remote_addr, addr);
    gcn_py_objects_dict_changed(&prototype->objects);
    return 0;
}

/* Has the call the objects of a prototype, and so its environ, too? */
static bool has_lent(const struct gcn_py_call *call)
{
    return call->objects != NULL && call->objects->dict != NULL;
}

/* New reference: a copy of the prototype of the request's head, once that has been set right. */
static PyObject *copy_prototype(struct gcn_py_call *call, struct gcn_py_place place)
{
    struct prototype *prototype = lend_prototype(call, place);

    if (prototype == NULL || set_addr(prototype, call->req->peer) < 0) {
        return NULL;
    }
    return GCN_LIKELY(has_lent(call)) ? gcn_py_objects_lend_environ(call->objects)
                                      : PyDict_Copy(prototype->dict);
}

static PyObject *create_without_prototype(const struct gcn_request *req, struct gcn_py_place place)
{
    PyObject *dict = gcn_py_environ_for_head(req->head, place);

    if (dict != NULL && !req->peer->is_unix &&
        put_cached(dict, gcn_py.names.remote_addr, gcn_slice_of(req->peer->host)) < 0) {
        Py_CLEAR(dict);
    }
    return dict;
}

static int put_port(PyObject *dict, const struct gcn_request *req)
{
    PyObject *key = gcn_py.names.remote_port;

    if (req->peer->is_unix) {
        return 0;
    }
    PyObject *port_borrowed = gcn_py_ports_peek(&ports, req->peer->port);
    return port_borrowed == NULL ? -1 : PyDict_SetItem(dict, key, port_borrowed);
}

/* The base of an inet listener has a port. If a PROXY header replaced the peer, there is none. */
static int take_port(PyObject *dict, const struct gcn_request *req)
{
    return GCN_LIKELY(!req->peer->is_unix) || req->local->is_unix
               ? 0
               : PyDict_DelItem(dict, gcn_py.names.remote_port);
}

static int put_proxy(PyObject *dict, const struct gcn_request *req)
{
    const struct gcn_py_names *names = &gcn_py.names;

    if (GCN_LIKELY(req->proxy_protocol == NULL)) {
        return 0;
    }
    if (put_cached(dict, names->proxy_protocol, gcn_slice_of(req->proxy_protocol)) < 0) {
        return -1;
    }
    if (req->proxy == NULL) {
        return 0;
    }
    return put_cached(dict, names->proxy_addr, gcn_slice_of(req->proxy->host)) < 0 ||
                   put_cached(dict, names->proxy_port, gcn_slice_of(req->proxy->port)) < 0
               ? -1
               : 0;
}

/*
 * Below a millisecond the zero of the base stands: most requests wait less, and it costs nothing.
 */
static int put_queue_time(PyObject *dict, const struct gcn_request *req)
{
    int64_t queue_us = gcn_request_queue_us(req);

    if (GCN_LIKELY(queue_us < 1000)) {
        return 0;
    }
    PyObject *seconds = PyFloat_FromDouble((double)queue_us / 1e6);
    return gcn_py_put_steal(dict, gcn_py.names.queue_time, seconds);
}

/* An id of ours replaces one that is not believed. */
static int put_id(PyObject *dict, const struct gcn_request *req)
{
    return GCN_LIKELY(req->id.len == 0)
               ? 0
               : gcn_py_put_steal(dict, gcn_py.names.request_id, gcn_py_str(req->id));
}

/* The call's own objects, unless those of the prototype are there. */
static int put_objects(PyObject *dict, struct gcn_py_call *call)
{
    if (GCN_LIKELY(has_lent(call))) {
        return 0;
    }
    return gcn_py_call_use_own(call) < 0 ? -1 : gcn_py_objects_put(call->objects, dict);
}

PyObject *gcn_py_environ_create(struct gcn_py_call *call)
{
    const struct gcn_request *req = call->req;
    struct gcn_py_place place = {req->local, gcn_request_is_https(req)};
    PyObject *dict = req->head->owned != NULL ? copy_prototype(call, place)
                                              : create_without_prototype(req, place);

    if (dict == NULL) {
        return NULL;
    }
    if (put_objects(dict, call) < 0 || put_port(dict, req) < 0) {
        goto fail;
    }
    if (has_lent(call)) {
        gcn_py_objects_note(call->objects, dict);
    }
    /* What is rare counts as a change: the next request gets a copy without it. */
    if (take_port(dict, req) < 0 || put_proxy(dict, req) < 0 || put_queue_time(dict, req) < 0 ||
        put_id(dict, req) < 0) {
        goto fail;
    }
    return dict;

fail:
    Py_DECREF(dict);
    return NULL;
}

void gcn_py_environ_end_steal(struct gcn_py_call *call, PyObject *env)
{
    if (GCN_LIKELY(has_lent(call))) {
        gcn_py_objects_take_back_steal(call->objects, env);
    } else {
        Py_DECREF(env);
    }
}

void gcn_py_environ_finish(void)
{
    gcn_py_environ_head_finish();
    gcn_py_ports_clear(&ports);
}
