/* SPDX-License-Identifier: MIT */
/*
 * The interpreter: its settings, its threads, its forks, and how a call is ended from outside.
 */
#include "harness/check.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/compiler.h>
#include <gcorn/base/ownfd.h>
#include <gcorn/python/python.h>

#include "harness/pystage.h"

/* Process. A pipe through which a call says that it has begun. */
static int begun[2];

static int start(GCN_UNUSED void **state)
{
    if (pipe2(begun, O_CLOEXEC) < 0) {
        return -1;
    }
    return gcn_pystage_start(GCORN_TEST_APPS) < 0 ? -1 : gcn_pystage_load("environs");
}

static int stop(GCN_UNUSED void **state)
{
    return gcn_pystage_stop();
}

/* repr() of the Python expression. */
static const char *evaluate(const char *expression)
{
    char target[1024];

    snprintf(target, sizeof(target), "/evaluate?%s", expression);
    return gcn_pystage_body(gcn_pystage_play("GET", target, 1));
}

/* The same, for somebody who waits until it has begun. */
static const char *evaluate_aloud(const char *expression)
{
    char aloud[512];

    snprintf(aloud, sizeof(aloud), "__import__('os').write(%d,b'.')and+(%s)", begun[1], expression);
    return evaluate(aloud);
}

static void wait_until_it_has_begun(void)
{
    char byte;
    assert_int_equal(read(begun[0], &byte, 1), 1);
}

static void sys_is_as_in_a_program(GCN_UNUSED void **state)
{
    assert_string_equal(evaluate("__import__('sys').argv"), "['gcorn', '--flag', 'spec']");
    assert_string_equal(evaluate("__import__('sys').path[0]"), "'" GCORN_TEST_APPS "'");
    assert_string_equal(evaluate("__import__('subprocess').check_output([__import__('sys')."
                                 "executable,'-c','print(1)'])"),
                        "b'1\\n'");
    assert_string_equal(evaluate("__import__('signal').getsignal(15)"), "<Handlers.SIG_DFL: 0>");
    assert_string_equal(evaluate("__import__('signal').getsignal(13)"), "<Handlers.SIG_IGN: 1>");
}

static void sigint_does_to_the_process_what_it_did(GCN_UNUSED void **state)
{
    struct sigaction action;

    assert_int_equal(sigaction(SIGINT, NULL, &action), 0);
    assert_true(action.sa_handler == SIG_DFL);
}

static void interrupt(GCN_UNUSED int signum)
{
    gcn_py_interrupt(GCN_HOOK_WORKER_INT);
}

static void interrupt_another(GCN_UNUSED int signum)
{
    gcn_py_interrupt_call(GCN_HOOK_WORKER_INT, gcn_py_call_number() + 1);
}

static void *signal_soon(void *thread)
{
    wait_until_it_has_begun();
    usleep(50000); /* and sleeps or computes */
    pthread_kill(*(pthread_t *)thread, SIGUSR2);
    return NULL;
}

/* Play with a signal handler, which runs in the call. */
static const char *play_with(void (*handler)(int signum), const char *expression)
{
    struct sigaction action = {.sa_handler = handler};
    pthread_t thread, self = pthread_self();

    assert_int_equal(sigaction(SIGUSR2, &action, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, signal_soon, &self), 0);
    const char *reply = evaluate_aloud(expression);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return reply;
}

static const char *play_interrupted(const char *expression)
{
    return play_with(interrupt, expression);
}

static void a_call_that_is_not_meant_goes_on(GCN_UNUSED void **state)
{
    assert_string_equal(play_with(interrupt_another, "__import__('time').sleep(0.2)+or+7"), "7");
}

static void a_call_in_a_system_call_is_interrupted(GCN_UNUSED void **state)
{
    int64_t began_ms = gcn_clock_ms();

    assert_string_equal(play_interrupted("__import__('time').sleep(30)"),
                        "500 Internal Server Error\n");
    assert_in_range(gcn_clock_ms() - began_ms, 0, 10000);
    assert_contains(gcn_pystage_log(), "The server ended request GET /evaluate");
    assert_contains(gcn_pystage_log(), "SystemExit");
}

