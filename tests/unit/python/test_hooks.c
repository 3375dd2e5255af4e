/* SPDX-License-Identifier: MIT */
/*
 * Server hooks: what each is called with, and what becomes of what it raises. The hooks are in
 * hooked.py, which is read as the config file that it is.
 */
#include "harness/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <gcorn/base/compiler.h>
#include <gcorn/config/load.h>
#include <gcorn/python/configfile.h>
#include <gcorn/python/hooks.h>
#include <gcorn/python/python.h>

#include "harness/pystage.h"

/* Process. */
static struct {
    struct gcn_settings *settings;
    struct gcn_py_hooks *hooks;
    struct gcn_listener listener;
} it;

static const struct gcn_hook_worker living[] = {{.age = 1, .pid = 101}, {.age = 2, .pid = 102}};

static const struct gcn_hook_server server = {
    .pid = 100,
    .master_pid = 98,
    .reexec_pid = 99,
    .num_workers = 2,
    .worker_age = 2,
    .proc_name = "name",
    .listeners = &it.listener,
    .n_listeners = 1,
    .workers = living,
    .n_workers = 2,
};

static int load(const char *config)
{
    static const char *const argv[] = {"gcorn", "--flag", "spec", NULL};
    static const char *const env[] = {NULL};
    const char *const args[] = {"gcorn", "-c", config, "-w", "2", "app:app", NULL};
    const struct gcn_load_request request = {.argv = args,
                                             .env = env,
                                             .start_dir = GCORN_TEST_APPS,
                                             .reader = gcn_py_config_reader(argv)};
    struct gcn_load_failure failure = {0};

    if (!gcn_settings_load(&it.settings, &request, &failure)) {
        fprintf(stderr, "%s\n", failure.text.ptr);
        gcn_load_failure_finish(&failure);
        return -1;
    }
    return 0;
}

static int start(GCN_UNUSED void **state)
{
    struct gcn_error err = {{0}};
    struct gcn_addr addr;

    if (gcn_pystage_start(GCORN_TEST_APPS) < 0 || load("hooked.py") < 0 ||
        gcn_pystage_load("environs") < 0 ||
        !gcn_addr_parse(GCN_SLICE("127.0.0.1:0"), &addr, &err) ||
        !gcn_listener_open(
            &it.listener, &addr,
            &(struct gcn_listener_options){.backlog = 1, .uid = (uid_t)-1, .gid = (gid_t)-1},
            &err)) {
        return -1;
    }
    it.hooks = gcn_py_hooks_create(it.settings, &err);
    if (it.hooks == NULL) {
        fprintf(stderr, "%s\n", err.text);
    }
    return it.hooks == NULL ? -1 : 0;
}

static int stop(GCN_UNUSED void **state)
{
    gcn_py_hooks_destroy(it.hooks);
    gcn_settings_destroy(it.settings);
    gcn_listener_close(&it.listener);
    return gcn_pystage_stop();
}

/* What the hooks have noted since the last time, a line each. */
static const char *called(void)
{
    return gcn_pystage_body(gcn_pystage_play(
        "GET",
        "/evaluate?(lambda+c:(type('R',(),{'__repr__':lambda+s,t='|'.join(c):t})(),c.clear())[0])"
        "(__import__('sys').modules['__config__'].calls)",
        1));
}

static bool call(enum gcn_hook hook, const struct gcn_hook_worker *worker, int *exit_code)
{
    struct gcn_hook_call what = {
        .server = &server, .worker = worker, .new_value = 3, .old_value = -1};
    bool ok = gcn_py_hook_call(it.hooks, hook, &what);

    if (exit_code != NULL) {
        *exit_code = what.exit_code;
    }
    return ok;
}

