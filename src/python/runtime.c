/* SPDX-License-Identifier: MIT */
/*
 * The interpreter's life: found, started with the process's signals left alone, forked, stopped.
 */
#include "runtime.h"

#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/log.h>
#include <gcorn/base/slice.h>
#include <gcorn/log/access.h>
#include <gcorn/python/python.h>

#include "call.h"
#include "changes.h"
#include "configfile.h"
#include "environ.h"
#include "errors_stream.h"
#include "exceptions.h"
#include "file_wrapper.h"
#include "fork.h"
#include "handlers.h"
#include "header_key.h"
#include "hooks_private.h"
#include "input.h"
#include "interrupt.h"
#include "later.h"
#include "logger.h"
#include "native.h"
#include "pylib.h"
#include "signals.h"
#include "socket.h"
#include "stacks.h"
#include "start_response.h"
#include "state.h"
#include "thread.h"
#include "venv.h"

static const struct gcn_venv_version our_version = {PY_MAJOR_VERSION, PY_MINOR_VERSION};

/* Process: what the interpreter was started as. */
static char started_program[PATH_MAX];

bool gcn_py_is_started(void)
{
    return gcn_py.started;
}

bool gcn_py_error_from_exception(struct gcn_error *err, const char *what)
{
    struct gcn_buf text = {0};

    gcn_py_print_exception(&text);
    PyErr_Clear();
    gcn_error_set(err, "%s: %s", what, text.ptr == NULL ? "unknown error" : text.ptr);
    gcn_buf_finish(&text);
    return false;
}

/*
 * The python beside the library that is loaded, else the one that gcorn was built with. It finds
 * the standard library, and is sys.executable.
 */
static void find_own_program(char *program)
{
    Dl_info info;
    char dir[PATH_MAX];

    if (dladdr((void *)Py_InitializeFromConfig, &info) != 0 && info.dli_fname != NULL &&
        realpath(info.dli_fname, dir) != NULL) {
        char *slash = strrchr(dir, '/');
        *slash = '\0';
        slash = strrchr(dir, '/');
        int len = slash == NULL
                      ? -1
                      : snprintf(program, PATH_MAX, "%.*s/bin/python%d.%d", (int)(slash - dir), dir,
                                 our_version.major, our_version.minor);
        if (len > 0 && len < PATH_MAX && access(program, X_OK) == 0) {
            return;
        }
    }
    snprintf(program, PATH_MAX, "%s", GCORN_PYTHON_EXECUTABLE);
}

static bool find_program(const struct gcn_py_options *options, char *program, struct gcn_error *err)
{
    const char *setting = options->venv, *active = getenv("VIRTUAL_ENV");
    char dir[PATH_MAX];

    if (setting != NULL && setting[0] != '\0') {
        return gcn_venv_check(setting, our_version, program, err) || gcn_error_prefix(err, "venv");
    }
    if (active != NULL && active[0] != '\0') {
        return gcn_venv_check(active, our_version, program, err) ||
               gcn_error_prefix(err, "VIRTUAL_ENV");
    }
    if (gcn_py.started) {
        strcpy(program, started_program); /* raw_env may have changed PATH, which asks for nothing */
        return true;
    }
    if (gcn_venv_find(options->argv == NULL ? NULL : options->argv[0], dir)) {
        struct gcn_error why = {{0}};
        if (gcn_venv_check(dir, our_version, program, &why)) {
            return true;
        }
        gcn_warn("PATH: %s; it is left alone, as nobody has asked for it", why.text);
    }
    find_own_program(program);
    return true;
}

static Py_ssize_t count(const char *const *list)
{
    Py_ssize_t n = 0;

    while (list != NULL && list[n] != NULL) {
        n++;
    }
    return n;
}

static bool initialize(const struct gcn_py_options *options, const char *program,
                       struct gcn_error *err)
{
    PyConfig config;

