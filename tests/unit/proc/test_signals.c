/* SPDX-License-Identifier: MIT */
/*
 * Signals that wait to be read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcorn/base/compiler.h>
#include <gcorn/proc/signals.h>
#include <gcorn/proc/spawn.h>

static volatile sig_atomic_t caught;

static void note(int signum)
{
    caught = signum;
}

static void signals_are_read_not_delivered(void **state)
{
    struct gcn_signals signals;
    struct gcn_error err = {{0}};

    (void)state;
    signal(SIGCHLD, SIG_IGN); /* as a careless parent leaves it */
    assert_true(gcn_signals_open(&signals, &err));
    assert_int_equal(gcn_signals_read(&signals), 0);
    raise(SIGHUP);
    assert_int_equal(gcn_signals_read(&signals), SIGHUP);
    raise(SIGWINCH);
    assert_int_equal(gcn_signals_read(&signals), SIGWINCH);
    assert_int_equal(gcn_signals_read(&signals), 0);
    gcn_signals_close(&signals);
    assert_int_equal(sigprocmask(SIG_SETMASK, &signals.inherited, NULL), 0);
}

static void *read_until_closed(void *context)
{
    char byte;
    const int *fd = context;

    return read(*fd, &byte, 1) == 0 ? NULL : context;
}

/* As a config file starts one while it is read, before there is anything to read signals from. */
static void signals_that_threads_of_others_take_are_read_too(void **state)
{
    static const int signums[] = {SIGHUP, SIGTERM, SIGCHLD, SIGHUP};
    struct gcn_signals signals;
    struct gcn_error err = {{0}};
    struct sigaction now;
    pthread_t threads[2];
    void *failed;
    int pipe_fds[2];

    (void)state;
    assert_int_equal(pipe(pipe_fds), 0);
    for (size_t i = 0; i < GCN_COUNT(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_until_closed, &pipe_fds[0]), 0);
    }
    assert_true(gcn_signals_open(&signals, &err));
    for (size_t i = 0; i < GCN_COUNT(signums); i++) {
        struct pollfd fd = {.fd = signals.fd, .events = POLLIN};
        kill(getpid(), signums[i]);
        assert_int_equal(poll(&fd, 1, 10000), 1);
        assert_int_equal(gcn_signals_read(&signals), signums[i]);
        assert_int_equal(gcn_signals_read(&signals), 0);
    }
    close(pipe_fds[1]);
    for (size_t i = 0; i < GCN_COUNT(threads); i++) {
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    close(pipe_fds[0]);
    gcn_signals_release(&signals);
    sigaction(SIGHUP, NULL, &now);
    assert_true(now.sa_handler == SIG_DFL);
}

static void be_a_child(void *context)
{
    struct gcn_signals *signals = context;

    raise(SIGTERM); /* blocked: nothing happens yet */
    gcn_signal_catch(SIGTERM, note);
    gcn_signals_release(signals);
    _exit(caught == SIGTERM && signals->fd == -1 ? 0 : 1);
}

static void child_gets_what_arrived_before_its_handlers(void **state)
{
    struct gcn_signals signals;
    struct gcn_error err = {{0}};
    int status;

    (void)state;
    assert_true(gcn_signals_open(&signals, &err));
    pid_t pid = gcn_spawn(be_a_child, &signals);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(gcn_child_end_decode(status).kind, GCN_END_OK);
    assert_int_equal(gcn_signals_read(&signals), SIGCHLD);
    gcn_signals_release(&signals);
}

static void be_the_apps(void *context)
{
    struct sigaction now;
    sigset_t before;

    (void)context;
    gcn_signal_catch(SIGTERM, note);
    gcn_signal_catch(SIGUSR1, note);
    signal(SIGUSR1, SIG_IGN); /* as the app may wish */
    gcn_signals_pause(&before);
    gcn_signals_forget(&before);
    sigaction(SIGUSR1, NULL, &now);
    if (now.sa_handler != SIG_IGN) {
        _exit(1);
    }
    raise(SIGTERM); /* blocked and caught before */
    _exit(2);
}

static void a_process_of_the_app_has_default_actions_again(void **state)
{
    struct gcn_signals signals;
    struct gcn_error err = {{0}};
    int status;

    (void)state;
    assert_true(gcn_signals_open(&signals, &err));
    pid_t pid = gcn_spawn(be_the_apps, NULL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    gcn_signals_release(&signals);
}

static void signals_have_names(void **state)
{
    char out[GCN_SIGNAL_NAME_BYTES];

    (void)state;
    assert_string_equal(gcn_signal_name(SIGTERM, out), "SIGTERM");
    assert_string_equal(gcn_signal_name(SIGKILL, out), "SIGKILL");
    assert_string_equal(gcn_signal_name(63, out), "signal 63");
    assert_string_equal(gcn_signal_name(0, out), "signal 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_are_read_not_delivered),
        cmocka_unit_test(signals_that_threads_of_others_take_are_read_too),
        cmocka_unit_test(child_gets_what_arrived_before_its_handlers),
        cmocka_unit_test(a_process_of_the_app_has_default_actions_again),
        cmocka_unit_test(signals_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
