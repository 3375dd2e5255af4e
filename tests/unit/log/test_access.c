/* SPDX-License-Identifier: MIT */
/*
 * The access log from the record to the file: rules, gathering, writing, rescue.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <harness/check.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/log.h>
#include <gcorn/log/access.h>

struct fixture {
    char dir[64];
    char path[96];
    struct gcn_access *access;
    char notices[4096]; /* what the error log was told */
};

static void note(void *context, enum gcn_log_level level, const char *line, size_t len,
                 size_t message_offset)
{
    struct fixture *f = context;
    size_t used = strlen(f->notices);

    (void)level;
    if (used + len < sizeof(f->notices)) {
        memcpy(f->notices + used, line + message_offset, len - message_offset);
    }
}

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.dir = "/tmp/gcorn-log-XXXXXX"};
    if (mkdtemp(f.dir) == NULL) {
        return -1;
    }
    snprintf(f.path, sizeof(f.path), "%s/access.log", f.dir);
    gcn_log_set_writer(note, &f);
    signal(SIGXFSZ, SIG_IGN);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char old[128];

    gcn_access_close(f->access);
    gcn_log_set_writer(NULL, NULL);
    snprintf(old, sizeof(old), "%s.1", f->path);
    unlink(old);
    unlink(f->path);
    return rmdir(f->dir);
}

static struct gcn_access_options options_for(const struct fixture *f, const char *format)
{
    return (struct gcn_access_options){
        .accesslog = f->path, .format = format, .uid = (uid_t)-1, .gid = (gid_t)-1};
}

static void open_access(struct fixture *f, const struct gcn_access_options *options)
{
    struct gcn_error err = {{0}};

    f->access = gcn_access_open(options, &err);
    if (f->access == NULL) {
        fail_msg("%s", err.text);
    }
}

static void log_status(struct fixture *f, int status, int64_t duration_us)
{
    const struct gcn_access_record record = {
        .status = status, .duration_us = duration_us, .queue_us = -1};

    gcn_access_log(f->access, &record);
}

