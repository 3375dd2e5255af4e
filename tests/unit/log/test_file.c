/* SPDX-License-Identifier: MIT */
/*
 * The end of a log's lines, and everything that goes wrong there. Time is what the tests say it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <harness/check.h>

#include "file.h"

static const struct gcn_log_owner nobody = {(uid_t)-1, (gid_t)-1};

struct fixture {
    char dir[64];
    char path[96];
    struct gcn_log_file file;
    int64_t now_ms;
    int64_t lost;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.dir = "/tmp/gcorn-log-XXXXXX", .file.fd = -1, .now_ms = 5000};
    if (mkdtemp(f.dir) == NULL) {
        return -1;
    }
    snprintf(f.path, sizeof(f.path), "%s/a.log", f.dir);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char old[128];

    gcn_log_file_close(&f->file);
    snprintf(old, sizeof(old), "%s.1", f->path);
    unlink(old);
    unlink(f->path);
    rmdir(f->dir);
    return 0;
}

static void open_file(struct fixture *f)
{
    struct gcn_error err = {{0}};

    if (!gcn_log_file_open(&f->file, f->path, 2, nobody, &err)) {
        fail_msg("%s", err.text);
    }
}

/* The other end of a pipe that stands in for standard error (`stream_fd` of the log). */
static int open_pipe(struct fixture *f, int *stream_fd)
{
    struct gcn_error err = {{0}};
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    *stream_fd = fds[1];
    assert_true(gcn_log_file_open(&f->file, "-", fds[1], nobody, &err));
    return fds[0];
}

static enum gcn_log_outcome put_line(struct fixture *f, const char *line)
{
    return gcn_log_file_write(&f->file, line, strlen(line), f->now_ms, &f->lost);
}

static void assert_content(const char *path, const char *want)
{
    char text[4096] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    assert_true(n >= 0);
    text[n] = '\0';
    assert_string_equal(text, want);
}

static void lines_are_appended_to_what_is_there(void **state)
{
    struct fixture *f = *state;

    open_file(f);
    assert_int_equal(put_line(f, "one\n"), GCN_LOG_WRITTEN);
    gcn_log_file_close(&f->file);
    open_file(f);
    assert_int_equal(put_line(f, "two\nthree\n"), GCN_LOG_WRITTEN);
    assert_content(f->path, "one\ntwo\nthree\n");
    assert_true(fcntl(f->file.fd, F_GETFD) & FD_CLOEXEC);
}

static void a_relative_path_is_remembered_as_an_absolute_one(void **state)
{
    struct fixture *f = *state;
    struct gcn_error err = {{0}};
    char was[PATH_MAX];

    assert_non_null(getcwd(was, sizeof(was)));
    assert_int_equal(chdir(f->dir), 0);
    assert_true(gcn_log_file_open(&f->file, "a.log", 2, nobody, &err));
    assert_int_equal(chdir(was), 0);
    assert_string_equal(f->file.path, f->path);
    assert_true(gcn_log_file_reopen(&f->file));
    assert_int_equal(put_line(f, "here\n"), GCN_LOG_WRITTEN);
    assert_content(f->path, "here\n");
}

static void a_file_that_cannot_be_made_is_an_error_with_its_path(void **state)
{
    struct fixture *f = *state;
    struct gcn_error err = {{0}};

    assert_false(gcn_log_file_open(&f->file, "/nowhere/at/all.log", 2, nobody, &err));
    assert_string_equal(err.text,
                        "cannot open the log \"/nowhere/at/all.log\": No such file or directory");
    assert_int_equal(put_line(f, "to a closed log\n"), GCN_LOG_WRITTEN);
}

static void a_rename_and_a_reopening_lose_no_line(void **state)
{
    struct fixture *f = *state;
    char old[128];

    open_file(f);
    int fd = f->file.fd;
    snprintf(old, sizeof(old), "%s.1", f->path);
    assert_int_equal(put_line(f, "before\n"), GCN_LOG_WRITTEN);
    assert_int_equal(rename(f->path, old), 0);
    f->now_ms += 5000;
    assert_int_equal(put_line(f, "between\n"), GCN_LOG_WRITTEN);
    assert_true(gcn_log_file_reopen(&f->file));
    assert_int_equal(f->file.fd, fd);
    assert_int_equal(put_line(f, "after\n"), GCN_LOG_WRITTEN);
    assert_content(old, "before\nbetween\n");
    assert_content(f->path, "after\n");
}