    PyConfig_InitPythonConfig(&config);
    config.install_signal_handlers = 0;
    config.parse_argv = 0;
    PyStatus status = PyConfig_SetBytesString(&config, &config.program_name, program);
    if (!PyStatus_Exception(status)) {
        status = PyConfig_SetBytesArgv(&config, count(options->argv), (char *const *)options->argv);
    }
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) {
        return gcn_error_set(err, "Python %d.%d (%s) cannot be started: %s", our_version.major,
                             our_version.minor, program,
                             status.err_msg == NULL ? "unknown error" : status.err_msg);
    }
    return true;
}

/* Put `path` in front of sys.path unless it is in it. */
static int prepend_path(struct gcn_slice path)
{
    char absolute[PATH_MAX];
    PyObject *list_borrowed = PySys_GetObject("path");
    char *name = strndup(path.ptr, path.len);

    if (list_borrowed == NULL || !PyList_Check(list_borrowed) || name == NULL) {
        free(name);
        PyErr_SetString(PyExc_RuntimeError, "sys.path is not a list");
        return -1;
    }
    PyObject *text = PyUnicode_DecodeFSDefault(realpath(name, absolute) != NULL ? absolute : name);
    free(name);
    int there = text == NULL ? -1 : PySequence_Contains(list_borrowed, text);
    int rc = there == 0 ? PyList_Insert(list_borrowed, 0, text) : there;
    Py_XDECREF(text);
    return rc < 0 ? -1 : 0;
}

/*
 * Where gcorn was started, chdir before it, then each of pythonpath before what is there: as
 * gunicorn does.
 */
static int set_path(const struct gcn_py_options *options)
{
    struct gcn_slice rest = gcn_slice_of(options->pythonpath);
    struct gcn_slice entry;

    if ((options->start_dir != NULL && prepend_path(gcn_slice_of(options->start_dir)) < 0) ||
        (options->chdir != NULL && prepend_path(gcn_slice_of(options->chdir)) < 0)) {
        return -1;
    }
    while (rest.len > 0) {
        gcn_slice_cut(rest, ',', &entry, &rest);
        entry = gcn_slice_trim(entry);
        if (entry.len > 0 && prepend_path(entry) < 0) {
            return -1;
        }
    }
    return 0;
}

static int create_objects(void)
{
    gcn_py_changes_init();
    return gcn_py_names_init(&gcn_py.names) < 0 || gcn_py_native_init() < 0 ||
                   gcn_pylib_init() < 0 || gcn_py_start_response_types() < 0 ||
                   gcn_py_input_types() < 0 || gcn_py_socket_types() < 0 ||
                   gcn_py_file_wrapper_types() < 0 || gcn_py_errors_init() < 0 ||
                   gcn_py_interrupt_init() < 0 || gcn_py_handlers_init() < 0 ||
                   gcn_py_fork_init() < 0 || gcn_py_stacks_init() < 0 || gcn_py_signals_show() < 0
               ? -1
               : 0;
}

/*
 * What is of no use without requests. Names, types and wsgi.errors stay: finalisers and atexit
 * functions of the app may use objects of ours until the interpreter is gone, and with it all of
 * them.
 */
static void drop_objects(void)
{
    gcn_py_later_drain();
    gcn_py_calls_finish();
    gcn_py_environ_finish();
    gcn_py_header_keys_finish();
    gcn_py_file_wrapper_finish();
    gcn_py_hooks_finish();
    gcn_py_config_finish();
}

static void keep_options(const struct gcn_py_options *options)
{
    const struct gcn_access *access = options->access;

    gcn_py.options = *options;
    if (access != NULL && !gcn_access_wants(access, GCN_ACCESS_ENVIRON)) {
        gcn_py.options.access = NULL;
    }
}

/* os.environ is a copy from when Python was started; settings have set variables since. */
static int refresh_environment(void)
{
    PyObject *entries = PyList_New(0);

    for (char **entry = environ; entries != NULL && *entry != NULL; entry++) {
        PyObject *bytes = PyBytes_FromString(*entry);
        if (bytes == NULL || PyList_Append(entries, bytes) < 0) {
            Py_CLEAR(entries);
        }
        Py_XDECREF(bytes);
    }
    PyObject *done = gcn_pylib_call_steal("environment", "refresh", entries);
    int rc = done == NULL ? -1 : 0;
    Py_XDECREF(done);
    return rc;
}

