/* SPDX-License-Identifier: MIT */
/*
 * Lines of the error log on their way to a logger in Python. A thread that has the interpreter, or
 * may take it, calls the logger at once. What others log waits in a bounded queue, from which a
 * thread of its own takes it as soon as it gets the interpreter. What fits nowhere, what the logger
 * cannot write and what is logged while it writes goes to the error log of old: no line is lost,
 * none calls itself.
 */
#include <gcorn/python/logger.h>

#include "logger.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/mem.h>
#include <gcorn/config/settings.h>
#include <gcorn/log/errorlog.h>
#include <gcorn/python/python.h>

#include "call.h"
#include "exceptions.h"
#include "hooks_private.h"
#include "interrupt.h"
#include "pylib.h"
#include "thread.h"

enum {
    QUEUE_BYTES = 1024 * 1024,
    LONGEST_WAIT_MS = 1000, /* for the interpreter, before a line goes to the error log of old */
    LAST_WAIT_MS = 200,     /* the same, when the process ends */
    PAUSE_MS = 5,
};

/* Lifetime: in the queue. Owned by it. */
struct line {
    struct line *next;
    enum gcn_log_level level;
    size_t len;
    char text[];
};

/*
 * Process. Guarded by `lock`, but for what is atomic; nobody takes the interpreter under the lock.
 */
static struct {
    _Atomic bool open;
    _Atomic bool waits; /* the queue has lines */
    pthread_mutex_t lock;
    pthread_cond_t more; /* the queue has lines, or `reopen`, or `stop` */
    struct line *first, *last;
    size_t bytes;
    int64_t since_ms; /* when the first line of the queue came */
    bool reopen;      /* the files are to be opened again */
    bool has_thread, stop;
    pthread_t thread;
} logger = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

/* Thread. */
static _Thread_local struct {
    bool busy; /* in a call of the logger, or writing in its stead */
    bool defers;
} mine;

bool gcn_py_logger_is_custom(const struct gcn_settings *settings)
{
    static const char *const own[] = {"gunicorn.glogging.Logger", "gunicorn.glogging:Logger",
                                      "simple"};
    const char *name = settings->logger_class.text;

    for (size_t i = 0; i < GCN_COUNT(own); i++) {
        if (name == NULL || strcmp(name, own[i]) == 0) {
            return false;
        }
    }
    return true;
}

static bool has_dict(const struct gcn_pyref *ref)
{
    return ref->text != NULL && strcmp(ref->text, "{}") != 0;
}

static bool has_path(const char *path)
{
    return path != NULL && path[0] != '\0';
}

bool gcn_py_logger_wants(const struct gcn_settings *settings)
{
    return gcn_py_logger_is_custom(settings) || has_dict(&settings->logconfig_dict) ||
           has_path(settings->logconfig_json) || has_path(settings->logconfig);
}

bool gcn_py_logger_is_open(void)
{
    return atomic_load_explicit(&logger.open, memory_order_relaxed);
}

bool gcn_py_logger_is_waiting(void)
{
    return atomic_load_explicit(&logger.waits, memory_order_relaxed);
}

void gcn_py_logger_defer(bool defers)
{
    mine.defers = defers;
}

/* ---- lines that we write ourselves after all ---- */

/* Its bytes are escaped already, which another time changes nothing. */
static void write_directly(enum gcn_log_level level, const char *text, size_t len)
{
    bool was_busy = mine.busy;

    mine.busy = true;
    gcn_log_text(level, text, len);
    mine.busy = was_busy;
}

/* ---- calling the logger; GIL: held ---- */

/*
 * A call has failed. What ends the app call in progress came at the wrong moment: it is asked for
 * again. Anything else is the logger's fault and told.
 */
static void call_failed(const char *what)
{
    bool was_busy = mine.busy;

    mine.busy = true;
    if (PyErr_ExceptionMatches(PyExc_SystemExit) && gcn_py_interrupt_again()) {
        PyErr_Clear();
    } else {
        gcn_py_log_exception(GCN_LOG_ERROR, "logger_class: the logger has failed to write %s",
                             what);
    }
    mine.busy = was_busy;
}

/* Call `function` of pylib/logs.py with `args`, which is taken over. False if that failed. */
static bool call_steal(const char *function, PyObject *args, const char *what)
{
    bool was_busy = mine.busy;

    mine.busy = true;
    PyObject *done = gcn_pylib_call_steal("logs", function, args);
    if (done == NULL) {
        call_failed(what);
    }
    mine.busy = was_busy;
    Py_XDECREF(done);
    return done != NULL;
}

static void deliver(enum gcn_log_level level, const char *text, size_t len)
{
    PyObject *line = PyUnicode_DecodeUTF8(text, (Py_ssize_t)len, "backslashreplace");
    PyObject *args = line == NULL ? NULL : Py_BuildValue("(iO)", (int)level, line);

    Py_XDECREF(line);
    if (!call_steal("line", args, "the next line")) {
        write_directly(level, text, len);
    }
}