static void the_server_is_told_of_its_life(GCN_UNUSED void **state)
{
    char text[GCN_ADDR_TEXT_BYTES], ready[512];

    called();
    assert_true(call(GCN_HOOK_ON_STARTING, NULL, NULL));
    assert_contains(gcn_pystage_log(), "starting with 2 workers");
    assert_string_equal(called(), "on_starting 2 [101, 102] 2 100");
    assert_true(call(GCN_HOOK_WHEN_READY, NULL, NULL));
    gcn_listener_print(&it.listener, false, text);
    snprintf(ready, sizeof(ready), "when_ready kept %s [('127.0.0.1', 8000)]", text);
    assert_string_equal(called(), ready);
    assert_true(call(GCN_HOOK_NWORKERS_CHANGED, NULL, NULL));
    assert_true(call(GCN_HOOK_PRE_EXEC, NULL, NULL));
    assert_string_equal(called(), "nworkers_changed 3 None|pre_exec 98 99");
}

static void a_worker_is_the_same_object_from_fork_to_end(GCN_UNUSED void **state)
{
    struct gcn_hook_worker worker = {.age = 7};

    called();
    assert_true(call(GCN_HOOK_PRE_FORK, &worker, NULL));
    worker.pid = 107;
    assert_true(call(GCN_HOOK_POST_FORK, &worker, NULL));
    assert_true(call(GCN_HOOK_POST_WORKER_INIT, &worker, NULL));
    worker.requests = 5;
    assert_true(call(GCN_HOOK_WORKER_EXIT, &worker, NULL));
    assert_true(call(GCN_HOOK_CHILD_EXIT, &worker, NULL));
    assert_string_equal(called(), "pre_fork 7 [booting] <Worker [booting]>|post_fork 7 107 mine|"
                                  "post_worker_init <Worker 107> 30 15.0|worker_exit 5 mine|"
                                  "child_exit 7 [101, 102]");
}

static void a_hook_that_raises_is_logged(GCN_UNUSED void **state)
{
    int exit_code;

    assert_false(call(GCN_HOOK_ON_RELOAD, NULL, &exit_code));
    assert_int_equal(exit_code, -1);
    assert_contains(gcn_pystage_log(), "The hook on_reload failed\nTraceback");
    assert_contains(gcn_pystage_log(), "hooked.py");
    assert_contains(gcn_pystage_log(), "ValueError: in on_reload");
    assert_false(call(GCN_HOOK_ON_EXIT, NULL, &exit_code));
    assert_int_equal(exit_code, 9);
}

static void adopt(struct gcn_py_hooks *hooks)
{
    const struct gcn_hook_worker worker = {.age = 2, .pid = 102};

    gcn_py_hooks_adopt(hooks, &server, &worker);
}

static void requests_have_their_hooks(GCN_UNUSED void **state)
{
    called();
    adopt(it.hooks);
    gcn_pystage_play_text("GET /evaluate?1 HTTP/1.1\r\nHost: h\r\nX-A: b\r\n\r\n");
    adopt(NULL);
    assert_string_equal(
        called(),
        "pre_request 0 GET /evaluate?1 /evaluate 1 (1, 1) [('HOST', 'h'), ('X-A', 'b')] http "
        "('192.0.2.1', 4000) 1 False|post_request /evaluate /evaluate 200 OK 200 "
        "[('Content-Type', 'text/plain; charset=latin-1')] 1 1 True False False");
}

static void a_pre_request_that_raises_is_a_500(GCN_UNUSED void **state)
{
    called();
    adopt(it.hooks);
    assert_contains(gcn_pystage_play("GET", "/refuse", 1), "HTTP/1.1 500 ");
    assert_contains(gcn_pystage_log(), "ValueError: in pre_request");
    adopt(NULL);
    assert_contains(called(), "|post_request /refuse None None");
}

static void requests_see_the_worker_as_it_was_told_last(GCN_UNUSED void **state)
{
    const struct gcn_hook_worker worker = {.age = 2, .pid = 102, .booted = true, .requests = 40};

    called();
    adopt(it.hooks);
    gcn_py_hooks_look(&worker);
    assert_contains(gcn_pystage_play("GET", "/evaluate?1", 1), "HTTP/1.1 200 ");
    adopt(NULL);
    gcn_py_hooks_look(&worker); /* of no worker: nothing */
    assert_contains(called(), "pre_request 40 GET ");
}

