/* SPDX-License-Identifier: MIT */
/*
 * The door to CPython: plain C on this side, Python.h only behind it. One interpreter a process.
 */
#ifndef GCORN_PYTHON_PYTHON_H
#define GCORN_PYTHON_PYTHON_H

#include <stdbool.h>
#include <stddef.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/http/app.h>
#include <gcorn/python/hooks.h>
#include <gcorn/proc/exitcode.h>

struct gcn_access;
struct gcn_settings;

/* The gunicorn whose names the stand-in package has, and that apps find in SERVER_SOFTWARE. */
#define GCN_PY_GUNICORN_VERSION "26.1.0"

/* What the interpreter and the app are started with. Borrowed for the life of the interpreter. */
struct gcn_py_options {
    const char *venv;       /* the setting, or NULL: VIRTUAL_ENV of the process environment, or none */
    const char *start_dir;  /* absolute; comes behind chdir in sys.path; or NULL */
    const char *chdir;      /* absolute; comes first in sys.path */
    const char *pythonpath; /* comma-separated directories put before it, or NULL */
    const char *const *argv; /* NULL-terminated: sys.argv */
    bool multithread;       /* wsgi.multithread */
    bool multiprocess;      /* wsgi.multiprocess */
    bool sendfile;          /* file_wrapper may use sendfile */
    const char *server_software; /* SERVER_SOFTWARE */
    const struct gcn_access *access; /* what it says of the environ is noted for it; or NULL */
};

/*
 * Put raw_env, and the SERVER_SOFTWARE that gunicorn sets, into the process's environment; before
 * the interpreter starts, which copies that.
 */
void gcn_py_export_env(const struct gcn_settings *settings);

/* Fill in what follows from the settings. Everything is borrowed from them and from `argv`. */
void gcn_py_options_init(struct gcn_py_options *out, const struct gcn_settings *settings,
                         const char *const *argv);

/* True between gcn_py_start and gcn_py_stop. GIL: not needed. */
bool gcn_py_is_started(void);

/*
 * Start the interpreter: isolated from signals, in the virtual environment if there is one, with
 * sys.argv and sys.path set. The calling thread holds the GIL afterwards. Errors (an environment of
 * another Python version, a broken installation) name what was found and the remedy. If it runs
 * already (it was started before the fork), the options are taken over; it cannot change its
 * environment.
 */
GCN_MUST_CHECK bool gcn_py_start(const struct gcn_py_options *options, struct gcn_error *err);

/*
 * The GIL for those who do not call the app: take it unless this thread has it, and give it back,
 * so that threads that user code has started run while the process waits. Harmless if not started.
 */
void gcn_py_enter(void);
void gcn_py_leave(void);

/*
 * Run atexit handlers and write out what streams hold, but keep the interpreter, for threads may be
 * in it yet; _exit is to follow. GIL: taken inside, and held afterwards. Harmless if not started.
 */
void gcn_py_wind_up(void);

/* Run atexit handlers and finalise. GIL: taken inside. Harmless if not started. */
void gcn_py_stop(void);

/*
 * Around a fork with a live interpreter (PyOS_BeforeFork and its companions). Harmless without one.
 * GIL: taken inside; afterwards the child holds it, the parent as before. A child that the app
 * forks unannounced gives up what is ours: descriptors (base/ownfd.h), signal handlers, the request
 * in progress.
 */
void gcn_py_before_fork(void);
void gcn_py_after_fork_parent(void);
void gcn_py_after_fork_child(void);

/*
 * Put every object that there is out of the collector's sight (gc.freeze), so that collecting in
 * forked children does not write to the memory that they share. GIL: held. Harmless if not started.
 */
void gcn_py_freeze(void);

/*
 * Print each line that Python executes on this thread from now on, and in children that it forks
 * (the setting spew). GIL: held.
 */
GCN_MUST_CHECK bool gcn_py_spew(struct gcn_error *err);

/*
 * In a process that inherited the interpreter and has caught signals: let Python code see, call and
 * put back these handlers. Where gcn_py_start is called it does that, too. GIL: held. Harmless if
 * not started.
 */
GCN_MUST_CHECK bool gcn_py_inherit(struct gcn_error *err);

/*
 * Call `each` with the path of the file that each loaded module came from; the path is borrowed for
 * the call. GIL: taken inside. Harmless if not started. Thread: one of ours.
 */
void gcn_py_module_files(void (*each)(void *context, const char *path), void *context);

/*
 * Import the app of `spec` ("module", "module:attr", "module:pkg.attr", "module:factory(args)").
 * Returns NULL with `err` and *code (GCN_EXIT_BOOT or GCN_EXIT_APP, or what sys.exit asked for).
 * Where the app's own code is at fault, its traceback is logged already. GIL: held.
 */
struct gcn_app *gcn_py_app_load(const char *spec, struct gcn_error *err, int *code);

/*
 * The same for settings: their app is such a name, or with `paste` a section of a PasteDeploy file,
 * which the PasteDeploy of the app's environment reads. GIL: held.
 */
struct gcn_app *gcn_py_app_load_settings(const struct gcn_settings *settings, struct gcn_error *err,
                                         int *code);

/* Drop the app. GIL: held. NULL is fine. */
void gcn_py_app_destroy(struct gcn_app *app);

/*
 * From a signal handler: make the app call in progress on the main thread, if there is one, end
 * with SystemExit at its next bytecode or interruptible system call, after it has called `hook`
 * (GCN_HOOK_WORKER_INT or GCN_HOOK_WORKER_ABORT), if that is set. Async-signal-safe. GIL: not needed.
 */
void gcn_py_interrupt(enum gcn_hook hook);

/*
 * Around the boot of a worker with hooks: it can be ended as an app call can, and what that ends is
 * not reported. The end says whether it was. GIL: held.
 */
void gcn_py_boot_begin(void);
bool gcn_py_boot_end(void);

/* True if the boot that goes on is being ended. GIL: held. */
bool gcn_py_boot_interrupted(void);

/*
 * From a signal handler, while a worker boots: as gcn_py_interrupt, if `hook` or worker_exit is
 * set. False if neither is, or none has been told of this worker yet, and it may leave at once.
 * `hook` may be GCN_HOOK_WORKER_EXIT, too, which is not called here: its time is the worker's last.
 * Async-signal-safe. GIL: not needed.
 */
GCN_MUST_CHECK bool gcn_py_interrupt_boot(enum gcn_hook hook);

/* The number of that call, or 0; and the same for call `number` only, if it still runs. */
unsigned gcn_py_call_number(void);
void gcn_py_interrupt_call(enum gcn_hook hook, unsigned number);

/*
 * Readable when a signal has come for which user code has a handler in Python; -1 if not started.
 * Another one in each forked child.
 */
int gcn_py_signal_fd(void);

/*
 * Run such handlers. False if one has called sys.exit: the process should end. What else it raises
 * is logged. Thread: the main one. GIL: taken inside.
 */
GCN_MUST_CHECK bool gcn_py_run_signal_handlers(void);

/*
 * From a signal handler: write the Python stacks of all threads to the error log's file.
 * Async-signal-safe as far as CPython's faulthandler is. GIL: not needed. Harmless if not started.
 */
void gcn_py_dump_stacks(void);

#endif
