/* SPDX-License-Identifier: MIT */
/*
 * pre_request and post_request: what they see of the request and of its response.
 */
#include "hooks_private.h"

#include <stdlib.h>

#include <gcorn/http/request.h>
#include <gcorn/http/response.h>

#include "call.h"
#include "exceptions.h"
#include "pylib.h"
#include "state.h"

/* A list to which each of the request's fields is added as (NAME, value). */
static PyObject *header_facts(const struct gcn_head *head)
{
    PyObject *list = PyList_New(0);

    for (uint32_t i = 0; list != NULL && i < head->n_fields; i++) {
        PyObject *name = gcn_py_str(head->fields[i].name);
        PyObject *upper = name == NULL ? NULL : PyObject_CallMethod(name, "upper", NULL);
        PyObject *value = upper == NULL ? NULL : gcn_py_str(head->fields[i].value);
        PyObject *pair = value == NULL ? NULL : PyTuple_Pack(2, upper, value);
        if (pair == NULL || PyList_Append(list, pair) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(pair);
        Py_XDECREF(value);
        Py_XDECREF(upper);
        Py_XDECREF(name);
    }
    return list;
}

/* ("192.0.2.1", 4000), or "" for a unix socket. */
static PyObject *peer_facts(const struct gcn_endpoint *peer)
{
    if (peer->is_unix) {
        return Py_NewRef(gcn_py.names.empty);
    }
    return Py_BuildValue("(sl)", peer->host, strtol(peer->port, NULL, 10));
}

/* The PROXY header as a dictionary, or None. */
static PyObject *proxy_facts(const struct gcn_request *req)
{
    if (req->proxy_protocol == NULL || req->proxy == NULL) {
        return Py_NewRef(Py_None);
    }
    return Py_BuildValue("{s:s,s:s,s:l,s:s,s:l}", "proxy_protocol", req->proxy_protocol,
                         "client_addr", req->peer->host, "client_port",
                         strtol(req->peer->port, NULL, 10), "proxy_addr", req->proxy->host,
                         "proxy_port", strtol(req->proxy->port, NULL, 10));
}

/* tuple[at] = value, which is taken over; false if it is NULL, with an exception. */
static bool set_steal(PyObject *tuple, Py_ssize_t at, PyObject *value)
{
    PyTuple_SET_ITEM(tuple, at, value);
    return value != NULL;
}

/* The first that cannot be made is the last that is tried. */
static bool set_facts(PyObject *facts, const struct gcn_py_call *call)
{
    const struct gcn_request *req = call->req;
    const struct gcn_head *head = req->head;
    PyObject *scheme = gcn_request_is_https(req) ? gcn_py.names.https : gcn_py.names.http;

    return set_steal(facts, 0, gcn_py_str(head->method)) &&
           set_steal(facts, 1, gcn_py_str(head->target)) &&
           set_steal(facts, 2, gcn_py_str(head->path)) &&
           set_steal(facts, 3, gcn_py_str(head->query)) &&
           set_steal(facts, 4,
                     Py_BuildValue("(ii)", (int)head->version_major, (int)head->version_minor)) &&
           set_steal(facts, 5, header_facts(head)) && set_steal(facts, 6, Py_NewRef(scheme)) &&
           set_steal(facts, 7, peer_facts(req->peer)) &&
           set_steal(facts, 8, PyLong_FromUnsignedLongLong(req->number)) &&
           set_steal(facts, 9, PyBool_FromLong(!head->keep_alive)) &&
           set_steal(facts, 10, Py_NewRef(call->objects->input)) &&
           set_steal(facts, 11, proxy_facts(req));
}

static PyObject *request_facts(const struct gcn_py_call *call)
{
    PyObject *facts = PyTuple_New(12);

    if (facts != NULL && !set_facts(facts, call)) {
        Py_CLEAR(facts);
    }
    return facts;
}

PyObject *gcn_py_hooks_response_facts(const struct gcn_py_call *call)
{
    const struct gcn_response *res = call->res;
    struct gcn_slice status = {res->status_line, res->status_len};
    PyObject *text = res->begun ? gcn_py_str(status) : Py_NewRef(Py_None);
    PyObject *length = text == NULL      ? NULL
                       : res->has_length ? PyLong_FromLongLong(res->length)
                                         : Py_NewRef(Py_None);
    PyObject *facts =
        length == NULL
            ? NULL
            : Py_BuildValue("(OiOOLOOOOO)", text, res->status,
                            call->headers != NULL ? call->headers : Py_None,
                            res->head_sent ? Py_True : Py_False, (long long)res->body_bytes, length,
                            res->chunked ? Py_True : Py_False,
                            gcn_response_keeps(res) ? Py_False : Py_True,
                            res->upgrade ? Py_True : Py_False, call->objects->socket);

    Py_XDECREF(length);
    Py_XDECREF(text);
    return facts;
}

int gcn_py_hooks_pre_request(const struct gcn_py_call *call, PyObject **req, PyObject **changed)
{
    const struct gcn_py_hooks *hooks;
    unsigned long long age = gcn_py_hooks_own(&hooks);
    PyObject *facts = request_facts(call);
    PyObject *args = facts == NULL ? NULL : Py_BuildValue("(OKO)", hooks->object, age, facts);

    *req = gcn_pylib_call_steal("hooks", "request", args);
    Py_XDECREF(facts);
    if (*req == NULL) {
        return -1;
    }
    args = Py_BuildValue("(OKO)", hooks->object, age, *req);
    PyObject *answer = gcn_pylib_call_steal("hooks", "pre_request", args);
    if (answer == NULL) {
        return -1;
    }
    *changed = answer == Py_None ? NULL : Py_NewRef(answer);
    Py_DECREF(answer);
    return 0;
}

int gcn_py_hooks_apply_changes(PyObject *env, PyObject *changed)
{
    PyObject *args = PyTuple_Pack(2, env, changed);
    PyObject *done = gcn_pylib_call_steal("exchange", "apply_changes", args);

    if (done == NULL) {
        return -1;
    }
    Py_DECREF(done);
    return 0;
}

static int post_request(const struct gcn_py_call *call, PyObject *req, PyObject *env)
{
    const struct gcn_py_hooks *hooks;
    unsigned long long age = gcn_py_hooks_own(&hooks);
    PyObject *seen = env == NULL ? PyDict_New() : Py_NewRef(env);
    PyObject *facts = seen == NULL      ? NULL
                      : env == NULL ? Py_NewRef(Py_None)
                                    : gcn_py_hooks_response_facts(call);
    PyObject *args =
        facts == NULL ? NULL : Py_BuildValue("(OKOOO)", hooks->object, age, req, seen, facts);
    PyObject *done = gcn_pylib_call_steal("hooks", "post_request", args);
    int rc = done == NULL ? -1 : 0;

    Py_XDECREF(done);
    Py_XDECREF(facts);
    Py_XDECREF(seen);
    return rc;
}

void gcn_py_hooks_post_request(const struct gcn_py_call *call, PyObject *req, PyObject *env)
{
    const struct gcn_py_hooks *hooks;

    gcn_py_hooks_own(&hooks);
    if (req != NULL && gcn_py_hooks_have(hooks, GCN_HOOK_POST_REQUEST) &&
        post_request(call, req, env) < 0) {
        gcn_py_log_exception(GCN_LOG_ERROR, "The hook post_request failed");
    }
}