/* The lines that wait, for the caller to free; *reopen: the files are to be opened again. */
static struct line *take_all(bool *reopen)
{
    pthread_mutex_lock(&logger.lock);
    struct line *first = logger.first;
    *reopen = logger.reopen;
    logger.first = logger.last = NULL;
    logger.bytes = 0;
    logger.reopen = false;
    atomic_store_explicit(&logger.waits, false, memory_order_relaxed);
    pthread_mutex_unlock(&logger.lock);
    return first;
}

static void deliver_waiting(void)
{
    bool reopen;

    for (struct line *line = take_all(&reopen), *next; line != NULL; line = next) {
        next = line->next;
        deliver(line->level, line->text, line->len);
        gcn_free(line);
    }
    if (reopen) {
        call_steal("reopen", PyTuple_New(0), "to files opened again");
    }
}

/* ---- the thread that takes what waits ---- */

static void *thread_main(void *context)
{
    gcn_py_thread_start();
    gcn_py_thread_leave();
    pthread_mutex_lock(&logger.lock);
    while (!logger.stop) {
        if (logger.first == NULL && !logger.reopen) {
            pthread_cond_wait(&logger.more, &logger.lock);
            continue;
        }
        pthread_mutex_unlock(&logger.lock);
        gcn_py_thread_enter();
        deliver_waiting();
        gcn_py_thread_leave();
        pthread_mutex_lock(&logger.lock);
    }
    pthread_mutex_unlock(&logger.lock);
    gcn_py_thread_stop();
    return context;
}

