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
 */
#include "environ.h"

#include <stdlib.h>
#include <string.h>

#include <gcorn/base/mem.h>
#include <gcorn/http/request.h>

#include "cache.h"
#include "call.h"
#include "configfile.h"
#include "header_key.h"
#include "later.h"
#include "state.h"
#include "url.h"

enum { MAX_BASES = 16 };

/* What an environ depends on besides its head and its connection. */
struct place {
    const struct gcn_endpoint *local; /* borrowed from the listener */
    bool https;
};

/* Lifetime: the head that it hangs on. */
struct prototype {
    PyObject *dict; /* owned */
    struct place place;
    PyObject *remote_addr; /* owned: what `dict` has under this name */
    struct gcn_py_objects objects;
};

static PyObject *make_text(struct gcn_slice text)
{
    return gcn_py_str(text);
}

/* Process. GIL: held. */
static struct {
    struct {
        struct place place;
        PyObject *dict; /* owned */
    } bases[MAX_BASES];
    size_t n_bases;
    PyObject *script_name;     /* owned: SCRIPT_NAME of the process's environment, read once */
    struct gcn_py_cache texts; /* methods, versions, peers */
    struct gcn_py_ports ports;
} prepared = {.texts = {.make = make_text}};

/* Take over `value`, which may be NULL with an exception. */
static int put_steal(PyObject *dict, PyObject *key, PyObject *value)
{
    if (value == NULL) {
        return -1;
    }
    int rc = PyDict_SetItem(dict, key, value);
    Py_DECREF(value);
    return rc;
}

/* A byte becomes the character of the same number. PEP 3333, "Unicode Issues". */
static int put_text(PyObject *dict, PyObject *key, struct gcn_slice text)
{
    return put_steal(dict, key, gcn_py_str(text));
}

static int put_cached(PyObject *dict, PyObject *key, struct gcn_slice text)
{
    return put_steal(dict, key, gcn_py_cache_get(&prepared.texts, text));
}

static bool same_place(struct place a, struct place b)
{
    return a.local == b.local && a.https == b.https;
}

/* Read when the first request comes: an app may have set it when it was imported. */
static PyObject *script_name_borrowed(void)
{
    if (prepared.script_name == NULL) {
        prepared.script_name = gcn_py_str(gcn_slice_of(getenv("SCRIPT_NAME")));
    }
    return prepared.script_name;
}

/* A config file may have given itself another name. New reference; NULL with an exception. */
static PyObject *server_software(void)
{
    PyObject *text = gcn_py_config_identity("SERVER_SOFTWARE");

    if (text != NULL || PyErr_Occurred() != NULL) {
        return text;
    }
    return gcn_py_str(gcn_slice_of(gcn_py.options.server_software));
}

/* The keys that are set for each request anyway are here too, so that a copy has its final size. */
static PyObject *create_base(struct place place)
{
    const struct gcn_py_names *names = &gcn_py.names;
    const struct gcn_py_options *options = &gcn_py.options;
    PyObject *script_name = script_name_borrowed();
    if (script_name == NULL) {
        return NULL;
    }
    const struct {
        PyObject *key, *value; /* borrowed */
    } rows[] = {
        {names->wsgi_input_terminated, Py_True},
        {names->wsgi_errors, gcn_py.errors},
        {names->wsgi_multithread, options->multithread ? Py_True : Py_False},
        {names->wsgi_multiprocess, options->multiprocess ? Py_True : Py_False},
        {names->wsgi_run_once, Py_False},
        {names->wsgi_file_wrapper, (PyObject *)gcn_py.types.file_wrapper},
        {names->wsgi_url_scheme, place.https ? names->https : names->http},
        {names->wsgi_input, Py_None},
        {names->wsgi_early_hints, Py_None},
        {names->gunicorn_socket, Py_None},
        {names->remote_addr, names->empty},
        {names->script_name, script_name},
    };
    PyObject *dict = PyDict_New();

    if (dict == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        if (PyDict_SetItem(dict, rows[i].key, rows[i].value) < 0) {
            goto fail;
        }
    }
    if (put_steal(dict, names->wsgi_version, Py_BuildValue("(ii)", 1, 0)) < 0 ||
        put_steal(dict, names->server_software, server_software()) < 0 ||
        put_steal(dict, names->queue_time, PyFloat_FromDouble(0)) < 0) {
        goto fail;
    }
    if (place.local->is_unix) {
        return dict;
    }
    if (PyDict_SetItem(dict, names->remote_port, names->empty) < 0 ||
        put_text(dict, names->server_name, gcn_slice_of(place.local->host)) < 0 ||
        put_text(dict, names->server_port, gcn_slice_of(place.local->port)) < 0) {
        goto fail;
    }
    return dict;

fail:
    Py_DECREF(dict);
    return NULL;
}

/* New reference. */
static PyObject *base_of(struct place place)
{
    for (size_t i = 0; i < prepared.n_bases; i++) {
        if (same_place(prepared.bases[i].place, place)) {
            return Py_NewRef(prepared.bases[i].dict);
        }
    }
    PyObject *dict = create_base(place);
    if (dict != NULL && prepared.n_bases < MAX_BASES) {
        prepared.bases[prepared.n_bases].place = place;
        prepared.bases[prepared.n_bases].dict = Py_NewRef(dict);
        prepared.n_bases++;
    }
    return dict;
}

