/* SPDX-License-Identifier: MIT */
/*
 * Config files in Python. What executing one means, and which of its values are good for what, is
 * in pylib/configfile.py; here they go to the configuration's sink.
 */
#include <gcorn/python/configfile.h>

#include "py.h"

#include <string.h>

#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/config/table.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/python/python.h>

#include "configfile.h"
#include "exceptions.h"
#include "fork.h"
#include "pylib.h"
#include "runtime.h"
#include "settings_dict.h"
#include "state.h"
#include "thread.h"

/* Process. */
static struct {
    struct gcn_config_reader reader;
    PyObject *kept; /* owned: a list of everything that generations refer to */
    char *server;   /* owned: what gcn_py_config_server_field returned last */
} files;

/* Where a value goes. Lifetime: one read. */
struct target {
    struct gcn_config_sink *sink;
    const char *name;
    int line;
};

static const char *kind_name(enum gcn_kind kind)
{
    switch (kind) {
    case GCN_KIND_HOOK:
        return "hook";
    case GCN_KIND_CLASS:
        return "class";
    case GCN_KIND_TREE:
        return "tree";
    case GCN_KIND_MILLIS:
        return "fraction";
    case GCN_KIND_ANY:
        return "any";
    default:
        return "plain";
    }
}

/* [(name, kind, fewest arguments, most arguments)] of all settings. */
static PyObject *create_table(void)
{
    PyObject *table = PyList_New(0);

    for (int id = 0; table != NULL && id < GCN_N_SETTINGS; id++) {
        const struct gcn_setting *row = gcn_setting_get((enum gcn_setting_id)id);
        PyObject *entry =
            Py_BuildValue("(ssii)", row->name, kind_name(row->kind), row->min_args, row->max_args);
        if (entry == NULL || PyList_Append(table, entry) < 0) {
            Py_CLEAR(table);
        }
        Py_XDECREF(entry);
    }
    return table;
}

static int put_list(const struct target *to, PyObject *list)
{
    size_t n = (size_t)PyList_GET_SIZE(list);
    const char **items = gcn_alloc_zero(n + 1, sizeof(*items));
    struct gcn_strings strings = {items, n};
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0; i++) {
        items[i] = PyUnicode_AsUTF8(PyList_GET_ITEM(list, (Py_ssize_t)i));
        rc = items[i] == NULL ? -1 : 0;
    }
    if (rc == 0) {
        gcn_config_put_list(to->sink, to->name, to->line, &strings);
    }
    gcn_free(items);
    return rc;
}

static int put_dict(const struct target *to, PyObject *list)
{
    size_t n = (size_t)PyList_GET_SIZE(list);
    struct gcn_pair *items = gcn_alloc_zero(n + 1, sizeof(*items));
    struct gcn_pairs pairs = {items, n};
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0; i++) {
        PyObject *pair_borrowed = PyList_GET_ITEM(list, (Py_ssize_t)i);
        rc = PyArg_ParseTuple(pair_borrowed, "ss", &items[i].key, &items[i].value) ? 0 : -1;
    }
    if (rc == 0) {
        gcn_config_put_dict(to->sink, to->name, to->line, &pairs);
    }
    gcn_free(items);
    return rc;
}

/* The generation keeps a pointer only; the reference is ours. */
static int put_object(const struct target *to, PyObject *value)
{
    const char *shown;
    PyObject *object_borrowed;

    if (!PyArg_ParseTuple(value, "sO", &shown, &object_borrowed) ||
        PyList_Append(files.kept, object_borrowed) < 0) {
        return -1;
    }
    gcn_config_put_object(to->sink, to->name, to->line, shown, object_borrowed);
    return 0;
}

static int put_number(const struct target *to, PyObject *value)
{
    long long number = PyLong_AsLongLong(value);

    if (number == -1 && PyErr_Occurred() != NULL) {
        return -1;
    }
    gcn_config_put_int(to->sink, to->name, to->line, number);
    return 0;
}

static int put_text(const struct target *to, PyObject *value)
{
    const char *text = PyUnicode_AsUTF8(value);

    if (text == NULL) {
        return -1;
    }
    gcn_config_put_text(to->sink, to->name, to->line, text);
    return 0;
}

static int put_error(const struct target *to, PyObject *value)
{
    const char *text = PyUnicode_AsUTF8(value);

    if (text == NULL) {
        return -1;
    }
    gcn_config_put_error(to->sink, to->name, to->line, "%s", text);
    return 0;
}

static int put_none(const struct target *to, PyObject *Py_UNUSED(value))
{
    gcn_config_put_none(to->sink, to->name, to->line);
    return 0;
}

static int put_bool(const struct target *to, PyObject *value)
{
    gcn_config_put_bool(to->sink, to->name, to->line, value == Py_True);
    return 0;
}

