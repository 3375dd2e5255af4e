/* SPDX-License-Identifier: MIT */
/*
 * The two lower layers of the environ: what no request changes, and what follows from a head.
 */
#include "environ_head.h"

#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "configfile.h"
#include "header_key.h"
#include "state.h"
#include "url.h"

enum { MAX_BASES = 16 };

static PyObject *make_text(struct gcn_slice text)
{
    return gcn_py_str(text);
}

/* Process. GIL: held. */
static struct {
    struct {
        struct gcn_py_place place;
        PyObject *dict; /* owned */
    } bases[MAX_BASES];
    size_t n_bases;
    PyObject *script_name;     /* owned: SCRIPT_NAME of the process's environment, read once */
    struct gcn_py_cache texts; /* methods, versions, peers */
} prepared = {.texts = {.make = make_text}};

int gcn_py_put_steal(PyObject *dict, PyObject *key, PyObject *value)
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
    return gcn_py_put_steal(dict, key, gcn_py_str(text));
}

PyObject *gcn_py_environ_text(struct gcn_slice text)
{
    return gcn_py_cache_get(&prepared.texts, text);
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
static PyObject *create_base(struct gcn_py_place place)
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
    if (gcn_py_put_steal(dict, names->wsgi_version, Py_BuildValue("(ii)", 1, 0)) < 0 ||
        gcn_py_put_steal(dict, names->server_software, server_software()) < 0 ||
        gcn_py_put_steal(dict, names->queue_time, PyFloat_FromDouble(0)) < 0) {
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
static PyObject *base_of(struct gcn_py_place place)
{
    for (size_t i = 0; i < prepared.n_bases; i++) {
        if (gcn_py_same_place(prepared.bases[i].place, place)) {
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

/*
 * A field that came before. Its values wait in a list: to join each to those before it would cost
 * the square of their number.
 */
static int add_value(PyObject *dict, PyObject *key, PyObject *there, PyObject *value)
{
    if (PyList_Check(there)) {
        return PyList_Append(there, value);
    }
    return gcn_py_put_steal(dict, key, Py_BuildValue("[OO]", there, value));
}

/* The lists become texts, joined by a comma as gunicorn joins them. */
static int join_values(PyObject *dict)
{
    PyObject *key_borrowed, *value_borrowed;
    PyObject *comma = PyUnicode_FromOrdinal(',');
    Py_ssize_t at = 0;
    int rc = comma == NULL ? -1 : 0;

    while (rc == 0 && PyDict_Next(dict, &at, &key_borrowed, &value_borrowed)) {
        if (PyList_Check(value_borrowed)) {
            rc = gcn_py_put_steal(dict, key_borrowed, PyUnicode_Join(comma, value_borrowed));
        }
    }
    Py_XDECREF(comma);
    return rc;
}

static int put_field(PyObject *dict, const struct gcn_field *field)
{
    PyObject *key = gcn_py_header_key(field->name);
    PyObject *value = key == NULL ? NULL : gcn_py_str(field->value);
    Py_ssize_t size = PyDict_GET_SIZE(dict);
    int rc = -1;

    if (value == NULL) {
        goto out;
    }
    PyObject *there_borrowed = PyDict_SetDefault(dict, key, value);
    if (there_borrowed == NULL) {
        goto out;
    }
    /* Not by identity: equal texts of a byte or none are one object. */
    rc = PyDict_GET_SIZE(dict) > size ? 0 : add_value(dict, key, there_borrowed, value);

out:
    Py_XDECREF(key);
    Py_XDECREF(value);
    return rc;
}

static int put_fields(PyObject *dict, const struct gcn_head *head)
{
    Py_ssize_t size = PyDict_GET_SIZE(dict) + (Py_ssize_t)head->n_fields;

    for (uint32_t i = 0; i < head->n_fields; i++) {
        if (put_field(dict, &head->fields[i]) < 0) {
            return -1;
        }
    }
    return PyDict_GET_SIZE(dict) == size ? 0 : join_values(dict);
}

/* A listener on a unix socket has no name; the client's Host stands in for it. */
static int put_server(PyObject *dict, const struct gcn_head *head, struct gcn_py_place place)
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
    return gcn_py_put_steal(dict, gcn_py.names.path_info, gcn_url_unquote(path));
}

static PyObject *protocol_of(const struct gcn_head *head)
{
    if (head->version_major == 1 && head->version_minor <= 1) {
        return Py_NewRef(head->version_minor == 1 ? gcn_py.names.protocol_11
                                                  : gcn_py.names.protocol_10);
    }
    return PyUnicode_FromFormat("HTTP/%d.%d", (int)head->version_major, (int)head->version_minor);
}

PyObject *gcn_py_environ_for_head(const struct gcn_head *head, struct gcn_py_place place)
{
    const struct gcn_py_names *names = &gcn_py.names;
    PyObject *base = base_of(place);
    PyObject *dict = base == NULL ? NULL : PyDict_Copy(base);

    Py_XDECREF(base);
    if (dict == NULL) {
        return NULL;
    }
    if (gcn_py_put_steal(dict, names->request_method, gcn_py_environ_text(head->method)) < 0 ||
        put_text(dict, names->raw_uri, head->target) < 0 ||
        put_text(dict, names->query_string, head->query) < 0 ||
        gcn_py_put_steal(dict, names->server_protocol, protocol_of(head)) < 0 ||
        put_path(dict, head) < 0 || (place.local->is_unix && put_server(dict, head, place) < 0) ||
        put_fields(dict, head) < 0) {
        Py_DECREF(dict);
        return NULL;
    }
    return dict;
}

void gcn_py_environ_head_finish(void)
{
    for (size_t i = 0; i < prepared.n_bases; i++) {
        Py_CLEAR(prepared.bases[i].dict);
    }
    prepared.n_bases = 0;
    Py_CLEAR(prepared.script_name);
    gcn_py_cache_clear(&prepared.texts);
}