static void a_pre_request_may_change_the_headers(GCN_UNUSED void **state)
{
    adopt(it.hooks);
    assert_string_equal(
        gcn_pystage_body(gcn_pystage_play(
            "GET", "/extra/evaluate?[environ['HTTP_X_EXTRA'],environ['HTTP_HOST']]", 1)),
        "['added', 'h']");
    adopt(NULL);
}

static void a_post_request_sees_the_headers_that_were_sent(GCN_UNUSED void **state)
{
    called();
    adopt(it.hooks);
    const char *reply = gcn_pystage_play(
        "GET",
        "/evaluate?scratch.update(headers=[('Server','s'),('Proxy-Connection','close'),"
        "('Upgrade','h2c'),('upgrade','WebSocket')])",
        1);
    assert_contains(reply, "upgrade: WebSocket\r\n");
    adopt(NULL);
    assert_contains(called(), "200 OK 200 [('Content-Type', 'text/plain; charset=latin-1'), "
                              "('upgrade', 'WebSocket')]");
}

static void a_post_request_that_raises_is_logged(GCN_UNUSED void **state)
{
    adopt(it.hooks);
    assert_string_equal(gcn_pystage_body(gcn_pystage_play("GET", "/post/evaluate?1", 1)), "1");
    assert_contains(gcn_pystage_log(), "The hook post_request failed\nTraceback");
    adopt(NULL);
}

static void interrupt(GCN_UNUSED int signum)
{
    gcn_py_interrupt(GCN_HOOK_WORKER_ABORT);
}

/* Through which a call says that it has begun. */
static int begun[2];

static void *signal_soon(void *thread)
{
    char byte;

    assert_int_equal(read(begun[0], &byte, 1), 1);
    usleep(50000); /* and sleeps */
    pthread_kill(*(pthread_t *)thread, SIGUSR2);
    return NULL;
}

static void worker_abort_sees_where_the_app_is(GCN_UNUSED void **state)
{
    struct sigaction action = {.sa_handler = interrupt};
    pthread_t thread, self = pthread_self();
    char target[128];

    called();
    adopt(it.hooks);
    assert_int_equal(pipe2(begun, O_CLOEXEC), 0);
    snprintf(target, sizeof(target),
             "/evaluate?__import__('os').write(%d,b'.')and+__import__('time').sleep(30)", begun[1]);
    assert_int_equal(sigaction(SIGUSR2, &action, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, signal_soon, &self), 0);
    assert_contains(gcn_pystage_play("GET", target, 1), "HTTP/1.1 500 ");
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(begun[0]);
    close(begun[1]);
    gcn_py_hooks_signalled(GCN_HOOK_WORKER_ABORT); /* it is called once */
    adopt(NULL);
    assert_contains(called(), "|worker_abort <module>|post_request");
}

static void what_is_not_set_is_not_called(GCN_UNUSED void **state)
{
    struct gcn_hook_call what = {.server = &server};

    assert_true(gcn_py_hook_call(NULL, GCN_HOOK_ON_STARTING, &what));
    assert_false(gcn_py_hooks_have(NULL, GCN_HOOK_ON_STARTING));
    assert_true(gcn_py_hooks_want(it.settings));
    assert_true(gcn_py_hooks_want_arbiter(it.settings));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, gcn_pystage_reset)
    const struct CMUnitTest tests[] = {
        TEST(the_server_is_told_of_its_life),
        TEST(a_worker_is_the_same_object_from_fork_to_end),
        TEST(a_hook_that_raises_is_logged),
        TEST(requests_have_their_hooks),
        TEST(a_pre_request_that_raises_is_a_500),
        TEST(requests_see_the_worker_as_it_was_told_last),
        TEST(a_pre_request_may_change_the_headers),
        TEST(a_post_request_sees_the_headers_that_were_sent),
        TEST(a_post_request_that_raises_is_logged),
        TEST(worker_abort_sees_where_the_app_is),
        TEST(what_is_not_set_is_not_called),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