static void a_reopening_that_fails_keeps_the_old_file(void **state)
{
    struct fixture *f = *state;
    char moved[80];

    open_file(f);
    snprintf(moved, sizeof(moved), "%s-moved", f->dir);
    assert_int_equal(rename(f->dir, moved), 0);
    assert_false(gcn_log_file_reopen(&f->file));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(put_line(f, "kept\n"), GCN_LOG_WRITTEN);
    assert_int_equal(rename(moved, f->dir), 0);
    assert_content(f->path, "kept\n");
}

static void a_removed_file_comes_back_within_a_second(void **state)
{
    struct fixture *f = *state;

    open_file(f);
    assert_int_equal(put_line(f, "one\n"), GCN_LOG_WRITTEN);
    assert_int_equal(unlink(f->path), 0);
    f->now_ms += 1000;
    assert_int_equal(put_line(f, "two\n"), GCN_LOG_WRITTEN);
    assert_content(f->path, "two\n");
    assert_int_equal(f->file.reopened, 1);
}

static void a_removed_directory_is_told_once_and_writing_resumes_with_it(void **state)
{
    struct fixture *f = *state;

    open_file(f);
    assert_int_equal(put_line(f, "one\n"), GCN_LOG_WRITTEN);
    unlink(f->path);
    assert_int_equal(rmdir(f->dir), 0);
    f->now_ms += 1000;
    assert_int_equal(put_line(f, "two\n"), GCN_LOG_FAILED);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(put_line(f, "three\nfour\n"), GCN_LOG_LOST);
    assert_int_equal(mkdir(f->dir, 0700), 0);
    assert_int_equal(put_line(f, "five\n"), GCN_LOG_LOST); /* not looked at again yet */
    f->now_ms += 1000;
    assert_int_equal(put_line(f, "six\n"), GCN_LOG_RESUMED);
    assert_int_equal(f->lost, 4);
    assert_int_equal(put_line(f, "seven\n"), GCN_LOG_WRITTEN);
    assert_content(f->path, "six\nseven\n");
}

static uid_t owner_of(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st.st_uid;
}