/* A field that came before: the values joined by a comma, as gunicorn joins them. */
static int join_field(PyObject *dict, PyObject *key, PyObject *first, PyObject *value)
{
    return put_steal(dict, key, PyUnicode_FromFormat("%U,%U", first, value));
}

static int put_field(PyObject *dict, const struct gcn_field *field)
{
    PyObject *key = gcn_py_header_key(field->name);
    PyObject *value = key == NULL ? NULL : gcn_py_str(field->value);
    int rc = -1;

    if (value == NULL) {
        goto out;
    }
    PyObject *there_borrowed = PyDict_SetDefault(dict, key, value);
    if (there_borrowed == NULL) {
        goto out;
    }
    rc = there_borrowed == value ? 0 : join_field(dict, key, there_borrowed, value);

out:
    Py_XDECREF(key);
    Py_XDECREF(value);
    return rc;
}

/* A listener on a unix socket has no name; the client's Host stands in for it. */
static int put_server(PyObject *dict, const struct gcn_head *head, struct place place)
{
    struct gcn_slice host = gcn_head_find(head, "host");
    struct gcn_slice name, port;

    if (host.ptr == NULL) {
        struct gcn_slice path = gcn_slice_of(place.local->path);
        gcn_slice_cut(path, ':', &name, &port);
        port = (struct gcn_slice){NULL, 0};
    } else {
        gcn_url_split_host(host, &name, &port);
        if (port.len == 0) {
            port = place.https ? GCN_SLICE("443") : GCN_SLICE("80");
        }
    }
    return put_text(dict, gcn_py.names.server_name, name) < 0 ||
                   put_text(dict, gcn_py.names.server_port, port) < 0
               ? -1
               : 0;
}

static int refuse_path(struct gcn_slice path, struct gcn_slice script)
{
    PyObject *path_text = gcn_py_str(path);
    PyObject *script_text = path_text == NULL ? NULL : gcn_py_str(script);

    if (script_text != NULL) {
        PyErr_Format(PyExc_RuntimeError,
                     "the path %R does not begin with SCRIPT_NAME %R: the proxy and the server "
                     "disagree about where the app is mounted",
                     path_text, script_text);
    }
    Py_XDECREF(path_text);
    Py_XDECREF(script_text);
    return -1;
}

static int put_path(PyObject *dict, const struct gcn_head *head)
{
    struct gcn_slice script = head->script_name; /* a trusted proxy's word … */
    struct gcn_slice path = head->path;

    if (script.len == 0) { /* … else the process's */
        (void)gcn_py_latin1(prepared.script_name, &script);
    }
    if (script.len > 0) {
        if (path.len < script.len || memcmp(path.ptr, script.ptr, script.len) != 0) {
            return refuse_path(path, script);
        }
        path.ptr += script.len;
        path.len -= script.len;
        if (put_text(dict, gcn_py.names.script_name, script) < 0) {
            return -1;
        }
    }
    return put_steal(dict, gcn_py.names.path_info, gcn_url_unquote(path));
}

static PyObject *protocol_of(const struct gcn_head *head)
{
    if (head->version_major == 1 && head->version_minor <= 1) {
        return Py_NewRef(head->version_minor == 1 ? gcn_py.names.protocol_11
                                                  : gcn_py.names.protocol_10);
    }
    return PyUnicode_FromFormat("HTTP/%d.%d", (int)head->version_major, (int)head->version_minor);
}