/* Take over options in an interpreter that runs already. */
static bool adjust(const struct gcn_py_options *options, struct gcn_error *err)
{
    char program[PATH_MAX];

    if (!find_program(options, program, err)) {
        return false;
    }
    if (strcmp(program, started_program) != 0) {
        return gcn_error_set(err,
                             "venv: Python runs already as %s, to read the config file, and cannot "
                             "become %s: set venv on the command line, or VIRTUAL_ENV",
                             started_program, program);
    }
    gcn_py_thread_ensure();
    keep_options(options);
    return (set_path(options) == 0 && refresh_environment() == 0 && gcn_py_signals_show() == 0) ||
           gcn_py_error_from_exception(err, "Python could not be set up");
}

bool gcn_py_start(const struct gcn_py_options *options, struct gcn_error *err)
{
    if (gcn_py.started) {
        return adjust(options, err);
    }
    if (!find_program(options, started_program, err) ||
        !gcn_venv_is_open(started_program, our_version, err) ||
        !initialize(options, started_program, err)) {
        return false;
    }
    signal(SIGPIPE, SIG_IGN); /* apps expect BrokenPipeError, as in any Python program */
    signal(SIGXFSZ, SIG_IGN); /* … and OSError; bodies on disk are refused with 507, too */
    gcn_py.started = true;
    keep_options(options);
    gcn_py.interp = PyInterpreterState_Get();
    gcn_py_thread_adopt();
    if (set_path(options) < 0 || create_objects() < 0) {
        gcn_py_error_from_exception(err, "Python could not be set up");
        gcn_py_stop();
        return false;
    }
    return true;
}

bool gcn_py_inherit(struct gcn_error *err)
{
    return gcn_py_signals_show() == 0 ||
           gcn_py_error_from_exception(err, "Python could not be set up");
}

void gcn_py_stop(void)
{
    if (!gcn_py.started) {
        return;
    }
    gcn_py_thread_ensure();
    gcn_py_signals_hide();
    gcn_py_logger_finish();
    drop_objects();
    if (Py_FinalizeEx() < 0) {
        gcn_warn("Python did not end cleanly: text that the app wrote may be lost");
    }
    gcn_py_errors_finish();
    gcn_py_stacks_finish();
    gcn_py = (struct gcn_py_state){0};
    gcn_py_thread_disown();
    gcn_py_handlers_finish();
}

void gcn_py_wind_up(void)
{
    gcn_py_enter();
    PyObject *done = gcn_py.started ? gcn_pylib_call("ending", "end", NULL) : NULL;
    if (gcn_py.started && done == NULL) {
        gcn_py_log_exception(GCN_LOG_EXCEPTION, "Error at the end of process %d", (int)getpid());
    }
    Py_XDECREF(done);
}

void gcn_py_enter(void)
{
    if (gcn_py.started) {
        gcn_py_thread_ensure();
    }
}

void gcn_py_leave(void)
{
    if (gcn_py.started) {
        gcn_py_thread_leave();
    }
}

void gcn_py_freeze(void)
{
    PyObject *module = gcn_py.started ? PyImport_ImportModule("gc") : NULL;
    PyObject *collected = module == NULL ? NULL : PyObject_CallMethod(module, "collect", NULL);
    PyObject *frozen = collected == NULL ? NULL : PyObject_CallMethod(module, "freeze", NULL);

    if (gcn_py.started && frozen == NULL) {
        gcn_py_log_exception(GCN_LOG_WARN, "gc.freeze has failed");
    }
    Py_XDECREF(frozen);
    Py_XDECREF(collected);
    Py_XDECREF(module);
}

bool gcn_py_spew(struct gcn_error *err)
{
    PyObject *done = gcn_pylib_call("spew", "start", NULL);

    if (done == NULL) {
        return gcn_py_error_from_exception(err, "spew cannot be started");
    }
    Py_DECREF(done);
    return true;
}
