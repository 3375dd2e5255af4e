/* SPDX-License-Identifier: MIT */
/*
 * wsgi.file_wrapper. Only what reads as the io module itself reads from a file may be sent by its
 * descriptor: a GzipFile has a descriptor too, but not one to the bytes that read() gives. PEP
 * 3333, "Optional Platform-Specific File Handling".
 */
#include "file_wrapper.h"

#include <sys/stat.h>
#include <unistd.h>

#include "state.h"

enum { DEFAULT_BLOCK_BYTES = 8192, SERVER_BLOCK_BYTES = 64 * 1024 };

struct wrapper {
    PyObject_HEAD
    PyObject *file; /* owned */
    Py_ssize_t block_bytes;
};

/* Process. GIL: held. Owned; made at the first use. */
static struct {
    PyObject *file_io, *buffered_reader, *buffered_random;
} io;

bool gcn_py_is_file_wrapper(PyObject *object)
{
    return Py_TYPE(object) == gcn_py.types.file_wrapper;
}

static int load_io(void)
{
    if (io.buffered_random != NULL) {
        return 0;
    }
    PyObject *module = PyImport_ImportModule("io");
    if (module == NULL) {
        return -1;
    }
    Py_XSETREF(io.file_io, PyObject_GetAttrString(module, "FileIO"));
    Py_XSETREF(io.buffered_reader, PyObject_GetAttrString(module, "BufferedReader"));
    Py_XSETREF(io.buffered_random, PyObject_GetAttrString(module, "BufferedRandom"));
    Py_DECREF(module);
    return io.file_io != NULL && io.buffered_reader != NULL && io.buffered_random != NULL ? 0 : -1;
}

static bool is_of(PyObject *object, PyObject *type)
{
    return (PyObject *)Py_TYPE(object) == type;
}

/* 1: `file` is the io module's own view of a descriptor's bytes; 0: not so; -1: exception. */
static int is_plain_file(PyObject *file)
{
    PyObject *raw;

    if (is_of(file, io.file_io)) {
        return 1;
    }
    if (!is_of(file, io.buffered_reader) && !is_of(file, io.buffered_random)) {
        return 0;
    }
    if (PyObject_GetOptionalAttr(file, gcn_py.names.raw, &raw) < 0) {
        if (PyErr_ExceptionMatches(PyExc_ValueError)) { /* detached */
            PyErr_Clear();
            return 0;
        }
        return -1;
    }
    int plain = raw != NULL && is_of(raw, io.file_io);
    Py_XDECREF(raw);
    return plain;
}

/* Methods of tempfile's wrappers are functions of that module around the file's own. */
static bool is_of_tempfile(PyObject *function)
{
    PyObject *name = PyUnicode_FromString("tempfile");
    PyObject *module = name == NULL ? NULL : PyImport_GetModule(name);
    bool is = module != NULL && PyModule_Check(module) &&
              PyFunction_GET_GLOBALS(function) == PyModule_GetDict(module);

    Py_XDECREF(module);
    Py_XDECREF(name);
    return is;
}

/*
 * 1 with a new reference to what `object` calls to read, 0 if it has none, -1 with an exception.
 * What passes on each call as it is, is looked through.
 */
static int find_read(PyObject *object, PyObject **read)
{
    int found = PyObject_GetOptionalAttr(object, gcn_py.names.read, read);

    if (found > 0 && PyFunction_Check(*read) && is_of_tempfile(*read)) {
        PyObject *inner;
        found = PyObject_GetOptionalAttr(*read, gcn_py.names.wrapped, &inner);
        Py_SETREF(*read, inner);
    }
    return PyErr_Occurred() != NULL ? -1 : found;
}

/*
 * The plain file whose own read() is that of `object`: itself, or the file that tempfile's wrappers
 * and Django's File stand for. Others may have a file, too, but need not give what is in it.
 * New reference; NULL without an exception if there is none.
 */
static PyObject *find_plain_file(PyObject *object)
{
    PyObject *read = NULL, *own = NULL;
    PyObject *file = NULL; /* borrowed from `read` */
    int is = find_read(object, &read);

    if (is > 0 && PyCFunction_Check(read)) {
        file = PyCFunction_GET_SELF(read);
    }
    is = file == NULL ? 0 : is_plain_file(file);
    if (is > 0) {
        is = PyObject_GetOptionalAttr(file, gcn_py.names.read, &own);
    }
    if (is > 0) {
        is = PyObject_RichCompareBool(read, own, Py_EQ);
    }
    PyObject *result = is > 0 ? Py_NewRef(file) : NULL;
    Py_XDECREF(own);
    Py_XDECREF(read);
    return result;
}

/* The int that file.name() returns, or -1; an exception is set if it failed. */
static int64_t ask(PyObject *file, PyObject *name)
{
    PyObject *number = PyObject_CallMethodNoArgs(file, name);
    int64_t value = number == NULL ? -1 : PyLong_AsLongLong(number);

    Py_XDECREF(number);
    return value;
}

/* A file that cannot tell its place or is closed is for read(), which will say what is wrong. */
static int give_up_on_os_error(void)
{
    if (PyErr_ExceptionMatches(PyExc_OSError) || PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear();
        return 0;
    }
    return -1;
}

