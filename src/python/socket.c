/* SPDX-License-Identifier: MIT */
/*
 * gunicorn.socket, a stand-in that becomes a Python socket when an attribute of it is asked for.
 */
#include "socket.h"

#include <fcntl.h>
#include <unistd.h>

#include "call.h"
#include "pylib.h"
#include "state.h"

struct stand_in {
    PyObject_HEAD
    struct gcn_py_call *call; /* borrowed; NULL once the request is over */
    PyObject *real;           /* owned: the socket.socket, or NULL until it is used */
};

/* A Python socket that takes `fd` over. NULL with an exception. */
static PyObject *open_socket_steal(int fd)
{
    PyObject *number = PyLong_FromLong(fd);
    PyObject *real = gcn_pylib_call_steal("clientsocket", "take", number);

    if (real == NULL) {
        close(fd);
    }
    return real;
}

/* For isinstance(…, socket.socket): the class that the socket has or would have. */
static PyObject *class_of_real(void)
{
    PyObject *module = gcn_pylib_import("clientsocket");
    PyObject *class = module == NULL ? NULL : PyObject_GetAttrString(module, "ClientSocket");

    Py_XDECREF(module);
    return class;
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
    PyObject *real = open_socket_steal(fd);
    if (self->real != NULL) { /* by another thread, which ran while Python imported */
        Py_XDECREF(real);
        PyErr_Clear();
    } else {
        self->real = real;
    }
    return self->real;
}

static PyObject *stand_in_getattro(PyObject *self, PyObject *name)
{
    if (PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "__class__") == 0) {
        return class_of_real();
    }
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

bool gcn_py_socket_is_used(const PyObject *self)
{
    return self != NULL && ((const struct stand_in *)self)->real != NULL;
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
