/* SPDX-License-Identifier: MIT */
/*
 * The arbiter's side of preloading. What runs in the other process is in preloader.c.
 */
#include "preload.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>
#include <gcorn/base/ownfd.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/python/python.h>

#include "arbiter_private.h"
#include "birth.h"
#include "preloader.h"

enum {
    ABORT_GRACE_MS = 1000,
    LEAVE_GRACE_MS = 5000, /* for the atexit functions of the app */
};

static void on_message(struct gcn_watch *watch, uint32_t events)
{
    struct gcn_preloader *preloader = GCN_CONTAINER_OF(watch, struct gcn_preloader, watch);

    (void)events;
    gcn_preload_read(preloader->arb);
}

static void close_channel(struct gcn_arbiter *arb, struct gcn_preloader *preloader)
{
    if (preloader->fd >= 0) {
        gcn_loop_unwatch(&arb->loop, &preloader->watch, preloader->fd);
        gcn_ownfd_close(preloader->fd);
        preloader->fd = -1;
    }
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        gcn_ownfd_close(*fd);
        *fd = -1;
    }
}

void gcn_preload_close_channels(struct gcn_arbiter *arb)
{
    close_fd(&arb->good->preloader.fd);
    if (arb->trial != NULL) {
        close_fd(&arb->trial->preloader.fd);
    }
}

static bool start(struct gcn_arbiter *arb, struct gcn_generation *generation)
{
    struct gcn_preloader *preloader = &generation->preloader;
    struct gcn_preloader_birth birth = {.arb = arb, .generation = generation};
    int64_t timeout_ms = gcn_clock_span_ms(generation->settings->timeout);
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        gcn_error_errno("cannot make a channel to the preloading process");
        return false;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    birth.fd = ends[1];
    preloader->fd = ends[0];
    gcn_ownfd_add(ends[0]);
    gcn_ownfd_add(ends[1]);
    gcn_py_before_fork();
    preloader->pid = gcn_spawn(gcn_preloader_run, &birth);
    gcn_py_after_fork_parent();
    gcn_ownfd_close(ends[1]);
    preloader->arb = arb;
    preloader->watch = (struct gcn_watch){.fn = on_message};
    preloader->newest = arb->boards;
    preloader->ready = preloader->spared = preloader->aborted = preloader->barren = false;
    preloader->deadline_ms = timeout_ms == 0 ? 0 : gcn_clock_ms() + timeout_ms;
    if (preloader->pid < 0) {
        gcn_error_errno("cannot fork the preloading process (see ulimit -u, pids.max, and the "
                        "memory that is left)");
        preloader->pid = 0;
        close_channel(arb, preloader);
        return false;
    }
    if (!gcn_loop_watch(&arb->loop, &preloader->watch, preloader->fd, EPOLLIN)) {
        gcn_error_errno("cannot watch the preloading process");
    }
    return true;
}

/* End one that was not ready in time, or does not leave. */
static void enforce(struct gcn_arbiter *arb, struct gcn_preloader *preloader)
{
    if (preloader->pid == 0 || preloader->deadline_ms == 0 ||
        gcn_arbiter_now_ms(arb) < preloader->deadline_ms) {
        return;
    }
    if (preloader->ready || preloader->aborted) {
        kill(preloader->pid, SIGKILL);
        preloader->deadline_ms = 0;
        return;
    }
    if (!preloader->spared) {
        int64_t now_ms = gcn_arbiter_now_ms(arb);
        preloader->spared = true;
        preloader->deadline_ms =
            now_ms + gcn_policy_spare_ms(preloader->deadline_ms, now_ms,
                                         gcn_clock_span_ms(arb->good->settings->timeout));
        return;
    }
    gcn_critical("preloading the app takes longer than timeout allows; aborting process %d",
                 (int)preloader->pid);
    kill(preloader->pid, SIGABRT);
    preloader->aborted = true;
    preloader->deadline_ms = gcn_arbiter_now_ms(arb) + ABORT_GRACE_MS;
}

/* True if workers of the generation have to wait. */
static bool waits(const struct gcn_generation *generation)
{
    return generation->settings->preload_app &&
           (!generation->preloader.ready || generation->preloader.fd < 0);
}

/* One that is tried starts at once, whatever failed before it, and has one attempt. */
static void manage_trial(struct gcn_arbiter *arb)
{
    struct gcn_preloader *preloader = &arb->trial->preloader;

    enforce(arb, preloader);
    if (preloader->barren) {
        gcn_reload_fail(arb,
                        "the process that preloads the app could not fork the worker to try it");
    } else if (arb->trial->settings->preload_app && preloader->pid == 0 &&
               arb->stop == GCN_STOP_NOT && !start(arb, arb->trial)) {
        gcn_reload_fail(arb, "the process that preloads the app could not be started");
    }
}

