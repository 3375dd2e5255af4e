/* SPDX-License-Identifier: MIT */
/*
 * syslog lines as a daemon receives them.
 */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <regex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <harness/check.h>

#include <gcorn/base/compiler.h>
#include <gcorn/log/errorlog.h>
#include <gcorn/log/syslog.h>

struct fixture {
    char dir[64];
    char path[96];
    int daemon;
    struct gcn_syslog *syslog;
    char notices[4096];
};

static void note(void *context, enum gcn_log_level level, const char *line, size_t len,
                 size_t message_offset)
{
    struct fixture *f = context;
    size_t used = strlen(f->notices);

    (void)level;
    memcpy(f->notices + used, line + message_offset, len - message_offset);
}

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.dir = "/tmp/gcorn-log-XXXXXX", .daemon = -1};
    if (mkdtemp(f.dir) == NULL) {
        return -1;
    }
    snprintf(f.path, sizeof(f.path), "%s/log", f.dir);
    gcn_log_set_writer(note, &f);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    gcn_log_set_writer(NULL, NULL);
    gcn_syslog_close(f->syslog);
    if (f->daemon >= 0) {
        close(f->daemon);
    }
    unlink(f->path);
    return rmdir(f->dir);
}

static void start_unix_daemon(struct fixture *f, int type)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    memcpy(addr.sun_path, f->path, strlen(f->path));
    f->daemon = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->daemon, (struct sockaddr *)&addr, sizeof(addr)), 0);
    if (type == SOCK_STREAM) {
        assert_int_equal(listen(f->daemon, 5), 0);
    }
}

static void open_syslog(struct fixture *f, const char *address, const char *facility,
                        const char *prefix)
{
    const struct gcn_syslog_options options = {address, facility, prefix};
    struct gcn_error err = {{0}};

    f->syslog = gcn_syslog_open(&options, &err);
    if (f->syslog == NULL) {
        fail_msg("%s", err.text);
    }
}

/* The next message, with a NUL behind it; its length. */
static size_t receive(int fd, char *text, size_t cap)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    assert_int_equal(poll(&poll_fd, 1, 5000), 1);
    ssize_t n = recv(fd, text, cap - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    return (size_t)n;
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t regex;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, text, 0, NULL, 0) != 0) {
        fail_msg("\"%s\" does not match %s", text, pattern);
    }
    regfree(&regex);
}

#define STAMP "[A-Z][a-z]{2} [ 123][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9]"

static void a_line_on_a_unix_socket_has_the_c_librarys_layout(void **state)
{
    struct fixture *f = *state;
    char address[128], text[512];

    start_unix_daemon(f, SOCK_DGRAM);
    snprintf(address, sizeof(address), "unix://%s", f->path);
    open_syslog(f, address, "Local3", "apps.app");
    gcn_syslog_send(f->syslog, GCN_SYSLOG_ERROR, GCN_LOG_ERROR, GCN_SLICE("one\ntwo"));
    receive(f->daemon, text, sizeof(text));
    /* 19 * 8 + 3 */
    assert_matches(text, "^<155>" STAMP " gunicorn\\.apps\\.app\\.error: \\[[0-9]+\\] one\ntwo$");
    gcn_syslog_send(f->syslog, GCN_SYSLOG_ACCESS, GCN_LOG_INFO, GCN_SLICE("GET /"));
    receive(f->daemon, text, sizeof(text));
    assert_matches(text, "^<158>" STAMP " gunicorn\\.apps\\.app\\.access: \\[[0-9]+\\] GET /$");
}

