/* SPDX-License-Identifier: MIT */
/*
 * The event loop, over eventfds.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <harness/check.h>

#include <gcorn/net/loop.h>

enum { N = 4 };

/* What the tests share: N eventfds, each with a watch that counts and may act on the loop. */
struct fixture {
    struct gcn_loop loop;
    struct source {
        struct gcn_watch watch;
        struct fixture *all; /* borrowed */
        int fd;
        int calls;
        uint32_t events;
        bool yields;         /* when called: gcn_loop_yield */
        struct source *ends; /* when called: unwatch this one; or NULL */
    } sources[N];
};

static void on_event(struct gcn_watch *watch, uint32_t events)
{
    struct source *source = GCN_CONTAINER_OF(watch, struct source, watch);

    source->calls++;
    source->events = events;
    if (source->yields) {
        gcn_loop_yield(&source->all->loop);
    }
    if (source->ends != NULL) {
        gcn_loop_unwatch(&source->all->loop, &source->ends->watch, source->ends->fd);
    }
}

static int set_up(void **state)
{
    static struct fixture all;
    struct gcn_error err = {{0}};

    all = (struct fixture){0};
    if (!gcn_loop_init(&all.loop, &err)) {
        return -1;
    }
    for (int i = 0; i < N; i++) {
        all.sources[i].all = &all;
        all.sources[i].watch.fn = on_event;
        all.sources[i].fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (!gcn_loop_watch(&all.loop, &all.sources[i].watch, all.sources[i].fd, EPOLLIN)) {
            return -1;
        }
    }
    *state = &all;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *all = *state;

    for (int i = 0; i < N; i++) {
        gcn_loop_unwatch(&all->loop, &all->sources[i].watch, all->sources[i].fd);
        close(all->sources[i].fd);
    }
    gcn_loop_finish(&all->loop);
    gcn_loop_finish(&all->loop);
    return 0;
}

static void make_ready(struct fixture *all, int first, int n)
{
    for (int i = first; i < first + n; i++) {
        assert_int_equal(eventfd_write(all->sources[i].fd, 1), 0);
    }
}

static int total_calls(const struct fixture *all)
{
    int total = 0;
    for (int i = 0; i < N; i++) {
        total += all->sources[i].calls;
    }
    return total;
}

static void nothing_ready_is_a_timeout(void **state)
{
    struct fixture *all = *state;

    assert_int_equal(gcn_loop_wait(&all->loop, 0), 0);
    gcn_loop_dispatch(&all->loop);
    assert_int_equal(total_calls(all), 0);
}

static void the_ready_are_called_once_a_batch_and_again_while_ready(void **state)
{
    struct fixture *all = *state;

    make_ready(all, 1, 2);
    for (int turn = 1; turn <= 2; turn++) {
        assert_int_equal(gcn_loop_wait(&all->loop, 0), 2);
        gcn_loop_dispatch(&all->loop);
        assert_int_equal(all->sources[1].calls, turn);
        assert_int_equal(all->sources[1].events, EPOLLIN);
    }
    assert_int_equal(total_calls(all), 4);
}

static void a_yield_keeps_the_rest_of_the_batch_for_the_next_dispatch(void **state)
{
    struct fixture *all = *state;

    for (int i = 0; i < N; i++) {
        all->sources[i].yields = true;
    }
    make_ready(all, 0, N);
    assert_int_equal(gcn_loop_wait(&all->loop, 0), N);
    for (int i = 1; i <= N; i++) {
        gcn_loop_dispatch(&all->loop);
        assert_int_equal(total_calls(all), i);
        assert_int_equal(gcn_loop_has_rest(&all->loop), i < N);
    }
}

static void waiting_with_a_rest_fetches_nothing_new(void **state)
{
    struct fixture *all = *state;

    for (int i = 0; i < N; i++) {
        all->sources[i].yields = true;
    }
    make_ready(all, 0, 2);
    assert_int_equal(gcn_loop_wait(&all->loop, 0), 2);
    gcn_loop_dispatch(&all->loop);
    make_ready(all, 2, 2);
    assert_int_equal(gcn_loop_wait(&all->loop, -1), 1);
    gcn_loop_dispatch(&all->loop);
    assert_int_equal(total_calls(all), 2);
    assert_int_equal(gcn_loop_wait(&all->loop, -1), 4);
}

static void an_event_already_fetched_is_forgotten_with_its_watch(void **state)
{
    struct fixture *all = *state;

    make_ready(all, 0, 2);
    all->sources[0].ends = &all->sources[1];
    all->sources[1].ends = &all->sources[0];
    assert_int_equal(gcn_loop_wait(&all->loop, 0), 2);
    gcn_loop_dispatch(&all->loop);
    assert_int_equal(total_calls(all), 1); /* whichever came first ended the other */
}

static void a_watch_may_end_itself(void **state)
{
    struct fixture *all = *state;

    make_ready(all, 0, 1);
    all->sources[0].ends = &all->sources[0];
    assert_int_equal(gcn_loop_wait(&all->loop, 0), 1);
    gcn_loop_dispatch(&all->loop);
    assert_false(all->sources[0].watch.registered);
    assert_int_equal(gcn_loop_wait(&all->loop, 0), 0);
}

static void interest_changes_take_effect_and_no_change_is_no_call(void **state)
{
    struct fixture *all = *state;
    struct source *source = &all->sources[0];

    assert_true(gcn_loop_watch(&all->loop, &source->watch, source->fd, EPOLLOUT));
    assert_int_equal(gcn_loop_wait(&all->loop, 0), 1);
    gcn_loop_dispatch(&all->loop);
    assert_int_equal(source->events, EPOLLOUT);
    /* With the same interest a wrong descriptor is not even looked at. */
    assert_true(gcn_loop_watch(&all->loop, &source->watch, -1, EPOLLOUT));
    assert_true(gcn_loop_watch(&all->loop, &source->watch, source->fd, 0));
    assert_int_equal(gcn_loop_wait(&all->loop, 0), 0);
}

static void a_refused_registration_leaves_errno_and_the_watch_alone(void **state)
{
    struct fixture *all = *state;
    struct gcn_watch watch = {.fn = on_event};

    errno = 0;
    assert_false(gcn_loop_watch(&all->loop, &watch, -1, EPOLLIN));
    assert_int_equal(errno, EBADF);
    assert_false(watch.registered);
    gcn_loop_unwatch(&all->loop, &watch, -1);
}

static void the_clock_is_read_once_a_batch(void **state)
{
    struct fixture *all = *state;

    make_ready(all, 0, 1);
    all->loop.now_us = 0;
    assert_int_equal(gcn_loop_wait(&all->loop, 0), 1);
    assert_true(all->loop.now_us > 0);
    int64_t before = all->loop.now_us;
    assert_int_equal(gcn_loop_wait(&all->loop, 0), 1); /* the rest: no system call, no clock */
    assert_int_equal(all->loop.now_us, before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_ready_is_a_timeout),
        TEST(the_ready_are_called_once_a_batch_and_again_while_ready),
        TEST(a_yield_keeps_the_rest_of_the_batch_for_the_next_dispatch),
        TEST(waiting_with_a_rest_fetches_nothing_new),
        TEST(an_event_already_fetched_is_forgotten_with_its_watch),
        TEST(a_watch_may_end_itself),
        TEST(interest_changes_take_effect_and_no_change_is_no_call),
        TEST(a_refused_registration_leaves_errno_and_the_watch_alone),
        TEST(the_clock_is_read_once_a_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