/* All that follows from the head and the place. */
static PyObject *create_for_head(const struct gcn_head *head, struct place place)
{
    const struct gcn_py_names *names = &gcn_py.names;
    PyObject *base = base_of(place);
    PyObject *dict = base == NULL ? NULL : PyDict_Copy(base);

    Py_XDECREF(base);
    if (dict == NULL) {
        return NULL;
    }
    if (put_cached(dict, names->request_method, head->method) < 0 ||
        put_text(dict, names->raw_uri, head->target) < 0 ||
        put_text(dict, names->query_string, head->query) < 0 ||
        put_steal(dict, names->server_protocol, protocol_of(head)) < 0 ||
        put_path(dict, head) < 0 || (place.local->is_unix && put_server(dict, head, place) < 0)) {
        goto fail;
    }
    for (uint32_t i = 0; i < head->n_fields; i++) {
        if (put_field(dict, &head->fields[i]) < 0) {
            goto fail;
        }
    }
    return dict;

fail:
    Py_DECREF(dict);
    return NULL;
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

/*
 * The prototype of a head that the core keeps, made when it is first wanted and again if the same
 * head came in by another listener. NULL with an exception.
 */
static struct prototype *prototype_of(struct gcn_head *head, struct place place)
{
    struct prototype *prototype = head->app_data;

    if (GCN_LIKELY(prototype != NULL && same_place(prototype->place, place))) {
        return prototype;
    }
    PyObject *dict = create_for_head(head, place);
    if (dict == NULL) {
        return NULL;
    }
    if (prototype != NULL && gcn_py_objects_are_whole(&prototype->objects) &&
        gcn_py_objects_put(&prototype->objects, dict) < 0) {
        Py_DECREF(dict);
        return NULL;
    }
    if (prototype == NULL) {
        prototype = gcn_alloc_zero(1, sizeof(*prototype));
        head->app_data = prototype;
        head->app_release = release_prototype;
    }
    prototype->place = place;
    Py_XSETREF(prototype->dict, dict);
    prototype->objects.dict = dict;
    Py_XSETREF(prototype->remote_addr, Py_NewRef(gcn_py.names.empty));
    return prototype;
}

/* Lend the prototype's objects to the call, unless they or the call are provided for. */
static int lend_objects(struct prototype *prototype, struct gcn_py_call *call)
{
    struct gcn_py_objects *objects = &prototype->objects;

    if (GCN_UNLIKELY(call->objects != NULL || objects->in_use)) {
        return 0;
    }
    if (GCN_UNLIKELY(!gcn_py_objects_are_whole(objects)) &&
        (gcn_py_objects_fill(objects) < 0 || gcn_py_objects_put(objects, prototype->dict) < 0)) {
        gcn_py_objects_drop(objects);
        return -1;
    }
    gcn_py_call_use(call, objects);
    return 0;
}

static int set_addr(struct prototype *prototype, const struct gcn_endpoint *peer)
{
    const char *there = (const char *)PyUnicode_1BYTE_DATA(prototype->remote_addr);

    if (GCN_LIKELY(strcmp(there, peer->host) == 0)) {
        return 0;
    }
    PyObject *addr = gcn_py_cache_get(&prepared.texts, gcn_slice_of(peer->host));
    if (addr == NULL || PyDict_SetItem(prototype->dict, gcn_py.names.remote_addr, addr) < 0) {
        Py_XDECREF(addr);
        return -1;
    }
    Py_SETREF(prototype->remote_addr, addr);
    return 0;
}

/* New reference: a copy of the prototype of the request's head, once that has been set right. */
static PyObject *copy_prototype(struct gcn_py_call *call, struct place place)
{
    struct prototype *prototype = prototype_of(call->req->head, place);

    if (prototype == NULL || lend_objects(prototype, call) < 0 ||
        set_addr(prototype, call->req->peer) < 0) {
        return NULL;
    }
    return PyDict_Copy(prototype->dict);
}

static PyObject *create_without_prototype(const struct gcn_request *req, struct place place)
{
    PyObject *dict = create_for_head(req->head, place);

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
        /* The base of an inet listener has the key: a PROXY header replaced the peer. */
        return req->local->is_unix ? 0 : PyDict_DelItem(dict, key);
    }
    PyObject *port_borrowed = gcn_py_ports_peek(&prepared.ports, req->peer->port);
    return port_borrowed == NULL ? -1 : PyDict_SetItem(dict, key, port_borrowed);
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

/* Below a millisecond the zero of the base stands: most requests wait less, and it costs nothing. */
static int put_queue_time(PyObject *dict, const struct gcn_request *req)
{
    int64_t queue_us = gcn_request_queue_us(req);

    if (GCN_LIKELY(queue_us < 1000)) {
        return 0;
    }
    return put_steal(dict, gcn_py.names.queue_time, PyFloat_FromDouble((double)queue_us / 1e6));
}

/* An id of ours replaces one that is not believed. */
static int put_id(PyObject *dict, const struct gcn_request *req)
{
    return GCN_LIKELY(req->id.len == 0) ? 0 : put_text(dict, gcn_py.names.request_id, req->id);
}

/* The call's own objects, unless those of the prototype are there. */
static int put_objects(PyObject *dict, struct gcn_py_call *call)
{
    if (GCN_LIKELY(call->objects != NULL && call->objects->dict != NULL)) {
        return 0;
    }
    return gcn_py_call_use_own(call) < 0 ? -1 : gcn_py_objects_put(call->objects, dict);
}

PyObject *gcn_py_environ_create(struct gcn_py_call *call)
{
    const struct gcn_request *req = call->req;
    struct place place = {req->local, gcn_request_is_https(req)};
    PyObject *dict = req->head->owned != NULL ? copy_prototype(call, place)
                                              : create_without_prototype(req, place);

    if (dict == NULL) {
        return NULL;
    }
    if (put_objects(dict, call) < 0 || put_port(dict, req) < 0 || put_proxy(dict, req) < 0 ||
        put_queue_time(dict, req) < 0 || put_id(dict, req) < 0) {
        Py_DECREF(dict);
        return NULL;
    }
    return dict;
}

void gcn_py_environ_finish(void)
{
    for (size_t i = 0; i < prepared.n_bases; i++) {
        Py_CLEAR(prepared.bases[i].dict);
    }
    prepared.n_bases = 0;
    Py_CLEAR(prepared.script_name);
    gcn_py_cache_clear(&prepared.texts);
    gcn_py_ports_clear(&prepared.ports);
}