/* One (setting, line, kind, value). A text that UTF-8 cannot hold is a wrong value like others. */
static int put(struct gcn_config_sink *sink, PyObject *entry)
{
    static const struct {
        const char *kind;
        int (*put)(const struct target *to, PyObject *value);
    } rows[] = {
        {"none", put_none}, {"bool", put_bool}, {"int", put_number},    {"text", put_text},
        {"list", put_list}, {"dict", put_dict}, {"object", put_object}, {"error", put_error},
    };
    struct target to = {.sink = sink};
    const char *kind;
    PyObject *value_borrowed;

    if (!PyArg_ParseTuple(entry, "sisO", &to.name, &to.line, &kind, &value_borrowed)) {
        return -1;
    }
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        if (strcmp(kind, rows[i].kind) != 0) {
            continue;
        }
        int rc = rows[i].put(&to, value_borrowed);
        if (rc < 0 && PyErr_ExceptionMatches(PyExc_UnicodeError)) {
            PyErr_Clear();
            gcn_config_put_error(sink, to.name, to.line, "the text is not valid Unicode");
            rc = 0;
        }
        return rc;
    }
    PyErr_Format(PyExc_SystemError, "configfile.py gave a value of kind %s", kind);
    return -1;
}

/* (path or None, module or None, start_dir, table) */
static PyObject *create_request(const struct gcn_config_source *source)
{
    PyObject *path = gcn_py_text_or_none(source->path);
    PyObject *module = path == NULL ? NULL : gcn_py_text_or_none(source->module);
    PyObject *start_dir = module == NULL ? NULL : gcn_py_text_or_none(source->start_dir);
    PyObject *table = start_dir == NULL ? NULL : create_table();
    PyObject *request = table == NULL ? NULL : PyTuple_Pack(4, path, module, start_dir, table);

    Py_XDECREF(table);
    Py_XDECREF(start_dir);
    Py_XDECREF(module);
    Py_XDECREF(path);
    return request;
}

static int execute(const struct gcn_config_source *source, struct gcn_config_sink *sink)
{
    PyObject *request = create_request(source);
    PyObject *values = gcn_pylib_call_steal("configfile", "read", request);

    gcn_py_fork_check();
    int rc = values == NULL ? -1 : 0;

    for (Py_ssize_t i = 0; rc == 0 && i < PyList_GET_SIZE(values); i++) {
        rc = put(sink, PyList_GET_ITEM(values, i));
    }
    Py_XDECREF(values);
    return rc;
}

static bool start_python(const struct gcn_config_source *source, struct gcn_load_failure *failure)
{
    struct gcn_error err = {{0}};
    const struct gcn_py_options options = {
        .venv = source->venv,
        .argv = files.reader.context,
        .server_software = "gcorn/" GCORN_VERSION,
    };

    if (gcn_py_is_started()) {
        return true;
    }
    if (!gcn_py_start(&options, &err)) {
        gcn_buf_append_str(&failure->text, err.text);
        failure->exit_code = GCN_EXIT_ERROR;
        return false;
    }
    gcn_py_leave();
    return true;
}

static bool read_file(void *context, const struct gcn_config_source *source,
                      struct gcn_config_sink *sink, struct gcn_load_failure *failure)
{
    (void)context;
    if (!start_python(source, failure)) {
        return false;
    }
    bool taken = gcn_py_thread_ensure();
    if (files.kept == NULL) {
        files.kept = PyList_New(0);
    }
    bool ok = files.kept != NULL && execute(source, sink) == 0;
    if (!ok) {
        struct gcn_error err = {{0}};
        gcn_py_explain("configfile", source->shown, &err, &failure->exit_code);
        gcn_buf_append_str(&failure->text, err.text);
    }
    gcn_py_thread_restore(taken);
    return ok;
}

const struct gcn_config_reader *gcn_py_config_reader(const char *const *argv)
{
    files.reader = (struct gcn_config_reader){.read = read_file, .context = (void *)argv};
    return &files.reader;
}

PyObject *gcn_py_config_identity(const char *name)
{
    if (PyDict_GetItemString(PyImport_GetModuleDict(), "gunicorn") == NULL) {
        return NULL; /* nobody has imported it */
    }
    PyObject *text = PyUnicode_FromString(name);
    PyObject *found = gcn_pylib_call_steal("configfile", "identity", text);

    if (found == Py_None) {
        Py_CLEAR(found);
    }
    return found;
}

const char *gcn_py_config_server_field(void)
{
    if (!gcn_py_is_started()) {
        return NULL;
    }
    bool taken = gcn_py_thread_ensure();
    PyObject *text = gcn_py_config_identity("SERVER");
    struct gcn_slice bytes = {NULL, 0};

    gcn_free(files.server);
    files.server = NULL;
    if (text != NULL && gcn_py_latin1(text, &bytes)) {
        files.server = gcn_strndup(bytes.ptr, bytes.len);
    } else if (PyErr_Occurred() != NULL) {
        gcn_py_log_exception(GCN_LOG_ERROR, "gunicorn.SERVER cannot be used");
    }
    Py_XDECREF(text);
    gcn_py_thread_restore(taken);
    return files.server;
}

void gcn_py_config_finish(void)
{
    Py_CLEAR(files.kept);
}