static void a_call_that_computes_is_interrupted(GCN_UNUSED void **state)
{
    assert_string_equal(play_interrupted("[0+for+x+in+iter(int,1)]"),
                        "500 Internal Server Error\n");
}

static void an_interrupt_between_calls_does_nothing(GCN_UNUSED void **state)
{
    gcn_py_interrupt(GCN_HOOK_WORKER_INT);
    assert_string_equal(evaluate("sum(range(1000))"), "499500");
    assert_string_equal(gcn_pystage_log(), "");
}

/* Time out the call with this ticket. */
static void *time_out(void *ticket)
{
    gcn_pystage.app->ops->time_out(gcn_pystage.app, *(uint64_t *)ticket);
    return NULL;
}

static void *time_out_what_has_begun(void *ticket)
{
    wait_until_it_has_begun();
    return time_out(ticket);
}

/* Wait for a thread that wants the interpreter. */
static void join(pthread_t thread)
{
    gcn_pystage.app->ops->leave(gcn_pystage.app);
    assert_int_equal(pthread_join(thread, NULL), 0);
    gcn_pystage.app->ops->enter(gcn_pystage.app);
}

/* Play a call with the ticket 7, in which the one with `ticket` is timed out. */
static const char *play_timed_out(uint64_t ticket, const char *expression)
{
    pthread_t thread;

    gcn_pystage.stage.ticket = 7;
    assert_int_equal(pthread_create(&thread, NULL, time_out_what_has_begun, &ticket), 0);
    const char *reply = evaluate_aloud(expression);
    join(thread);
    return reply;
}

static void a_call_is_timed_out_by_its_ticket(GCN_UNUSED void **state)
{
    assert_string_equal(play_timed_out(7, "[0+for+x+in+iter(int,1)]"), "500 Internal Server Error\n");
    assert_contains(gcn_pystage_log(), "TimeoutError");
}

static void a_time_out_that_comes_too_late_hits_no_other_call(GCN_UNUSED void **state)
{
    uint64_t ticket = 7;
    pthread_t thread;

    assert_string_equal(play_timed_out(6, "__import__('time').sleep(0.1)"), "None");
    assert_string_equal(evaluate("1"), "1");
    assert_int_equal(pthread_create(&thread, NULL, time_out, &ticket), 0); /* it has ended */
    join(thread);
    assert_string_equal(evaluate("sum(range(100000))"), "4999950000");
    assert_string_equal(gcn_pystage_log(), "");
}

static void *run_on_thread(void *answer)
{
    const struct gcn_app_ops *ops = gcn_pystage.app->ops;

    ops->thread_start(gcn_pystage.app);
    strcpy(answer, evaluate("__import__('threading').current_thread()+is+"
                            "__import__('threading').main_thread()"));
    ops->leave(gcn_pystage.app);
    ops->enter(gcn_pystage.app);
    strcat(answer, evaluate("1%2B1"));
    ops->leave(gcn_pystage.app);
    ops->thread_stop(gcn_pystage.app);
    return NULL;
}