static void a_file_is_given_to_the_workers_user_but_never_through_a_link(void **state)
{
    const struct gcn_log_owner other = {12345, (gid_t)-1};
    struct fixture *f = *state;
    struct gcn_error err = {{0}};
    char target[128];

    if (geteuid() != 0) {
        skip();
    }
    assert_true(gcn_log_file_open(&f->file, f->path, 2, other, &err));
    assert_int_equal(owner_of(f->path), 12345);
    gcn_log_file_close(&f->file);
    unlink(f->path);
    snprintf(target, sizeof(target), "%s.1", f->path);
    close(open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_int_equal(symlink(target, f->path), 0);
    assert_true(gcn_log_file_open(&f->file, f->path, 2, other, &err));
    assert_int_equal(owner_of(target), 0);
    assert_int_equal(put_line(f, "through\n"), GCN_LOG_WRITTEN);
    assert_content(target, "through\n");
    gcn_log_file_close(&f->file);
    unlink(f->path);
    assert_int_equal(link(target, f->path), 0);
    assert_true(gcn_log_file_open(&f->file, f->path, 2, other, &err));
    assert_int_equal(owner_of(target), 0);
}

static void set_size_limit(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_tears_a_line_that_is_ended_before_the_next(void **state)
{
    struct fixture *f = *state;
    struct rlimit was;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    open_file(f);
    set_size_limit(10);
    enum gcn_log_outcome outcomes[] = {
        put_line(f, "12345\n"),
        put_line(f, "abcde\nx\n"), /* four bytes of it fit */
        put_line(f, "lost\n"),
    };
    int error = errno;
    set_size_limit(was.rlim_cur);
    assert_int_equal(outcomes[0], GCN_LOG_WRITTEN);
    assert_int_equal(outcomes[1], GCN_LOG_FAILED);
    assert_int_equal(outcomes[2], GCN_LOG_LOST);
    assert_int_equal(error, EFBIG);
    assert_int_equal(put_line(f, "good\n"), GCN_LOG_RESUMED);
    assert_int_equal(f->lost, 3);
    assert_content(f->path, "12345\nabcd\ngood\n");
}

static void a_device_that_is_always_full_is_told_once(void **state)
{
    struct fixture *f = *state;
    struct gcn_error err = {{0}};

    assert_true(gcn_log_file_open(&f->file, "/dev/full", 2, nobody, &err));
    assert_int_equal(put_line(f, "x\n"), GCN_LOG_FAILED);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(put_line(f, "x\n"), GCN_LOG_LOST);
}

static void a_pipe_without_a_reader_is_no_death(void **state)
{
    struct fixture *f = *state;
    int stream_fd;
    int reader = open_pipe(f, &stream_fd);

    assert_int_equal(put_line(f, "one\n"), GCN_LOG_WRITTEN);
    close(reader);
    assert_int_equal(put_line(f, "two\n"), GCN_LOG_FAILED);
    assert_int_equal(errno, EPIPE);
    assert_int_equal(put_line(f, "three\n"), GCN_LOG_LOST);
    close(stream_fd);
}

/* Fill the pipe; returns the lines that went in. */
static int fill(struct fixture *f, const char *line)
{
    int n = 0;
    while (put_line(f, line) == GCN_LOG_WRITTEN) {
        n++;
        assert_in_range(n, 0, 1000000);
    }
    return n;
}

static void check_a_stuck_reader(struct fixture *f, int reader)
{
    char line[1001];
    static char bytes[1 << 20];

    memset(line, 'x', 999);
    line[999] = '\n';
    line[1000] = '\0';
    int n = fill(f, line);
    assert_int_equal(errno, EAGAIN);
    assert_true(f->file.stuck);
    assert_int_equal(put_line(f, line), GCN_LOG_LOST);
    ssize_t got = read(reader, bytes, sizeof(bytes));
    assert_int_equal(got, n * 1000); /* whole lines only */
    assert_int_equal(put_line(f, line), GCN_LOG_RESUMED);
    assert_int_equal(f->lost, 2);
    assert_false(f->file.stuck);
}

static void a_stuck_reader_costs_lines_and_not_time(void **state)
{
    struct fixture *f = *state;
    int stream_fd;
    int reader = open_pipe(f, &stream_fd);

    assert_int_equal(f->file.kind, GCN_LOG_FILE_PIPE);
    check_a_stuck_reader(f, reader);
    assert_false(fcntl(stream_fd, F_GETFL) & O_NONBLOCK); /* what we share stays as it was */
    close(reader);
    close(stream_fd);
}

static void a_pipe_that_cannot_be_opened_again_is_asked_before_each_write(void **state)
{
    struct fixture *f = *state;
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    f->file.fd = fds[1];
    f->file.kind = GCN_LOG_FILE_BORROWED;
    check_a_stuck_reader(f, fds[0]);
    close(fds[0]);
    close(fds[1]);
}

static void many_lines_reach_a_pipe_in_pieces_of_whole_lines(void **state)
{
    struct fixture *f = *state;
    char lines[3 * PIPE_BUF];
    char bytes[sizeof(lines)];
    int fds[2];

    /* A pipe in packet mode keeps the pieces apart. */
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_DIRECT | O_NONBLOCK), 0);
    f->file.fd = fds[1];
    f->file.kind = GCN_LOG_FILE_PIPE;
    for (size_t i = 0; i < sizeof(lines); i++) {
        lines[i] = i % 100 == 99 || i + 1 == sizeof(lines) ? '\n' : 'x';
    }
    assert_int_equal(gcn_log_file_write(&f->file, lines, sizeof(lines), f->now_ms, &f->lost),
                     GCN_LOG_WRITTEN);
    size_t total = 0;
    while (total < sizeof(lines)) {
        ssize_t n = read(fds[0], bytes, sizeof(bytes));
        assert_in_range(n, 1, PIPE_BUF);
        assert_int_equal(bytes[n - 1], '\n');
        total += (size_t)n;
    }
    close(fds[0]);
    close(fds[1]);
}