static void manage_good(struct gcn_arbiter *arb)
{
    struct gcn_preloader *preloader = &arb->good->preloader;
    bool due = arb->stop == GCN_STOP_NOT && gcn_arbiter_now_ms(arb) >= arb->policy.boot_after_ms;

    enforce(arb, preloader);
    if (arb->good->settings->preload_app && preloader->pid == 0 && due && !start(arb, arb->good)) {
        gcn_workers_back_off(arb);
    }
}

void gcn_preload_manage(struct gcn_arbiter *arb)
{
    if (arb->trial != NULL) {
        manage_trial(arb);
    }
    manage_good(arb);
    arb->policy.trial_waits = arb->trial != NULL && waits(arb->trial);
    arb->policy.good_waits = waits(arb->good);
    if (arb->leaving.pid != 0) {
        enforce(arb, &arb->leaving);
    }
}

static int64_t next_ms(const struct gcn_arbiter *arb, const struct gcn_generation *generation)
{
    if (generation == NULL || !generation->settings->preload_app || arb->stop != GCN_STOP_NOT) {
        return INT64_MAX;
    }
    if (generation->preloader.pid == 0) { /* never of a trial: it has been started or given up */
        return arb->policy.boot_after_ms;
    }
    int64_t deadline_ms = generation->preloader.deadline_ms;
    return deadline_ms == 0 ? INT64_MAX : deadline_ms;
}

int64_t gcn_preload_next_ms(const struct gcn_arbiter *arb)
{
    int64_t good = next_ms(arb, arb->good), trial = next_ms(arb, arb->trial);
    int64_t leaving = arb->leaving.pid != 0 && arb->leaving.deadline_ms != 0
                          ? arb->leaving.deadline_ms
                          : INT64_MAX;
    int64_t next = good < trial ? good : trial;

    return leaving < next ? leaving : next;
}

