/* SPDX-License-Identifier: MIT */
/*
 * The local time, also in the children of a process whose threads ask for it.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <harness/check.h>

#include <gcorn/base/clock.h>

/* A forked child has no threads but its own; ThreadSanitizer takes its parent's for lost. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "report_thread_leaks=0";
}

static void set_zone(const char *zone)
{
    assert_int_equal(setenv("TZ", zone, 1), 0);
    tzset();
}

static void the_local_time_is_that_of_the_zone(void **state)
{
    static const struct {
        const char *zone, *shown;
        int day, hour, minute;
    } rows[] = {
        {"UTC0", "+0000", 1, 0, 30},       {"EAST-5:30", "+0530", 1, 6, 0},
        {"WEST3:30", "-0330", 31, 21, 0},  {"FAR-14", "+1400", 1, 14, 30},
        {"NEAR0:30", "-0030", 1, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gcn_local_time local;
        set_zone(rows[i].zone);
        gcn_clock_local(1800, &local);
        assert_string_equal(local.zone, rows[i].shown);
        assert_int_equal(local.tm.tm_mday, rows[i].day);
        assert_int_equal(local.tm.tm_hour, rows[i].hour);
        assert_int_equal(local.tm.tm_min, rows[i].minute);
    }
}

static atomic_bool stopped;

static void *ask_until_stopped(void *unused)
{
    struct gcn_local_time local;

    while (!stopped) {
        gcn_clock_local(0, &local);
    }
    return unused;
}

static void a_child_of_a_process_whose_threads_ask_can_ask(void **state)
{
    pthread_t threads[3];
    int failed = 0;

    (void)state;
    gcn_clock_guard_forks();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask_until_stopped, NULL), 0);
    }
    for (int i = 0; i < 50 && failed == 0; i++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0) {
            struct gcn_local_time local;
            alarm(10); /* a lock that was inherited would hold us for ever */
            gcn_clock_local(0, &local);
            _exit(0);
        }
        waitpid(pid, &status, 0);
        failed += status != 0;
    }
    stopped = true;
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(failed, 0);
}

static void spans_can_be_added_to_any_time(void **state)
{
    (void)state;
    assert_int_equal(gcn_clock_span_ms(0), 0);
    assert_int_equal(gcn_clock_span_ms(30), 30000);
    assert_int_equal(gcn_clock_span_us(30), 30000000);
    assert_int_equal(gcn_clock_span_us(INT64_MAX), gcn_clock_span_us(9999999999));
    assert_true(gcn_clock_span_us(INT64_MAX) > gcn_clock_span_us(31536000));
    assert_true(gcn_clock_span_us(INT64_MAX) < INT64_MAX / 1000);
}

static void waits_fit_into_a_call(void **state)
{
    (void)state;
    assert_int_equal(gcn_clock_wait_ms(-1), 0);
    assert_int_equal(gcn_clock_wait_ms(0), 0);
    assert_int_equal(gcn_clock_wait_ms(1), 1);
    assert_int_equal(gcn_clock_wait_ms(1500), 2);
    for (int64_t seconds = 24 * 60 * 60; seconds < gcn_clock_span_ms(9999999999); seconds *= 2) {
        assert_int_equal(gcn_clock_wait_ms(gcn_clock_span_us(seconds)), 24 * 60 * 60 * 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_local_time_is_that_of_the_zone),
        cmocka_unit_test(spans_can_be_added_to_any_time),
        cmocka_unit_test(waits_fit_into_a_call),
        cmocka_unit_test(a_child_of_a_process_whose_threads_ask_can_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
