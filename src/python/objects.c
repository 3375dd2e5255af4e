/* SPDX-License-Identifier: MIT */
/*
 * wsgi.input, wsgi.early_hints and gunicorn.socket, lent to request after request.
 */
#include "objects.h"

#include "call.h"
#include "changes.h"
#include "input.h"
#include "later.h"
#include "socket.h"
#include "start_response.h"
#include "state.h"

int gcn_py_objects_fill(struct gcn_py_objects *objects)
{
    if (objects->input == NULL) {
        objects->input = gcn_py_input_create();
    }
    if (objects->early_hints == NULL) {
        objects->early_hints = gcn_py_early_hints_create();
    }
    if (objects->socket == NULL) {
        objects->socket = gcn_py_socket_create();
    }
    return gcn_py_objects_are_whole(objects) ? 0 : -1;
}

int gcn_py_objects_put(const struct gcn_py_objects *objects, PyObject *dict)
{
    const struct gcn_py_names *names = &gcn_py.names;

    return PyDict_SetItem(dict, names->wsgi_input, objects->input) < 0 ||
                   PyDict_SetItem(dict, names->wsgi_early_hints, objects->early_hints) < 0 ||
                   PyDict_SetItem(dict, names->gunicorn_socket, objects->socket) < 0
               ? -1
               : 0;
}

void gcn_py_objects_begin(struct gcn_py_objects *objects, struct gcn_py_call *call)
{
    objects->in_use = true;
    gcn_py_bound_begin(objects->input, call);
    gcn_py_bound_begin(objects->early_hints, call);
    gcn_py_socket_begin(objects->socket, call);
}

/*
 * What was given up goes from the prototype, too: a socket that the app has opened is closed now.
 */
static void clear_dict(struct gcn_py_objects *objects)
{
    const struct gcn_py_names *names = &gcn_py.names;
    const struct {
        PyObject *key, *object; /* borrowed */
    } rows[] = {
        {names->wsgi_input, objects->input},
        {names->wsgi_early_hints, objects->early_hints},
        {names->gunicorn_socket, objects->socket},
    };

    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        if (rows[i].object == NULL && PyDict_SetItem(objects->dict, rows[i].key, Py_None) < 0) {
            PyErr_WriteUnraisable(objects->dict);
        }
    }
    gcn_py_objects_dict_changed(objects);
}

PyObject *gcn_py_objects_lend_environ(struct gcn_py_objects *objects)
{
    PyObject *env = objects->environ;

    objects->environ = NULL;
    objects->dict_changed = false;
    /* Even one that serves nobody may be changed: gc.get_objects() has it. */
    if (GCN_LIKELY(env != NULL && Py_REFCNT(env) == 1 &&
                   gcn_py_changes(env) == objects->environ_was)) {
        return env;
    }
    Py_XDECREF(env);
    env = PyDict_Copy(objects->dict);
    if (env == NULL || gcn_py_changes_watch(env) < 0) {
        Py_CLEAR(env);
        return NULL;
    }
    objects->environ_was = gcn_py_changes(env);
    return env;
}

void gcn_py_objects_note(struct gcn_py_objects *objects, PyObject *env)
{
    objects->environ_was = gcn_py_changes_disown(env, objects->environ_was);
}

void gcn_py_objects_take_back_steal(struct gcn_py_objects *objects, PyObject *env)
{
    if (gcn_py_changes_are_told() && Py_REFCNT(env) == 1 &&
        gcn_py_changes(env) == objects->environ_was && !objects->dict_changed) {
        objects->environ = env;
    } else {
        Py_DECREF(env);
    }
}

void gcn_py_objects_dict_changed(struct gcn_py_objects *objects)
{
    objects->dict_changed = true;
    Py_CLEAR(objects->environ);
}

void gcn_py_objects_end(struct gcn_py_objects *objects)
{
    Py_ssize_t ours = 1 + (objects->dict != NULL) + (objects->environ != NULL);

    gcn_py_bound_end(&objects->input, ours);
    gcn_py_bound_end(&objects->early_hints, ours);
    gcn_py_socket_end(&objects->socket, ours);
    if (GCN_UNLIKELY(objects->dict != NULL && !gcn_py_objects_are_whole(objects))) {
        clear_dict(objects);
    }
    objects->in_use = false;
}

static void drop(PyObject **slot)
{
    if (*slot != NULL) {
        gcn_py_decref_later(*slot);
        *slot = NULL;
    }
}

void gcn_py_objects_drop(struct gcn_py_objects *objects)
{
    drop(&objects->input);
    drop(&objects->early_hints);
    drop(&objects->socket);
    drop(&objects->environ);
}