static void further_threads_call_the_app(GCN_UNUSED void **state)
{
    char answer[256] = "";
    pthread_t thread;

    gcn_pystage.app->ops->leave(gcn_pystage.app);
    assert_int_equal(pthread_create(&thread, NULL, run_on_thread, answer), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    gcn_pystage.app->ops->enter(gcn_pystage.app);
    assert_string_equal(answer, "False2");
}

static void handlers_of_the_app_can_be_run_at_any_time(GCN_UNUSED void **state)
{
    struct pollfd fd = {.fd = gcn_py_signal_fd(), .events = POLLIN};

    evaluate("[__import__('signal').signal(s,f)for+s,f+in+((10,lambda*a:scratch.update(n=10)),"
             "(12,lambda*a:1/0),(14,lambda*a:exit(3)))]");
    assert_true(gcn_py_run_signal_handlers()); /* interruptions have left their mark */
    assert_int_equal(poll(&fd, 1, 0), 0);
    raise(10);
    assert_int_equal(poll(&fd, 1, 0), 1);
    gcn_pystage.app->ops->leave(gcn_pystage.app);
    assert_true(gcn_py_run_signal_handlers());
    gcn_pystage.app->ops->enter(gcn_pystage.app);
    assert_int_equal(poll(&fd, 1, 0), 0);
    assert_string_equal(evaluate("scratch['n']"), "10");
    raise(12);
    assert_true(gcn_py_run_signal_handlers());
    assert_contains(gcn_pystage_log(), "A signal handler of the app failed");
    assert_contains(gcn_pystage_log(), "ZeroDivisionError");
    raise(14);
    assert_false(gcn_py_run_signal_handlers());
}

static void forks_of_the_app_lose_our_descriptors_and_ours_keep_them(GCN_UNUSED void **state)
{
    char look[128];
    int ends[2], status;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    gcn_ownfd_add(ends[1]);
    gcn_py_before_fork();
    pid_t pid = fork();
    if (pid == 0) {
        gcn_py_after_fork_child();
        _exit(strcmp(evaluate("2%2B2"), "4") == 0 && fcntl(ends[1], F_GETFD) >= 0 ? 0 : 1);
    }
    gcn_py_after_fork_parent();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);

    snprintf(look, sizeof(look),
             "(lambda+os:os.waitpid(os.fork()or+os._exit(os.path.exists('/proc/self/fd/%d')),0)[1])"
             "(__import__('os'))",
             ends[1]);
    assert_string_equal(evaluate(look), "0");
    assert_true(fcntl(ends[1], F_GETFD) >= 0);
    gcn_ownfd_close(ends[1]);
    close(ends[0]);
}

static void stacks_are_written_to_standard_error(GCN_UNUSED void **state)
{
    int ends[2], saved = dup(STDERR_FILENO);
    char text[4096];

    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    gcn_py_dump_stacks(); /* leaves the signal's descriptor pointed at the pipe */
    evaluate("__import__('signal').raise_signal(__import__('signal').SIGRTMAX-1)");
    dup2(saved, STDERR_FILENO);
    ssize_t len = read(ends[0], text, sizeof(text) - 1);
    assert_true(len > 0);
    text[len] = '\0';
    assert_contains(text, "in evaluate");
    assert_contains(text, "no Python frame");
    close(saved);
    close(ends[0]);
    close(ends[1]);
}

static void the_socket_is_made_when_it_is_used(GCN_UNUSED void **state)
{
    int ends[2];
    char byte;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    gcn_pystage.stage.fd = ends[0];
    assert_string_equal(evaluate("environ['gunicorn.socket'].send(b'x')"), "1");
    assert_int_equal(read(ends[1], &byte, 1), 1);
    assert_string_equal(evaluate("scratch.update(s=environ['gunicorn.socket'])"), "None");
    evaluate("scratch['s'].fileno()");
    assert_contains(gcn_pystage_log(), "gunicorn.socket was used after its request had ended");
    close(ends[0]);
    assert_int_equal(read(ends[1], &byte, 1), 0); /* no duplicate is left open */
    close(ends[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, gcn_pystage_reset)
    const struct CMUnitTest tests[] = {
        TEST(sys_is_as_in_a_program),
        TEST(sigint_does_to_the_process_what_it_did),
        TEST(a_call_in_a_system_call_is_interrupted),
        TEST(a_call_that_is_not_meant_goes_on),
        TEST(a_call_that_computes_is_interrupted),
        TEST(an_interrupt_between_calls_does_nothing),
        TEST(a_call_is_timed_out_by_its_ticket),
        TEST(a_time_out_that_comes_too_late_hits_no_other_call),
        TEST(further_threads_call_the_app),
        TEST(handlers_of_the_app_can_be_run_at_any_time),
        TEST(forks_of_the_app_lose_our_descriptors_and_ours_keep_them),
        TEST(stacks_are_written_to_standard_error),
        TEST(the_socket_is_made_when_it_is_used),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