static void a_line_over_udp_names_the_host(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(addr);
    char address[64], text[512];

    f->daemon = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->daemon, (struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(getsockname(f->daemon, (struct sockaddr *)&addr, &len), 0);
    snprintf(address, sizeof(address), "udp://127.0.0.1:%d", ntohs(addr.sin_port));
    open_syslog(f, address, "user", "x y:z[");
    gcn_syslog_send(f->syslog, GCN_SYSLOG_ERROR, GCN_LOG_CRITICAL, GCN_SLICE("text"));
    receive(f->daemon, text, sizeof(text));
    assert_matches(text, "^<10>" STAMP " [^ ]+ gunicorn\\.x_y_z_\\.error: \\[[0-9]+\\] text$");
}

static void on_a_stream_a_text_of_several_lines_is_one_message(void **state)
{
    struct fixture *f = *state;
    char address[128], text[512];

    start_unix_daemon(f, SOCK_STREAM);
    snprintf(address, sizeof(address), "unix://%s#stream", f->path);
    open_syslog(f, address, "daemon", "x");
    gcn_syslog_send(f->syslog, GCN_SYSLOG_ERROR, GCN_LOG_WARN, GCN_SLICE("one\ntwo"));
    int conn = accept(f->daemon, NULL, NULL);
    size_t len = receive(conn, text, sizeof(text));
    assert_matches(text, "^<28>.*\\] one#012two$");
    assert_int_equal(strlen(text), len - 1); /* the NUL that ends it */
    close(conn);
}

static void every_facility_and_severity_has_its_number(void **state)
{
    static const struct {
        const char *facility;
        enum gcn_log_level level;
        const char *head;
    } cases[] = {
        {"kern", GCN_LOG_DEBUG, "<7>"},     {"user", GCN_LOG_INFO, "<14>"},
        {"mail", GCN_LOG_WARN, "<20>"},     {"daemon", GCN_LOG_ERROR, "<27>"},
        {"auth", GCN_LOG_CRITICAL, "<34>"}, {"security", GCN_LOG_CRITICAL, "<34>"},
        {"syslog", GCN_LOG_INFO, "<46>"},   {"lpr", GCN_LOG_INFO, "<54>"},
        {"news", GCN_LOG_INFO, "<62>"},     {"uucp", GCN_LOG_INFO, "<70>"},
        {"cron", GCN_LOG_INFO, "<78>"},     {"authpriv", GCN_LOG_INFO, "<86>"},
        {"ftp", GCN_LOG_INFO, "<94>"},      {"local0", GCN_LOG_INFO, "<134>"},
        {"LOCAL7", GCN_LOG_INFO, "<190>"},
    };
    struct fixture *f = *state;
    char address[128], text[512];

    start_unix_daemon(f, SOCK_DGRAM);
    snprintf(address, sizeof(address), "unix://%s#dgram", f->path);
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        open_syslog(f, address, cases[i].facility, "x");
        gcn_syslog_send(f->syslog, GCN_SYSLOG_ERROR, cases[i].level, GCN_SLICE("."));
        receive(f->daemon, text, sizeof(text));
        assert_true(gcn_slice_has_prefix(gcn_slice_of(text), cases[i].head));
        gcn_syslog_close(f->syslog);
        f->syslog = NULL;
    }
}

static void wrong_options_are_refused_with_their_setting(void **state)
{
    static const struct {
        const char *address, *facility, *message;
    } cases[] = {
        {"udp://127.0.0.1", "local8", "syslog_facility: \"local8\": expected user, daemon"},
        {"127.0.0.1", "user", "syslog_addr: \"127.0.0.1\": expected udp://HOST:PORT, "},
        {"http://127.0.0.1", "user", "syslog_addr: "},
        {"udp://127.0.0.1:x", "user", "syslog_addr: \"127.0.0.1:x\": expected HOST, HOST:PORT"},
        {"unix://", "user", "syslog_addr: \"\": expected the path"},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        const struct gcn_syslog_options options = {cases[i].address, cases[i].facility, "x"};
        struct gcn_error err = {{0}};
        assert_null(gcn_syslog_open(&options, &err));
        assert_contains(err.text, cases[i].message);
    }
}

