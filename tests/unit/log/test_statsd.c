/* SPDX-License-Identifier: MIT */
/*
 * Metrics as a statsd daemon receives them.
 */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <harness/check.h>

#include <gcorn/base/compiler.h>
#include <gcorn/log/errorlog.h>
#include <gcorn/log/statsd.h>

struct fixture {
    int daemon;
    char host[32];
};

static int set_up(void **state)
{
    static struct fixture f;
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(addr);

    f.daemon = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(f.daemon, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
        getsockname(f.daemon, (struct sockaddr *)&addr, &len) < 0) {
        return -1;
    }
    snprintf(f.host, sizeof(f.host), "127.0.0.1:%d", ntohs(addr.sin_port));
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    gcn_statsd_close();
    close(f->daemon);
    return 0;
}

static void open_statsd(const char *host, const char *prefix, const char *tags)
{
    const struct gcn_statsd_options options = {host, prefix, tags};
    struct gcn_error err = {{0}};

    if (!gcn_statsd_open(&options, &err)) {
        fail_msg("%s", err.text);
    }
}

/* The next datagram, "" if there is none now. */
static const char *receive(const struct fixture *f)
{
    static char text[4096];
    ssize_t n = recv(f->daemon, text, sizeof(text) - 1, MSG_DONTWAIT);

    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void metrics_have_gunicorns_names_and_types(void **state)
{
    struct fixture *f = *state;

    open_statsd(f->host, "", "");
    gcn_statsd_send(GCN_METRIC_GAUGE, GCN_SLICE("gunicorn.workers"), 3);
    gcn_statsd_send(GCN_METRIC_HISTOGRAM, GCN_SLICE("gunicorn.backlog"), 0);
    gcn_statsd_send(GCN_METRIC_COUNTER, GCN_SLICE("mine"), 2);
    gcn_statsd_send(GCN_METRIC_TIMER, GCN_SLICE("mine.too"), 0.5);
    gcn_statsd_request(404, 1234567);
    assert_string_equal(receive(f), "");
    gcn_statsd_flush();
    assert_string_equal(receive(f),
                        "gunicorn.workers:3|g\ngunicorn.backlog:0|h\nmine:2|c|@1.0\n"
                        "mine.too:0.5|ms\ngunicorn.request.duration:1234.567|ms\n"
                        "gunicorn.requests:1|c|@1.0\ngunicorn.request.status.404:1|c|@1.0");
    gcn_statsd_flush();
    assert_string_equal(receive(f), "");
}

static void a_prefix_ends_in_one_dot_and_tags_follow(void **state)
{
    static const struct {
        const char *prefix, *tags, *line;
    } cases[] = {
        {"app", "", "app.x:1|g"},
        {"app.", "", "app.x:1|g"},
        {"app...", "a:b,c", "app.x:1|g|#a:b,c"},
        {"a", "", "a.x:1|g"},
        {"...", "", "x:1|g"},
        {"", "env:prod", "x:1|g|#env:prod"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        open_statsd(f->host, cases[i].prefix, cases[i].tags);
        gcn_statsd_send(GCN_METRIC_GAUGE, GCN_SLICE("x"), 1);
        gcn_statsd_flush();
        assert_string_equal(receive(f), cases[i].line);
    }
    open_statsd(f->host, "p", "t");
    gcn_statsd_request(200, 1);
    gcn_statsd_flush();
    assert_string_equal(receive(f), "p.gunicorn.request.duration:0.001|ms|#t\n"
                                    "p.gunicorn.requests:1|c|@1.0|#t\n"
                                    "p.gunicorn.request.status.200:1|c|@1.0|#t");
}

static void values_are_short_and_never_odd(void **state)
{
    static const struct {
        double value;
        const char *line; /* NULL: dropped */
    } cases[] = {
        {0, "x:0|g"},
        {-5, "x:-5|g"},
        {2.5, "x:2.5|g"},
        {1e6, "x:1000000|g"},
        {0.1234567, "x:0.123457|g"},
        {0.0 / 0.0, NULL},
        {1.0 / 0.0, NULL},
    };
    struct fixture *f = *state;

    open_statsd(f->host, "", "");
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        gcn_statsd_send(GCN_METRIC_GAUGE, GCN_SLICE("x"), cases[i].value);
        gcn_statsd_flush();
        assert_string_equal(receive(f), cases[i].line == NULL ? "" : cases[i].line);
    }
}

static void a_name_cannot_forge_a_line(void **state)
{
    static const struct gcn_slice names[] = {
        GCN_SLICE(""),    GCN_SLICE("a:1|g"), GCN_SLICE("a\nb"),     GCN_SLICE("a b"),
        GCN_SLICE("a#b"), GCN_SLICE("a@b"),   GCN_SLICE("\xc3\xa9"),
    };
    struct fixture *f = *state;

    open_statsd(f->host, "", "");
    for (size_t i = 0; i < GCN_COUNT(names); i++) {
        gcn_statsd_send(GCN_METRIC_GAUGE, names[i], 1);
    }
    gcn_statsd_flush();
    assert_string_equal(receive(f), "");
}

static void a_full_packet_goes_at_once_and_no_line_is_cut(void **state)
{
    struct fixture *f = *state;
    int lines = 0;

    open_statsd(f->host, "some.prefix", "env:prod,region:north");
    for (int i = 0; i < 100; i++) {
        gcn_statsd_request(200, i);
        gcn_statsd_send(GCN_METRIC_COUNTER, GCN_SLICE("x"), 1);
    }
    gcn_statsd_flush();
    for (const char *text = receive(f); text[0] != '\0'; text = receive(f)) {
        assert_true(strlen(text) <= 1432);
        for (const char *line = text; line != NULL;) {
            const char *end = strchr(line, '\n');
            assert_true(gcn_slice_has_prefix(gcn_slice_of(line), "some.prefix."));
            lines++;
            line = end == NULL ? NULL : end + 1;
        }
    }
    assert_int_equal(lines, 400);
}

static void lines_of_the_log_are_counted_whatever_its_level(void **state)
{
    struct fixture *f = *state;
    struct gcn_error err = {{0}};
    const struct gcn_log_options options = {
        .level = GCN_LOG_CRITICAL, .uid = (uid_t)-1, .gid = (gid_t)-1};

    open_statsd(f->host, "", "");
    assert_true(gcn_log_open(&options, &err));
    gcn_info("not counted");
    gcn_warn("one");
    gcn_error("two");
    gcn_log_text(GCN_LOG_EXCEPTION, "three", 5);
    gcn_critical("four");
    gcn_statsd_flush();
    gcn_log_close();
    assert_string_equal(receive(f),
                        "gunicorn.log.warning:1|c|@1.0\ngunicorn.log.error:1|c|@1.0\n"
                        "gunicorn.log.exception:1|c|@1.0\ngunicorn.log.critical:1|c|@1.0");
}

static void what_a_parent_has_gathered_is_not_sent_by_its_child(void **state)
{
    struct fixture *f = *state;

    open_statsd(f->host, "", "");
    gcn_statsd_send(GCN_METRIC_GAUGE, GCN_SLICE("parent"), 1);
    pid_t pid = fork();
    if (pid == 0) {
        gcn_statsd_send(GCN_METRIC_GAUGE, GCN_SLICE("child"), 1);
        gcn_statsd_flush();
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    assert_string_equal(receive(f), "child:1|g");
    gcn_statsd_flush();
    assert_string_equal(receive(f), "parent:1|g");
}

static void unix_sockets_are_reached_and_numbers_behind_unix_are_ports(void **state)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    char dir[] = "/tmp/gcorn-log-XXXXXX";
    char host[128], text[64];
    const struct gcn_statsd_options options = {"unix:8125", "", ""};
    struct gcn_error err = {{0}};

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/s", dir);
    int daemon = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(daemon, (struct sockaddr *)&addr, sizeof(addr)), 0);
    for (size_t i = 0; i < 2; i++) {
        if (i == 0) {
            snprintf(host, sizeof(host), "unix://%s", addr.sun_path);
        } else {
            snprintf(host, sizeof(host), "unix:%s", addr.sun_path);
        }
        open_statsd(host, "", "");
        gcn_statsd_send(GCN_METRIC_GAUGE, GCN_SLICE("x"), 1);
        gcn_statsd_flush();
        ssize_t n = recv(daemon, text, sizeof(text) - 1, MSG_DONTWAIT);
        assert_int_equal(n, 5);
    }
    gcn_statsd_close();
    close(daemon);
    unlink(addr.sun_path);
    rmdir(dir);
    assert_false(gcn_statsd_open(&options, &err)); /* a host called unix, which there is not */
    assert_contains(err.text, "statsd_host: cannot look up the host \"unix\"");
}

