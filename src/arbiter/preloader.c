/* SPDX-License-Identifier: MIT */
/*
 * The preloading process: loads the app, then forks a worker for each order until the channel
 * closes.
 */
#include "preloader.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcorn/base/log.h>
#include <gcorn/base/ownfd.h>
#include <gcorn/http/app.h>
#include <gcorn/log/errorlog.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/proc/title.h>
#include <gcorn/python/logger.h>
#include <gcorn/python/python.h>
#include <gcorn/worker/worker.h>

#include "arbiter_private.h"
#include "birth.h"

enum { END_S = 5 };

/* Process. */
struct preloader {
    const struct gcn_preloader_birth *birth; /* borrowed */
    struct gcn_app *app;
};

static void on_nothing(int signum)
{
    (void)signum;
}

/* It hangs in the app's import: say where. */
static void on_abort(int signum)
{
    (void)signum;
    gcn_py_dump_stacks();
    _exit(GCN_EXIT_ERROR);
}

/* The arbiter decides when this process ends; what a terminal sends to the whole group does not. */
static void take_signals(struct gcn_signals *signals)
{
    static const int ignored[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGTTIN,
                                  SIGTTOU, SIGUSR1, SIGUSR2, SIGWINCH};

    for (size_t i = 0; i < GCN_COUNT(ignored); i++) {
        gcn_signal_catch(ignored[i], on_nothing);
    }
    gcn_signal_catch(SIGABRT, on_abort);
    gcn_signals_release(signals);
}

static void tell(const struct preloader *self, uint64_t age, int64_t pid)
{
    const struct gcn_preloader_news news = {.age = age, .pid = pid};

    ssize_t ignored = send(self->birth->fd, &news, sizeof(news), MSG_NOSIGNAL);
    (void)ignored; /* an arbiter that is gone needs no news */
}

/*
 * In the worker: wait until its parent, the process in between, is gone and the arbiter has taken
 * it. That process ends right after its fork, so this is a matter of microseconds.
 */
static void await_adoption(pid_t between)
{
    while (getppid() == between) {
        sched_yield();
    }
}

static void be_worker(const struct preloader *self, const struct gcn_preloader_order *order,
                      pid_t between)
{
    struct gcn_child child = {.age = order->age, .slot = order->slot, .board = order->board};
    struct gcn_worker_start start;

    gcn_ownfd_close(self->birth->fd);
    await_adoption(between);
    if (!gcn_birth_claim(order->slot, order->age, getpid())) {
        _exit(GCN_EXIT_OK); /* nobody waits for this worker, and its slot may be another's */
    }
    gcn_workers_fill_start(self->birth->arb, self->birth->generation, &child, &start);
    start.app = self->app;
    gcn_worker_run(&start);
}

static void reopen_logs(struct gcn_access *access)
{
    gcn_log_reopen();
    gcn_py_logger_reopen();
    gcn_access_reopen(access);
}

/* The process in between reports, unless somebody kills it: then the worker may be there or not. */
static void await_report(const struct preloader *self, const struct gcn_preloader_order *order,
                         pid_t between)
{
    int status = 0;

    if (waitpid(between, &status, 0) == between && WIFSIGNALED(status)) {
        tell(self, order->age, -1);
    }
}

/* Fork twice, so that the worker is the arbiter's child. */
static void bear_worker(const struct preloader *self, const struct gcn_preloader_order *order)
{
    gcn_signals_hold(); /* as in workers that the arbiter forks */
    gcn_py_before_fork();
    pid_t between = fork();
    if (between != 0) {
        gcn_py_after_fork_parent();
        gcn_signals_release(&self->birth->arb->signals);
        if (between < 0) {
            tell(self, order->age, -1);
        } else {
            await_report(self, order, between);
        }
        return;
    }
    pid_t own = getpid();
    pid_t worker = fork();
    if (worker == 0) {
        gcn_py_after_fork_child();
        be_worker(self, order, own);
    }
    tell(self, order->age, worker);
    _exit(GCN_EXIT_OK);
}

static void obey(const struct preloader *self, const struct gcn_preloader_order *order)
{
    const struct gcn_generation *generation = self->birth->generation;

    switch (order->deed) {
    case GCN_PRELOADER_FORK:
        bear_worker(self, order);
        break;
    case GCN_PRELOADER_REOPEN:
        reopen_logs(generation->access);
        break;
    case GCN_PRELOADER_DETACH:
        gcn_worker_detach(generation->settings, generation->access);
        break;
    }
}

/* Threads that the app has started run while there are no orders. */
static bool wait_for_order(const struct preloader *self, struct gcn_preloader_order *order)
{
    ssize_t n;

    self->app->ops->leave(self->app);
    do {
        n = recv(self->birth->fd, order, sizeof(*order), 0);
    } while (n < 0 && errno == EINTR);
    self->app->ops->enter(self->app);
    return n == (ssize_t)sizeof(*order);
}

void gcn_preloader_run(void *context)
{
    struct preloader self = {.birth = context};
    struct gcn_arbiter *arb = self.birth->arb;
    struct gcn_preloader_order order;
    struct gcn_worker_start start;
    int code;

    gcn_py_after_fork_child();
    gcn_title_set("gcorn: preload [%s]", gcn_settings_proc_name(self.birth->generation->settings));
    gcn_preload_close_channels(arb);
    gcn_ownfd_close(arb->loop.epoll_fd);
    take_signals(&arb->signals);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != arb->pid) {
        _exit(GCN_EXIT_ERROR);
    }
    gcn_workers_fill_start(arb, self.birth->generation, NULL, &start);
    self.app = gcn_worker_preload(&start, &code);
    if (self.app == NULL) {
        exit(code);
    }
    tell(&self, 0, 0);
    while (wait_for_order(&self, &order)) {
        obey(&self, &order);
    }
    alarm(END_S); /* in case an atexit function hangs */
    gcn_py_stop();
    exit(GCN_EXIT_OK);
}