static int peek_file(PyObject *file, int *fd, int64_t *offset, int64_t *left)
{
    struct stat info;

    int64_t number = ask(file, gcn_py.names.fileno);
    *offset = number < 0 ? -1 : ask(file, gcn_py.names.tell);
    if (*offset < 0) {
        return PyErr_Occurred() != NULL ? give_up_on_os_error() : 0;
    }
    *fd = (int)number;
    if (fstat(*fd, &info) < 0 || !S_ISREG(info.st_mode)) {
        return 0;
    }
    *left = info.st_size - *offset; /* those of /proc have a size of 0, whatever can be read */
    return *left > 0;
}

int gcn_py_file_wrapper_peek(PyObject *wrapper, int *fd, int64_t *offset, int64_t *left)
{
    if (load_io() < 0) {
        return -1;
    }
    PyObject *file = find_plain_file(((struct wrapper *)wrapper)->file);
    if (file == NULL) {
        return PyErr_Occurred() != NULL ? -1 : 0;
    }
    int found = peek_file(file, fd, offset, left);
    Py_DECREF(file);
    return found;
}

static PyObject *read_block(struct wrapper *self, Py_ssize_t size)
{
    PyObject *number = PyLong_FromSsize_t(size);
    if (number == NULL) {
        return NULL;
    }
    PyObject *block = PyObject_CallMethodOneArg(self->file, gcn_py.names.read, number);
    Py_DECREF(number);
    return block;
}

PyObject *gcn_py_file_wrapper_read(PyObject *wrapper, int64_t max)
{
    struct wrapper *self = (struct wrapper *)wrapper;
    Py_ssize_t size = self->block_bytes;

    if (size < SERVER_BLOCK_BYTES) {
        size = SERVER_BLOCK_BYTES;
    }
    return read_block(self, size < max ? size : (Py_ssize_t)max);
}

static PyObject *wrapper_next(PyObject *self)
{
    PyObject *block = read_block((struct wrapper *)self, ((struct wrapper *)self)->block_bytes);

    if (block != NULL && PyObject_IsTrue(block) <= 0) { /* empty: the end; -1: an exception */
        Py_CLEAR(block);
    }
    return block;
}

/* wrapper[any]: how PEP 333 iterated over one, and some code still does. */
static PyObject *wrapper_item(PyObject *self, PyObject *Py_UNUSED(key))
{
    PyObject *block = wrapper_next(self);

    if (block == NULL && PyErr_Occurred() == NULL) {
        PyErr_SetString(PyExc_IndexError, "file_wrapper: the file has no further block");
    }
    return block;
}

/* Closes the wrapped object, if that can be closed. */
static PyObject *wrapper_close(PyObject *self, PyObject *Py_UNUSED(none))
{
    PyObject *close;

    if (PyObject_GetOptionalAttr(((struct wrapper *)self)->file, gcn_py.names.close, &close) < 0) {
        return NULL;
    }
    if (close == NULL) {
        Py_RETURN_NONE;
    }
    PyObject *result = PyObject_CallNoArgs(close);
    Py_DECREF(close);
    return result;
}

static PyObject *wrapper_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char filelike[] = "filelike", blksize[] = "blksize";
    static char *names[] = {filelike, blksize, NULL};
    PyObject *file;
    Py_ssize_t block_bytes = DEFAULT_BLOCK_BYTES;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|n:file_wrapper", names, &file,
                                     &block_bytes)) {
        return NULL;
    }
    if (block_bytes <= 0) {
        return PyErr_Format(PyExc_ValueError,
                            "file_wrapper: the block size must be positive, not %zd", block_bytes);
    }
    struct wrapper *self = (struct wrapper *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->file = Py_NewRef(file);
        self->block_bytes = block_bytes;
    }
    return (PyObject *)self;
}

static int wrapper_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((struct wrapper *)self)->file);
    return 0;
}

static int wrapper_clear(PyObject *self)
{
    Py_CLEAR(((struct wrapper *)self)->file);
    return 0;
}

static void wrapper_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    wrapper_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

int gcn_py_file_wrapper_types(void)
{
    static PyMemberDef members[] = {
        {"filelike", T_OBJECT_EX, offsetof(struct wrapper, file), READONLY, "the wrapped object"},
        {"blksize", T_PYSSIZET, offsetof(struct wrapper, block_bytes), READONLY, "bytes a block"},
        {NULL, 0, 0, 0, NULL},
    };
    static PyMethodDef methods[] = {
        {"close", wrapper_close, METH_NOARGS, "close(): of the wrapped object"},
        {NULL, NULL, 0, NULL},
    };
    PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"file_wrapper(filelike, blksize=8192)"},
        {Py_tp_members, members},
        {Py_tp_methods, methods},
        {Py_tp_new, (void *)wrapper_new},
        {Py_tp_iter, (void *)PyObject_SelfIter},
        {Py_tp_iternext, (void *)wrapper_next},
        {Py_mp_subscript, (void *)wrapper_item},
        {Py_tp_traverse, (void *)wrapper_traverse},
        {Py_tp_clear, (void *)wrapper_clear},
        {Py_tp_dealloc, (void *)wrapper_dealloc},
        {0, NULL},
    };
    PyType_Spec spec = {
        .name = "gcorn.file_wrapper",
        .basicsize = sizeof(struct wrapper),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
        .slots = slots,
    };
    gcn_py.types.file_wrapper = (PyTypeObject *)PyType_FromSpec(&spec);
    return gcn_py.types.file_wrapper != NULL ? 0 : -1;
}

void gcn_py_file_wrapper_finish(void)
{
    Py_CLEAR(io.file_io);
    Py_CLEAR(io.buffered_reader);
    Py_CLEAR(io.buffered_random);
}
