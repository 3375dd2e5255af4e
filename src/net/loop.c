/* SPDX-License-Identifier: MIT */
/*
 * epoll behind the loop's small interface.
 */
#include <gcorn/net/loop.h>

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/ownfd.h>

bool gcn_loop_init(struct gcn_loop *loop, struct gcn_error *err)
{
    loop->n_events = loop->next = 0;
    loop->yielded = false;
    loop->now_us = gcn_clock_us();
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0) {
        return gcn_error_set_errno(err, "cannot create an epoll descriptor");
    }
    gcn_ownfd_add(loop->epoll_fd);
    return true;
}

void gcn_loop_finish(struct gcn_loop *loop)
{
    if (loop->epoll_fd >= 0) {
        gcn_ownfd_close(loop->epoll_fd);
        loop->epoll_fd = -1;
    }
    loop->n_events = loop->next = 0;
}

bool gcn_loop_watch(struct gcn_loop *loop, struct gcn_watch *watch, int fd, uint32_t interest)
{
    if (watch->registered && watch->interest == interest) {
        return true;
    }
    struct epoll_event event = {.events = interest, .data.ptr = watch};
    int op = watch->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(loop->epoll_fd, op, fd, &event) < 0) {
        return false;
    }
    watch->registered = true;
    watch->interest = interest;
    return true;
}

void gcn_loop_unwatch(struct gcn_loop *loop, struct gcn_watch *watch, int fd)
{
    if (!watch->registered) {
        return;
    }
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    watch->registered = false;
    for (int i = loop->next; i < loop->n_events; i++) {
        if (loop->batch[i].watch == watch) {
            loop->batch[i].watch = NULL;
        }
    }
}

int gcn_loop_wait(struct gcn_loop *loop, int timeout_ms)
{
    struct epoll_event fetched[GCN_LOOP_BATCH];

    if (gcn_loop_has_rest(loop)) {
        return loop->n_events - loop->next;
    }
    int n = epoll_wait(loop->epoll_fd, fetched, GCN_LOOP_BATCH, timeout_ms);
    loop->n_events = n < 0 ? 0 : n;
    loop->next = 0;
    for (int i = 0; i < n; i++) {
        loop->batch[i].watch = fetched[i].data.ptr;
        loop->batch[i].events = fetched[i].events;
    }
    loop->now_us = gcn_clock_us();
    return loop->n_events;
}

void gcn_loop_dispatch(struct gcn_loop *loop)
{
    loop->yielded = false;
    while (loop->next < loop->n_events && !loop->yielded) {
        int i = loop->next++;
        struct gcn_watch *watch = loop->batch[i].watch;
        if (watch != NULL) {
            watch->fn(watch, loop->batch[i].events);
        }
    }
}
