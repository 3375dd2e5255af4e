/* SPDX-License-Identifier: MIT */
/*
 * gunicorn.socket, a stand-in that becomes a Python socket when an attribute of it is asked for.
 */
#include "socket.h"

#include <fcntl.h>
#include <unistd.h>

#include "call.h"
#include "state.h"

/*
 * The descriptor is non-blocking, and must stay so for the loop. A Python socket with a timeout
 * copes with that, one without does not.
 */
static const double timeout_s = 86400.0;

struct stand_in {
    PyObject_HEAD
    struct gcn_py_call *call; /* borrowed; NULL once the request is over */
    PyObject *real;           /* owned: the socket.socket, or NULL until it is used */
};

/* socket.socket(fileno=fd) with the timeout; takes `fd` over. */
static PyObject *open_socket(int fd)
{
    PyObject *module = PyImport_ImportModule("socket");
    PyObject *class = module == NULL ? NULL : PyObject_GetAttrString(module, "socket");
    PyObject *none = class == NULL ? NULL : PyTuple_New(0);
    PyObject *kwargs = none == NULL ? NULL : Py_BuildValue("{s:i}", "fileno", fd);
    PyObject *real = kwargs == NULL ? NULL : PyObject_Call(class, none, kwargs);
    PyObject *done = real == NULL ? NULL : PyObject_CallMethod(real, "settimeout", "d", timeout_s);

    if (real == NULL) {
        close(fd);
    }
    if (done == NULL) {
        Py_CLEAR(real);
    }
    Py_XDECREF(done);
    Py_XDECREF(kwargs);
    Py_XDECREF(none);
    Py_XDECREF(class);
    Py_XDECREF(module);
    return real;
}

/* The socket, borrowed from `self`. NULL with an exception. */
static PyObject *real_borrowed(struct stand_in *self)
{
    if (self->real != NULL) {
        return self->real;
    }
    if (self->call == NULL) {
        PyErr_SetString(PyExc_ValueError, "gunicorn.socket was used after its request had ended");
        return NULL;
    }
    int fd = fcntl(self->call->req->fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    self->real = open_socket(fd);
    return self->real;
}

static PyObject *stand_in_getattro(PyObject *self, PyObject *name)
{
    PyObject *result = PyObject_GenericGetAttr(self, name);

    if (result != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return result;
    }
    PyErr_Clear();
    PyObject *real = real_borrowed((struct stand_in *)self);
    return real == NULL ? NULL : PyObject_GetAttr(real, name);
}

static int stand_in_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((struct stand_in *)self)->real);
    return 0;
}

static int stand_in_clear(PyObject *self)
{
    Py_CLEAR(((struct stand_in *)self)->real);
    return 0;
}

static void stand_in_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    stand_in_clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

PyObject *gcn_py_socket_create(void)
{
    struct stand_in *self = PyObject_GC_New(struct stand_in, gcn_py.types.socket);

    if (self == NULL) {
        return NULL;
    }
    self->call = NULL;
    self->real = NULL;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

void gcn_py_socket_begin(PyObject *self, struct gcn_py_call *call)
{
    ((struct stand_in *)self)->call = call;
}

void gcn_py_socket_end(PyObject **slot, Py_ssize_t ours)
{
    struct stand_in *self = (struct stand_in *)*slot;

    if (self == NULL) {
        return;
    }
    self->call = NULL;
    if (Py_REFCNT(*slot) > ours || self->real != NULL) {
        Py_CLEAR(*slot);
    }
}

int gcn_py_socket_types(void)
{
    PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"The client's socket."}, {Py_tp_getattro, (void *)stand_in_getattro},
        {Py_tp_traverse, (void *)stand_in_traverse}, {Py_tp_clear, (void *)stand_in_clear},
        {Py_tp_dealloc, (void *)stand_in_dealloc},   {0, NULL},
    };
    PyType_Spec spec = {
        .name = "gcorn.socket",
        .basicsize = sizeof(struct stand_in),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
        .slots = slots,
    };
    gcn_py.types.socket = gcn_py_type_create(&spec);
    return gcn_py.types.socket != NULL ? 0 : -1;
}