static void *send_many(void *context)
{
    atomic_int *sending = context;

    for (int i = 0; i < 2000; i++) {
        gcn_statsd_send(GCN_METRIC_COUNTER, GCN_SLICE("gunicorn.x"), 1);
        gcn_statsd_request(200, 1);
        gcn_statsd_flush();
    }
    atomic_fetch_sub(sending, 1);
    return NULL;
}

/* A reload opens statsd anew in the arbiter, where an app that is preloaded may have threads. */
static void threads_may_send_while_it_is_opened_anew(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[2];
    atomic_int sending = 2;
    bool odd = false;

    open_statsd(f->host, "first", "");
    for (size_t i = 0; i < GCN_COUNT(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, &sending), 0);
    }
    for (bool second = true; atomic_load(&sending) > 0; second = !second) {
        open_statsd(f->host, second ? "second" : "first", "");
        for (const char *text = receive(f); text[0] != '\0'; text = receive(f)) {
            odd = odd || (strncmp(text, "first.gunicorn.", 15) != 0 &&
                          strncmp(text, "second.gunicorn.", 16) != 0);
        }
    }
    for (size_t i = 0; i < GCN_COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
    }
    assert_false(odd);
}

static void without_statsd_nothing_is_gathered(void **state)
{
    struct fixture *f = *state;

    assert_false(gcn_statsd_is_open());
    gcn_statsd_send(GCN_METRIC_GAUGE, GCN_SLICE("x"), 1);
    gcn_statsd_request(200, 1);
    gcn_statsd_log(GCN_LOG_ERROR);
    gcn_statsd_flush();
    assert_string_equal(receive(f), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(metrics_have_gunicorns_names_and_types),
        TEST(a_prefix_ends_in_one_dot_and_tags_follow),
        TEST(values_are_short_and_never_odd),
        TEST(a_name_cannot_forge_a_line),
        TEST(a_full_packet_goes_at_once_and_no_line_is_cut),
        TEST(lines_of_the_log_are_counted_whatever_its_level),
        TEST(what_a_parent_has_gathered_is_not_sent_by_its_child),
        TEST(unix_sockets_are_reached_and_numbers_behind_unix_are_ports),
        TEST(threads_may_send_while_it_is_opened_anew),
        TEST(without_statsd_nothing_is_gathered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