static void a_socket_is_sent_to_without_waiting(void **state)
{
    struct fixture *f = *state;
    struct gcn_error err = {{0}};
    char line[1001];
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_true(gcn_log_file_open(&f->file, "-", fds[1], nobody, &err));
    assert_int_equal(f->file.kind, GCN_LOG_FILE_SOCKET);
    memset(line, 'x', 999);
    line[999] = '\n';
    line[1000] = '\0';
    assert_true(fill(f, line) > 0);
    close(fds[0]);
    assert_int_equal(put_line(f, "x\n"), GCN_LOG_LOST);
    close(fds[1]);
}

/* How many bytes there are to read, or 0 at the end: nobody has the other side any more. */
static ssize_t rest_of(int fd)
{
    char text[64];
    return read(fd, text, sizeof(text));
}

static void a_stream_that_is_let_go_has_an_end(void **state)
{
    struct fixture *f = *state;
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC), stream_fd;

    int reader = open_pipe(f, &stream_fd);
    close(stream_fd);
    assert_int_equal(put_line(f, "x\n"), GCN_LOG_WRITTEN);
    int fd = f->file.fd;
    gcn_log_file_detach(&f->file, null_fd);
    assert_int_equal(rest_of(reader), 2);
    assert_int_equal(rest_of(reader), 0);
    assert_int_equal(f->file.fd, fd);
    assert_true(gcn_log_file_reopen(&f->file));
    assert_int_equal(put_line(f, "x\n"), GCN_LOG_WRITTEN);
    close(reader);
    close(null_fd);
}

static void a_socket_that_is_let_go_may_be_replaced(void **state)
{
    struct fixture *f = *state;
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct gcn_error err = {{0}};
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_true(gcn_log_file_open(&f->file, "-", fds[1], nobody, &err));
    gcn_log_file_detach(&f->file, null_fd);
    dup2(null_fd, fds[1]); /* as gcn_daemon_detach_stdio does it */
    assert_int_equal(put_line(f, "x\n"), GCN_LOG_WRITTEN);
    assert_int_equal(rest_of(fds[0]), 0);
    close(fds[0]);
    close(fds[1]);
    close(null_fd);
}

static void a_file_is_not_let_go(void **state)
{
    struct fixture *f = *state;
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    open_file(f);
    gcn_log_file_detach(&f->file, null_fd);
    assert_int_equal(put_line(f, "x\n"), GCN_LOG_WRITTEN);
    assert_content(f->path, "x\n");
    close(null_fd);
}

static void a_fifo_without_a_reader_is_an_error_at_once(void **state)
{
    struct fixture *f = *state;
    struct gcn_error err = {{0}};

    assert_int_equal(mkfifo(f->path, 0600), 0);
    assert_false(gcn_log_file_open(&f->file, f->path, 2, nobody, &err));
    assert_contains(err.text, "No such device or address");
    int reader = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    open_file(f);
    assert_int_equal(f->file.kind, GCN_LOG_FILE_PIPE);
    assert_int_equal(put_line(f, "x\n"), GCN_LOG_WRITTEN);
    close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_are_appended_to_what_is_there),
        TEST(a_relative_path_is_remembered_as_an_absolute_one),
        TEST(a_file_that_cannot_be_made_is_an_error_with_its_path),
        TEST(a_rename_and_a_reopening_lose_no_line),
        TEST(a_reopening_that_fails_keeps_the_old_file),
        TEST(a_stream_that_is_let_go_has_an_end),
        TEST(a_socket_that_is_let_go_may_be_replaced),
        TEST(a_file_is_not_let_go),
        TEST(a_removed_file_comes_back_within_a_second),
        TEST(a_removed_directory_is_told_once_and_writing_resumes_with_it),
        TEST(a_file_is_given_to_the_workers_user_but_never_through_a_link),
        TEST(a_full_disk_tears_a_line_that_is_ended_before_the_next),
        TEST(a_device_that_is_always_full_is_told_once),
        TEST(a_pipe_without_a_reader_is_no_death),
        TEST(a_stuck_reader_costs_lines_and_not_time),
        TEST(a_pipe_that_cannot_be_opened_again_is_asked_before_each_write),
        TEST(many_lines_reach_a_pipe_in_pieces_of_whole_lines),
        TEST(a_socket_is_sent_to_without_waiting),
        TEST(a_fifo_without_a_reader_is_an_error_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
