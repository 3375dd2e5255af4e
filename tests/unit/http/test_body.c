/* SPDX-License-Identifier: MIT */
/*
 * Where bodies are kept: borrowed, in memory, in a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include <gcorn/base/log.h>
#include <gcorn/http/body.h>

#include "http_limits.h"

/* Process. */
static bool no_tmpfile;
static int n_opens;

/* In place of libc's: while no_tmpfile is set, a file system that does not know O_TMPFILE. */
int open(const char *path, int flags, ...);
int open(const char *path, int flags, ...)
{
    if (no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
        n_opens++;
        errno = EOPNOTSUPP;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

static struct gcn_http_limits small_limits(void)
{
    struct gcn_http_limits limits = default_limits();
    limits.body_memory_bytes = 64;
    limits.body_max_bytes = 100000;
    return limits;
}

static void append(struct gcn_body *body, const char *text, const struct gcn_http_limits *limits)
{
    assert_int_equal(gcn_body_append(body, gcn_slice_of(text), -1, limits), GCN_REFUSE_NOTHING);
}

static void assert_body(const struct gcn_body *body, const char *text)
{
    char out[4096];
    int64_t at = 0;
    ssize_t n;

    assert_int_equal(body->len, strlen(text));
    while ((n = gcn_body_read(body, at, out + at, 7)) > 0) {
        at += n;
    }
    assert_int_equal(n, 0);
    assert_int_equal(at, body->len);
    assert_memory_equal(out, text, (size_t)at);
}

static void borrowed_bytes_are_read_where_they_are(void **state)
{
    static const char text[] = "in the input buffer";
    struct gcn_body body;

    (void)state;
    gcn_body_init(&body);
    gcn_body_borrow(&body, GCN_SLICE("in the input buffer"));
    assert_body(&body, text);
    assert_int_equal(body.fd, -1);
    gcn_body_finish(&body);
}

static void append_after_borrow_keeps_the_first_part(void **state)
{
    struct gcn_http_limits limits = small_limits();
    struct gcn_body body;

    (void)state;
    gcn_body_init(&body);
    gcn_body_borrow(&body, GCN_SLICE("first "));
    append(&body, "second", &limits);
    assert_body(&body, "first second");
    assert_int_equal(body.fd, -1);
    gcn_body_finish(&body);
}

static void a_body_beyond_the_memory_bound_moves_to_a_file(void **state)
{
    struct gcn_http_limits limits = small_limits();
    char text[65] = "";
    struct gcn_body body;

    (void)state;
    memset(text, 'a', 64);
    gcn_body_init(&body);
    append(&body, text, &limits);
    assert_int_equal(body.fd, -1);
    append(&body, "b", &limits);
    assert_true(body.fd >= 0);
    assert_null(body.owned);
    append(&body, "c", &limits);
    assert_int_equal(body.len, 66);
    char out[66];
    assert_int_equal(gcn_body_read(&body, 0, out, sizeof(out)), 66);
    assert_memory_equal(out, text, 64);
    assert_memory_equal(out + 64, "bc", 2);
    gcn_body_finish(&body);
    assert_int_equal(body.fd, -1);
}

static void a_body_announced_as_large_goes_to_the_file_at_once(void **state)
{
    struct gcn_http_limits limits = small_limits();
    struct gcn_body body;

    (void)state;
    gcn_body_init(&body);
    assert_int_equal(gcn_body_append(&body, GCN_SLICE("x"), 65, &limits), 0);
    assert_true(body.fd >= 0);
    assert_body(&body, "x");
    gcn_body_finish(&body);
}

static void a_directory_without_o_tmpfile_is_tried_with_a_name(void **state)
{
    struct gcn_http_limits limits = small_limits();
    struct gcn_body body;

    (void)state;
    no_tmpfile = true;
    gcn_body_init(&body);
    assert_int_equal(gcn_body_append(&body, GCN_SLICE("x"), 1000, &limits), 0);
    no_tmpfile = false;
    assert_int_equal(n_opens, 1);
    assert_body(&body, "x");
    gcn_body_finish(&body);
}

static void the_limit_itself_fits_and_one_more_does_not(void **state)
{
    struct gcn_http_limits limits = small_limits();
    struct gcn_body body;

    (void)state;
    limits.body_max_bytes = 5;
    gcn_body_init(&body);
    append(&body, "12345", &limits);
    assert_int_equal(gcn_body_append(&body, GCN_SLICE("6"), -1, &limits), GCN_REFUSE_BODY_LARGE);
    assert_body(&body, "12345");
    gcn_body_finish(&body);
}

static int lines;

static void count_line(void *context, enum gcn_log_level level, const char *line, size_t len,
                       size_t offset)
{
    (void)context, (void)line, (void)len, (void)offset;
    lines += level == GCN_LOG_ERROR;
}

static void no_directory_is_a_refusal_with_one_log_line(void **state)
{
    struct gcn_http_limits limits = small_limits();
    struct gcn_body body;

    (void)state;
    lines = 0;
    limits.tmp_upload_dir = "/nonexistent/dir";
    gcn_log_set_writer(count_line, NULL);
    gcn_body_init(&body);
    assert_int_equal(gcn_body_append(&body, GCN_SLICE("x"), 65, &limits), GCN_REFUSE_BODY_STORE);
    gcn_log_set_writer(NULL, NULL);
    assert_int_equal(lines, 1);
    gcn_body_finish(&body);
}

static void a_full_disk_is_a_refusal_with_one_log_line(void **state)
{
    struct gcn_http_limits limits = small_limits();
    struct rlimit old, tight;
    struct gcn_body body;
    char text[4096];

    (void)state;
    lines = 0;
    memset(text, 'a', sizeof(text));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    tight = (struct rlimit){.rlim_cur = 8192, .rlim_max = old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &tight);
    gcn_log_set_writer(count_line, NULL);
    gcn_body_init(&body);
    struct gcn_slice part = {text, 3000};
    int refusals[5];
    for (int i = 0; i < 5; i++) {
        refusals[i] = (int)gcn_body_append(&body, part, -1, &limits);
    }
    gcn_log_set_writer(NULL, NULL);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(refusals[1], GCN_REFUSE_NOTHING);
    for (int i = 2; i < 5; i++) {
        assert_int_equal(refusals[i], GCN_REFUSE_BODY_STORE);
    }
    assert_int_equal(lines, 1);
    gcn_body_finish(&body);
}

static void reads_stop_at_the_end(void **state)
{
    struct gcn_body body;
    char out[8];

    (void)state;
    gcn_body_init(&body);
    assert_int_equal(gcn_body_read(&body, 0, out, sizeof(out)), 0);
    gcn_body_borrow(&body, GCN_SLICE("abc"));
    assert_int_equal(gcn_body_read(&body, 2, out, sizeof(out)), 1);
    assert_int_equal(gcn_body_read(&body, 3, out, sizeof(out)), 0);
    assert_int_equal(gcn_body_read(&body, 4, out, sizeof(out)), 0);
    gcn_body_finish(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(borrowed_bytes_are_read_where_they_are),
        cmocka_unit_test(append_after_borrow_keeps_the_first_part),
        cmocka_unit_test(a_body_beyond_the_memory_bound_moves_to_a_file),
        cmocka_unit_test(a_body_announced_as_large_goes_to_the_file_at_once),
        cmocka_unit_test(a_directory_without_o_tmpfile_is_tried_with_a_name),
        cmocka_unit_test(the_limit_itself_fits_and_one_more_does_not),
        cmocka_unit_test(no_directory_is_a_refusal_with_one_log_line),
        cmocka_unit_test(a_full_disk_is_a_refusal_with_one_log_line),
        cmocka_unit_test(reads_stop_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