/* Signals are the other threads' business. The lock is held. */
static bool need_thread(void)
{
    sigset_t all, before;

    if (!logger.has_thread) {
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        logger.has_thread = pthread_create(&logger.thread, NULL, thread_main, NULL) == 0;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    return logger.has_thread;
}

/* False if there is no room, or nobody who would come for it. */
static bool put_off(enum gcn_log_level level, struct gcn_slice message)
{
    pthread_mutex_lock(&logger.lock);
    bool room = logger.bytes + message.len <= QUEUE_BYTES && need_thread();
    if (room) {
        struct line *line = gcn_alloc(sizeof(*line) + message.len);
        *line = (struct line){.level = level, .len = message.len};
        memcpy(line->text, message.ptr, message.len);
        if (logger.first == NULL) {
            logger.first = line;
            logger.since_ms = gcn_clock_ms();
        } else {
            logger.last->next = line;
        }
        logger.last = line;
        logger.bytes += sizeof(*line) + message.len;
        atomic_store_explicit(&logger.waits, true, memory_order_relaxed);
        pthread_cond_signal(&logger.more);
    }
    pthread_mutex_unlock(&logger.lock);
    return room;
}

/* ---- where lines come from ---- */

static bool take_line(enum gcn_log_level level, struct gcn_slice message)
{
    if (mine.busy || !gcn_py_logger_is_open()) {
        return false;
    }
    bool held = PyGILState_Check() != 0; /* ours, or a thread of the app */
    if (!held && (mine.defers || !gcn_py_thread_may_enter())) {
        return put_off(level, message);
    }
    if (!held) {
        gcn_py_thread_enter();
    }
    PyObject *before = PyErr_GetRaisedException(); /* whoever logs may be about to handle it */
    deliver_waiting();
    deliver(level, message.ptr, message.len);
    PyErr_SetRaisedException(before);
    if (!held) {
        gcn_py_thread_leave();
    }
    return true;
}

bool gcn_py_logger_exception(enum gcn_log_level level, const char *heading, PyObject *exc)
{
    if (mine.busy || !gcn_py_logger_is_open()) {
        return false;
    }
    deliver_waiting();
    PyObject *args = Py_BuildValue("(isO)", (int)level, heading, exc);
    return call_steal("exception", args, "an exception");
}

void gcn_py_logger_access(const struct gcn_py_call *call, PyObject *req, PyObject *env)
{
    PyObject *facts = gcn_py_hooks_response_facts(call);
    long long took_us = (long long)(gcn_clock_us() - call->req->began_us);
    PyObject *args = facts == NULL ? NULL : Py_BuildValue("(OOOL)", req, env, facts, took_us);
    PyObject *done = gcn_pylib_call_steal("access", "write", args);

    if (done == NULL) {
        gcn_py_log_exception(GCN_LOG_ERROR, "logger_class: access() failed");
    }
    Py_XDECREF(done);
    Py_XDECREF(facts);
}

void gcn_py_logger_metric(const char *name, const char *type, int64_t value)
{
    if (!gcn_py_logger_is_open()) {
        return;
    }
    bool taken = gcn_py_thread_ensure();
    call_steal("metric", Py_BuildValue("(ssL)", name, type, (long long)value), "a metric");
    gcn_py_thread_restore(taken);
}

/* ---- its life ---- */

/*
 * The level that lines must have to be worth a call; -1: there is no logger; -2 with an exception.
 */
static int switch_to(const struct gcn_py_hooks *hooks)
{
    bool wanted = hooks != NULL && hooks->logs;
    PyObject *args = Py_BuildValue("(OO)", hooks == NULL ? Py_None : hooks->object,
                                   wanted ? Py_True : Py_False);
    PyObject *answer = gcn_pylib_call_steal("logs", "take_over", args);
    int level = answer == NULL ? -2 : answer == Py_None ? -1 : (int)PyLong_AsLong(answer);

    Py_XDECREF(answer);
    return level;
}

bool gcn_py_logger_open(struct gcn_py_hooks *hooks, struct gcn_error *err)
{
    int code;

    if (!gcn_py_is_started()) {
        return true;
    }
    bool taken = gcn_py_thread_ensure();
    int level = switch_to(hooks);
    if (level == -2) {
        gcn_py_explain("logs", "logger_class", err, &code);
    } else {
        atomic_store_explicit(&logger.open, level >= 0, memory_order_relaxed);
        gcn_log_set_tap(level >= 0 ? take_line : NULL);
    }
    if (level >= 0) { /* warnings always: a class may count what it does not write */
        gcn_log_set_level(level < GCN_LOG_WARN ? (enum gcn_log_level)level : GCN_LOG_WARN);
    }
    gcn_py_thread_restore(taken);
    return level != -2;
}

void gcn_py_logger_warn(const struct gcn_settings *settings)
{
    if (!gcn_py_is_started()) {
        return;
    }
    bool taken = gcn_py_thread_ensure();
    const char *access = settings->accesslog == NULL ? NULL : "gunicorn.access";
    PyObject *names = Py_BuildValue(access == NULL ? "(s)" : "(ss)", "gunicorn.error", access);
    PyObject *done = gcn_pylib_call_steal("logs", "warn_of_touched", names);

    if (done == NULL) {
        gcn_py_log_exception(GCN_LOG_ERROR, "Python's loggers cannot be looked at");
    }
    Py_XDECREF(done);
    gcn_py_thread_restore(taken);
}

bool gcn_py_logger_check(const struct gcn_py_hooks *hooks, struct gcn_error *err)
{
    int code;

    if (!hooks->logs) {
        return true;
    }
    bool taken = gcn_py_thread_ensure();
    PyObject *done = gcn_pylib_call("logs", "check", hooks->object);
    if (done == NULL) {
        gcn_py_explain("logs", "logger_class", err, &code);
    }
    bool good = done != NULL;
    Py_XDECREF(done);
    gcn_py_thread_restore(taken);
    return good;
}

void gcn_py_logger_reopen(void)
{
    if (!gcn_py_logger_is_open()) {
        return;
    }
    if (!mine.defers) {
        bool taken = gcn_py_thread_ensure();
        call_steal("reopen", PyTuple_New(0), "to files opened again");
        gcn_py_thread_restore(taken);
        return;
    }
    pthread_mutex_lock(&logger.lock);
    logger.reopen = true;
    bool seen = need_thread();
    pthread_cond_signal(&logger.more);
    pthread_mutex_unlock(&logger.lock);
    if (!seen) {
        gcn_error("the logger's files cannot be opened again: no thread can be started");
    }
}

static void write_waiting(void)
{
    bool reopen;

    for (struct line *line = take_all(&reopen), *next; line != NULL; line = next) {
        next = line->next;
        write_directly(line->level, line->text, line->len);
        gcn_free(line);
    }
    if (reopen) {
        gcn_py_logger_reopen();
    }
}

void gcn_py_logger_relieve(int64_t now_ms)
{
    if (GCN_LIKELY(!gcn_py_logger_is_waiting())) {
        return;
    }
    pthread_mutex_lock(&logger.lock);
    bool late = logger.first != NULL && now_ms - logger.since_ms >= LONGEST_WAIT_MS;
    pthread_mutex_unlock(&logger.lock);
    if (late) {
        write_waiting();
    }
}

void gcn_py_logger_abandon(void)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};

    for (int waited = 0; waited < LAST_WAIT_MS && gcn_py_logger_is_waiting(); waited += PAUSE_MS) {
        nanosleep(&pause, NULL);
    }
    write_waiting();
}

static void stop_thread(void)
{
    pthread_mutex_lock(&logger.lock);
    bool there = logger.has_thread;
    logger.stop = true;
    pthread_cond_signal(&logger.more);
    pthread_mutex_unlock(&logger.lock);
    if (there) {
        Py_BEGIN_ALLOW_THREADS
        pthread_join(logger.thread, NULL);
        Py_END_ALLOW_THREADS
    }
    logger.has_thread = logger.stop = false;
}

void gcn_py_logger_finish(void)
{
    stop_thread();
    deliver_waiting();
    gcn_log_set_tap(NULL);
    atomic_store_explicit(&logger.open, false, memory_order_relaxed);
}

void gcn_py_logger_after_fork(void)
{
    bool reopen;

    pthread_mutex_init(&logger.lock, NULL);
    pthread_cond_init(&logger.more, NULL);
    logger.has_thread = logger.stop = false;
    for (struct line *line = take_all(&reopen), *next; line != NULL; line = next) {
        next = line->next;
        gcn_free(line); /* it is the parent's to write */
    }
}