static const char *content(const char *path)
{
    static char text[1 << 20];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

    if (fd >= 0) {
        close(fd);
    }
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void lines_are_gathered_until_they_are_flushed(void **state)
{
    struct fixture *f = *state;
    struct gcn_access_options options = options_for(f, "%(s)s");

    open_access(f, &options);
    log_status(f, 200, 10);
    log_status(f, 404, 10);
    assert_string_equal(content(f->path), "");
    gcn_access_flush(f->access);
    assert_string_equal(content(f->path), "200\n404\n");
    gcn_access_flush(f->access);
    gcn_access_flush(NULL);
    assert_string_equal(content(f->path), "200\n404\n");
}

static void a_slow_request_takes_the_gathered_lines_with_it(void **state)
{
    struct fixture *f = *state;
    struct gcn_access_options options = options_for(f, "%(s)s");

    open_access(f, &options);
    log_status(f, 200, 10);
    log_status(f, 500, 10000);
    assert_string_equal(content(f->path), "200\n500\n");
}

static void log_at(struct fixture *f, int status, int64_t now_us)
{
    const struct gcn_access_record record = {.status = status, .queue_us = -1, .now_us = now_us};

    gcn_access_log(f->access, &record);
}

static void lines_are_written_a_hundred_times_a_second_at_most(void **state)
{
    struct fixture *f = *state;
    struct gcn_access_options options = options_for(f, "%(s)s");
    const int64_t start_us = 1000000;

    open_access(f, &options);
    assert_int_equal(gcn_access_due_ms(f->access, start_us), -1);
    log_at(f, 200, start_us);
    assert_int_equal(gcn_access_due_ms(f->access, start_us), 0);
    gcn_access_flush_due(f->access, start_us);
    assert_string_equal(content(f->path), "200\n"); /* the first for a while: at once */
    log_at(f, 201, start_us + 1000);
    log_at(f, 202, start_us + 2000);
    gcn_access_flush_due(f->access, start_us + 9999);
    assert_string_equal(content(f->path), "200\n");
    assert_int_equal(gcn_access_due_ms(f->access, start_us + 2500), 8);
    gcn_access_flush_due(f->access, start_us + 10000);
    assert_string_equal(content(f->path), "200\n201\n202\n");
    assert_int_equal(gcn_access_due_ms(f->access, start_us + 10000), -1);
    gcn_access_flush_due(NULL, start_us);
    assert_int_equal(gcn_access_due_ms(NULL, start_us), -1);
}

/* A worker that always finds more to do never comes to wait. */
static void lines_are_written_in_time_without_a_wait(void **state)
{
    struct fixture *f = *state;
    struct gcn_access_options options = options_for(f, "%(s)s");

    open_access(f, &options);
    log_at(f, 200, 1000000);
    log_at(f, 201, 1009999);
    assert_string_equal(content(f->path), "");
    log_at(f, 202, 1010000);
    assert_string_equal(content(f->path), "200\n201\n202\n");
}

static void closing_and_reopening_write_what_is_gathered(void **state)
{
    struct fixture *f = *state;
    struct gcn_access_options options = options_for(f, "%(s)s");
    char old[128];

    snprintf(old, sizeof(old), "%s.1", f->path);
    open_access(f, &options);
    log_status(f, 201, 10);
    rename(f->path, old);
    gcn_access_reopen(f->access);
    log_status(f, 202, 10);
    gcn_access_close(f->access);
    f->access = NULL;
    gcn_access_close(NULL);
    gcn_access_reopen(NULL);
    assert_string_equal(content(old), "201\n");
    assert_string_equal(content(f->path), "202\n");
}

static void more_lines_than_there_is_room_for_are_all_written(void **state)
{
    struct fixture *f = *state;
    struct gcn_access_options options = options_for(f, "%(s)0100d");
    size_t n = 0;

    open_access(f, &options);
    for (int i = 0; i < 2000; i++) {
        log_status(f, 200, 10);
    }
    gcn_access_flush(f->access);
    for (const char *at = content(f->path); (at = strchr(at, '\n')) != NULL; at++) {
        n++;
    }
    assert_int_equal(n, 2000);
    assert_int_equal(strlen(content(f->path)), 2000 * 101);
}

static struct gcn_slice find_huge(const void *context, enum gcn_access_table table,
                                  struct gcn_slice name)
{
    (void)table;
    (void)name;
    return *(const struct gcn_slice *)context;
}

static void a_line_of_any_length_is_whole(void **state)
{
    struct fixture *f = *state;
    struct gcn_access_options options = options_for(f, "%({x}i)s");
    static char bytes[100000];
    const struct gcn_slice huge = {bytes, sizeof(bytes)};
    const struct gcn_access_record record = {.status = 200, .find = find_huge, .context = &huge};

    memset(bytes, 1, sizeof(bytes)); /* four bytes each in the line */
    open_access(f, &options);
    gcn_access_log(f->access, &record);
    assert_int_equal(strlen(content(f->path)), 4 * sizeof(bytes) + 1);
}

static void the_rules_choose_what_is_logged(void **state)
{
    static const char *const errors[] = {"404", "5xx", "3XX"};
    static const struct {
        int64_t slow_us;
        size_t n_statuses;
        const char *lines;
    } cases[] = {
        {0, 0, "200 204 404 503 403 "}, {0, 3, "404 503 "}, {500, 0, "204 403 "},
        {500, 3, "204 404 503 403 "},   {0, 1, "404 "},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_access_options options = options_for(f, "%(s)s");
        options.slow_us = cases[i].slow_us;
        options.statuses = errors;
        options.n_statuses = cases[i].n_statuses;
        open_access(f, &options);
        log_status(f, 200, 499);
        log_status(f, 204, 500);
        log_status(f, 404, 0);
        log_status(f, 503, 499);
        log_status(f, 403, 600);
        gcn_access_close(f->access);
        f->access = NULL;
        char lines[64];
        snprintf(lines, sizeof(lines), "%s", content(f->path));
        for (char *at = lines; (at = strchr(at, '\n')) != NULL; at++) {
            *at = ' ';
        }
        assert_string_equal(lines, cases[i].lines);
        unlink(f->path);
    }
}

static void wrong_options_are_refused_with_their_setting(void **state)
{
    struct fixture *f = *state;
    static const char *const wrong[] = {"40", "4x", "xxx", "0xx", "40x", "x04", "4000", ""};
    struct gcn_access_options options = options_for(f, "%(s)s");

    for (size_t i = 0; i < GCN_COUNT(wrong); i++) {
        struct gcn_error err = {{0}};
        options.statuses = &wrong[i];
        options.n_statuses = 1;
        assert_null(gcn_access_open(&options, &err));
        assert_contains(err.text, "access_log_status: \"");
    }
    options.n_statuses = 0;
    options.format = "%(s";
    struct gcn_error err = {{0}};
    assert_null(gcn_access_open(&options, &err));
    assert_contains(err.text, "access_log_format: ");
    options.format = "";
    options.accesslog = "/nowhere/access.log";
    err = (struct gcn_error){{0}};
    assert_null(gcn_access_open(&options, &err));
    assert_contains(err.text, "accesslog: cannot open the log \"/nowhere/access.log\"");
}

static void the_names_that_a_format_takes_are_known(void **state)
{
    struct fixture *f = *state;
    struct gcn_access_options options = options_for(f, "%(f)s %({X}o)s %({a.b}e)s %({c}e)s %(h)s");
    struct gcn_slice names[1];

    open_access(f, &options);
    assert_true(gcn_access_wants(f->access, GCN_ACCESS_REQUEST));
    assert_true(gcn_access_wants(f->access, GCN_ACCESS_RESPONSE));
    assert_int_equal(gcn_access_names(f->access, GCN_ACCESS_ENVIRON, names, 1), 2);
    assert_slice(names[0], "a.b");
    gcn_access_close(f->access);
    options.format = "%(h)s";
    open_access(f, &options);
    assert_false(gcn_access_wants(f->access, GCN_ACCESS_REQUEST));
    assert_false(gcn_access_wants(f->access, GCN_ACCESS_RESPONSE));
    assert_false(gcn_access_wants(f->access, GCN_ACCESS_ENVIRON));
}

static void a_full_disk_is_told_once_with_its_path_and_so_is_its_end(void **state)
{
    struct fixture *f = *state;
    struct gcn_access_options options = options_for(f, "%(s)s");
    struct rlimit was, none = {0};

    open_access(f, &options);
    getrlimit(RLIMIT_FSIZE, &was);
    none.rlim_max = was.rlim_max;
    setrlimit(RLIMIT_FSIZE, &none);
    for (int i = 0; i < 3; i++) {
        log_status(f, 200, 10);
        log_status(f, 200, 10);
        gcn_access_flush(f->access);
    }
    setrlimit(RLIMIT_FSIZE, &was);
    log_status(f, 201, 10);
    gcn_access_flush(f->access);
    assert_string_equal(content(f->path), "201\n");
    char want[512];
    snprintf(want, sizeof(want),
             "cannot write to the access log \"%s\", and its lines are lost until it works: "
             "File too large\n6 lines of the access log \"%s\" were lost while it could not be "
             "written\n",
             f->path, f->path);
    assert_string_equal(f->notices, want);
}

static void what_a_killed_worker_has_gathered_is_written_by_its_parent(void **state)
{
    struct fixture *f = *state;
    struct gcn_access_options options = options_for(f, "%(s)s %(worker)s");
    struct gcn_error err = {{0}};
    char want[64];
    int status;

    open_access(f, &options);
    struct gcn_access_place *place = gcn_access_place_open(&err);
    assert_non_null(place);
    pid_t pid = fork();
    if (pid == 0) {
        gcn_access_attach(f->access, place);
        log_status(f, 200, 10);
        log_status(f, 201, 10);
        raise(SIGKILL);
    }
    waitpid(pid, &status, 0);
    assert_string_equal(content(f->path), "");
    gcn_access_rescue(f->access, NULL);
    gcn_access_rescue(f->access, place);
    gcn_access_rescue(f->access, place); /* nothing is written twice */
    gcn_access_place_close(place);
    snprintf(want, sizeof(want), "200 %d\n201 %d\n", (int)pid, (int)pid);
    assert_string_equal(content(f->path), want);
}

static void a_worker_that_left_in_order_leaves_nothing_to_rescue(void **state)
{
    struct fixture *f = *state;
    struct gcn_access_options options = options_for(f, "%(s)s");
    struct gcn_error err = {{0}};

    open_access(f, &options);
    struct gcn_access_place *place = gcn_access_place_open(&err);
    struct gcn_access_place *other = gcn_access_place_open(&err);
    pid_t pid = fork();
    if (pid == 0) {
        gcn_access_attach(f->access, place);
        log_status(f, 200, 10);
        gcn_access_close(f->access);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    gcn_access_rescue(f->access, place);
    gcn_access_rescue(NULL, other);
    gcn_access_place_close(place);
    gcn_access_place_close(other);
    gcn_access_place_close(NULL);
    assert_string_equal(content(f->path), "200\n");
}

static void without_a_file_nothing_is_written(void **state)
{
    struct fixture *f = *state;
    struct gcn_access_options options = options_for(f, "%(s)s");

    options.accesslog = NULL;
    open_access(f, &options);
    log_status(f, 200, 10);
    gcn_access_flush(f->access);
    assert_string_equal(f->notices, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_are_gathered_until_they_are_flushed),
        TEST(a_slow_request_takes_the_gathered_lines_with_it),
        TEST(lines_are_written_a_hundred_times_a_second_at_most),
        TEST(lines_are_written_in_time_without_a_wait),
        TEST(closing_and_reopening_write_what_is_gathered),
        TEST(more_lines_than_there_is_room_for_are_all_written),
        TEST(a_line_of_any_length_is_whole),
        TEST(the_rules_choose_what_is_logged),
        TEST(wrong_options_are_refused_with_their_setting),
        TEST(the_names_that_a_format_takes_are_known),
        TEST(a_full_disk_is_told_once_with_its_path_and_so_is_its_end),
        TEST(what_a_killed_worker_has_gathered_is_written_by_its_parent),
        TEST(a_worker_that_left_in_order_leaves_nothing_to_rescue),
        TEST(without_a_file_nothing_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