bool gcn_preload_order(struct gcn_generation *generation, const struct gcn_child *child)
{
    const struct gcn_preloader_order order = {
        .deed = GCN_PRELOADER_FORK,
        .board = child->board,
        .slot = child->slot,
        .age = child->age,
    };

    gcn_birth_expect(child->slot, child->age);
    if (send(generation->preloader.fd, &order, sizeof(order), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        gcn_error_errno("the preloading process takes no orders");
        return false;
    }
    return true;
}

/* Something else than a birth, in all preloaders. `kept` is what one that takes no orders keeps. */
static void order_all(struct gcn_arbiter *arb, enum gcn_preloader_deed deed, const char *kept)
{
    const struct gcn_preloader_order order = {.deed = deed};
    const struct gcn_generation *generations[] = {arb->good, arb->trial};

    for (size_t i = 0; i < GCN_COUNT(generations); i++) {
        int fd = generations[i] == NULL ? -1 : generations[i]->preloader.fd;
        if (fd >= 0 && send(fd, &order, sizeof(order), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            gcn_warn_errno("the preloading process keeps %s", kept);
        }
    }
}

void gcn_preload_reopen(struct gcn_arbiter *arb)
{
    order_all(arb, GCN_PRELOADER_REOPEN, "the old files of the logs");
}

void gcn_preload_detach(struct gcn_arbiter *arb)
{
    order_all(arb, GCN_PRELOADER_DETACH, "the standard streams of whoever started the daemon");
}

static void note_pid(struct gcn_child *child, pid_t pid)
{
    child->pid = pid;
    if (child->state != GCN_CHILD_BOOTING) { /* it was unwanted before it was born, but may serve by now */
        kill(child->pid, child->state == GCN_CHILD_LEAVING ? SIGTERM : SIGKILL);
    }
}

/* Nobody will report the child's birth. True if it is not there; it leaves the table. */
static bool give_up_unborn(struct gcn_arbiter *arb, struct gcn_child *child)
{
    pid_t pid = gcn_birth_forbid(child->slot, child->age);

    if (pid != 0) {
        note_pid(child, pid);
        return false;
    }
    gcn_boards_give_back(arb, child);
    gcn_children_remove(&arb->children, child);
    return true;
}

/* A worker was born, or, with pid -1, probably was not. */
static void note_birth(struct gcn_arbiter *arb, const struct gcn_preloader_news *news)
{
    struct gcn_child *child = gcn_children_find_age(&arb->children, news->age);

    if (child == NULL || child->pid != 0) {
        return;
    }
    if (news->pid > 0) {
        note_pid(child, (pid_t)news->pid);
        return;
    }
    bool tried = arb->trial != NULL && child->generation == arb->trial->number;
    if (!give_up_unborn(arb, child)) {
        return;
    }
    gcn_error("the preloading process could not fork a worker");
    if (tried) { /* the reload ends with the next round: here its generation is still in use */
        arb->trial->preloader.barren = true;
    } else {
        gcn_workers_back_off(arb);
    }
}

static void read_news(struct gcn_arbiter *arb, struct gcn_preloader *preloader)
{
    struct gcn_preloader_news news;

    while (preloader->fd >= 0) {
        ssize_t n = recv(preloader->fd, &news, sizeof(news), MSG_DONTWAIT);
        if (n < 0) {
            return;
        }
        if (n != (ssize_t)sizeof(news)) { /* the end: its own will be reaped */
            gcn_loop_unwatch(&arb->loop, &preloader->watch, preloader->fd);
            return;
        }
        if (news.age != 0) {
            note_birth(arb, &news);
        } else {
            preloader->ready = true;
            preloader->deadline_ms = 0;
        }
    }
}

bool gcn_preload_is_born(struct gcn_child *child)
{
    pid_t pid = child->pid == 0 ? gcn_birth_pid(child->slot) : 0;

    if (pid != 0) {
        note_pid(child, pid);
    }
    return child->pid != 0;
}

void gcn_preload_read(struct gcn_arbiter *arb)
{
    if (arb->trial != NULL) {
        read_news(arb, &arb->trial->preloader);
    }
    read_news(arb, &arb->good->preloader);
    read_news(arb, &arb->leaving);
    for (size_t i = 0; i < arb->children.n; i++) {
        (void)gcn_preload_is_born(&arb->children.items[i]);
    }
}

/* Workers that were ordered and not born; those that are there, although nobody has told, stay. */
static void forget_unborn(struct gcn_arbiter *arb, uint64_t generation)
{
    for (size_t i = arb->children.n; i-- > 0;) {
        struct gcn_child *child = &arb->children.items[i];
        if (child->pid == 0 && child->generation == generation) {
            (void)give_up_unborn(arb, child);
        }
    }
}

/* The app could not be preloaded, or what was preloaded is gone. */
static void judge(struct gcn_arbiter *arb, bool tried, struct gcn_child_end end,
                  const struct gcn_preloader *preloader)
{
    char text[GCN_CHILD_END_BYTES], reason[GCN_CHILD_END_BYTES + 64];
    bool by_itself = end.kind != GCN_END_SIGNAL;

    gcn_child_end_print(end, text);
    if (arb->stop != GCN_STOP_NOT) {
        return;
    }
    if (tried) {
        snprintf(reason, sizeof(reason), "the process that preloads the app %s%s",
                 preloader->aborted ? "was not up within timeout and " : "", text);
        gcn_reload_fail(arb, reason);
        return;
    }
    gcn_error("the process that preloads the app %s", text);
    if (!arb->confirmed && by_itself && !preloader->ready) {
        /* As gunicorn, whose master loads the app: an app that leaves takes the server along. */
        gcn_stop_halt(arb, end.kind == GCN_END_BOOT ? GCN_EXIT_ERROR : end.code,
                      "the app could not be loaded");
        return;
    }
    gcn_announce_start(arb, GCN_EXIT_OK);
    gcn_workers_back_off(arb);
}

bool gcn_preload_ended(struct gcn_arbiter *arb, pid_t pid, struct gcn_child_end end)
{
    if (pid == arb->leaving.pid) {
        close_channel(arb, &arb->leaving);
        arb->leaving.pid = 0;
        return true;
    }
    bool tried = arb->trial != NULL && pid == arb->trial->preloader.pid;
    if (!tried && pid != arb->good->preloader.pid) {
        return false;
    }
    struct gcn_generation *generation = tried ? arb->trial : arb->good;
    struct gcn_preloader before = generation->preloader;
    generation->preloader.pid = 0;
    generation->preloader.ready = false;
    close_channel(arb, &generation->preloader);
    forget_unborn(arb, generation->number);
    judge(arb, tried, end, &before);
    return true;
}

void gcn_preload_drop(struct gcn_arbiter *arb, struct gcn_generation *generation)
{
    struct gcn_preloader *preloader = &generation->preloader;

    if (preloader->pid == 0) {
        return;
    }
    gcn_preload_read(arb);
    forget_unborn(arb, generation->number);
    close_channel(arb, preloader); /* at which it ends, if it has loaded the app */
    if (!preloader->ready) {
        kill(preloader->pid, SIGKILL);
    } else { /* an older one that still leaves is forgotten; it has an alarm of its own */
        arb->leaving = (struct gcn_preloader){
            .pid = preloader->pid,
            .fd = -1,
            .ready = true,
            .deadline_ms = gcn_clock_ms() + LEAVE_GRACE_MS,
        };
    }
    preloader->pid = 0;
}

void gcn_preload_hurry(struct gcn_arbiter *arb, int64_t grace_ms)
{
    int64_t by_ms = gcn_arbiter_now_ms(arb) + grace_ms;

    if (arb->leaving.deadline_ms > by_ms) {
        arb->leaving.deadline_ms = by_ms;
    }
}