static void a_daemon_that_is_away_is_told_once(void **state)
{
    struct fixture *f = *state;
    char address[128];

    snprintf(address, sizeof(address), "unix://%s#dgram", f->path);
    open_syslog(f, address, "user", "x");
    for (int i = 0; i < 5; i++) {
        gcn_syslog_send(f->syslog, GCN_SYSLOG_ERROR, GCN_LOG_INFO, GCN_SLICE("text"));
    }
    char want[512];
    snprintf(want, sizeof(want),
             "cannot send to syslog at unix://%s, and lines are lost there until it works: "
             "No such file or directory\n",
             f->path);
    assert_string_equal(f->notices, want);
}

static void a_long_text_is_cut(void **state)
{
    struct fixture *f = *state;
    static char text[20000], got[20000];
    char address[128];

    memset(text, '\n', sizeof(text));
    start_unix_daemon(f, SOCK_DGRAM);
    snprintf(address, sizeof(address), "unix://%s", f->path);
    open_syslog(f, address, "user", "x");
    gcn_syslog_send(f->syslog, GCN_SYSLOG_ERROR, GCN_LOG_INFO,
                    (struct gcn_slice){text, sizeof(text)});
    assert_int_equal(receive(f->daemon, got, sizeof(got)), 8192);
}

static void the_error_log_goes_there_too(void **state)
{
    struct fixture *f = *state;
    char address[128], text[512];

    start_unix_daemon(f, SOCK_DGRAM);
    snprintf(address, sizeof(address), "unix://%s", f->path);
    const struct gcn_syslog_options syslog = {address, "user", "x"};
    const struct gcn_log_options options = {
        .level = GCN_LOG_INFO, .uid = (uid_t)-1, .gid = (gid_t)-1, .syslog = &syslog};
    struct gcn_error err = {{0}};
    assert_true(gcn_log_open(&options, &err));
    gcn_warn("number %d", 5);
    receive(f->daemon, text, sizeof(text));
    assert_matches(text, "^<12>.* gunicorn\\.x\\.error: \\[[0-9]+\\] number 5$");
    gcn_log_flush();
    gcn_log_close();
}

static void *log_many(void *context)
{
    atomic_int *logging = context;

    for (int i = 0; i < 1000; i++) {
        gcn_warn("number %d", i);
    }
    atomic_fetch_sub(logging, 1);
    return NULL;
}

/* A reload opens the log anew in the arbiter, where an app that is preloaded may have threads. */
static void threads_may_log_while_it_is_opened_anew(void **state)
{
    struct fixture *f = *state;
    char address[128], text[512];
    pthread_t threads[2];
    atomic_int logging = 2;

    start_unix_daemon(f, SOCK_DGRAM);
    snprintf(address, sizeof(address), "unix://%s", f->path);
    const struct gcn_syslog_options syslog = {address, "user", "x"};
    const struct gcn_log_options options = {
        .level = GCN_LOG_ERROR, .uid = (uid_t)-1, .gid = (gid_t)-1, .syslog = &syslog};
    const struct gcn_log_options louder = {
        .level = GCN_LOG_INFO, .uid = (uid_t)-1, .gid = (gid_t)-1, .syslog = &syslog};
    struct gcn_error err = {{0}};
    assert_true(gcn_log_open(&louder, &err));
    for (size_t i = 0; i < GCN_COUNT(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, &logging), 0);
    }
    for (bool loud = false; atomic_load(&logging) > 0; loud = !loud) {
        assert_true(gcn_log_open(loud ? &louder : &options, &err));
        while (recv(f->daemon, text, sizeof(text), MSG_DONTWAIT) > 0) {
        }
        gcn_log_flush();
        (void)gcn_log_is_waiting();
    }
    for (size_t i = 0; i < GCN_COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
    }
    gcn_log_close();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_on_a_unix_socket_has_the_c_librarys_layout),
        TEST(a_line_over_udp_names_the_host),
        TEST(on_a_stream_a_text_of_several_lines_is_one_message),
        TEST(every_facility_and_severity_has_its_number),
        TEST(wrong_options_are_refused_with_their_setting),
        TEST(a_daemon_that_is_away_is_told_once),
        TEST(a_long_text_is_cut),
        TEST(the_error_log_goes_there_too),
        TEST(threads_may_log_while_it_is_opened_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
