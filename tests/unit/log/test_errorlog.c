/* SPDX-License-Identifier: MIT */
/*
 * The error log's writer: opening, reopening, captured output, trouble. Each test has standard
 * output and error to itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <harness/check.h>

#include <gcorn/log/errorlog.h>

/* A forked child has no threads but its own; ThreadSanitizer takes its parent's for lost. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "report_thread_leaks=0";
}

struct fixture {
    char dir[64];
    char path[96];
    char stdio_path[96]; /* where 1 and 2 lead */
    int saved[2];
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.dir = "/tmp/gcorn-log-XXXXXX"};
    if (mkdtemp(f.dir) == NULL) {
        return -1;
    }
    snprintf(f.path, sizeof(f.path), "%s/error.log", f.dir);
    snprintf(f.stdio_path, sizeof(f.stdio_path), "%s/stdio", f.dir);
    int fd = open(f.stdio_path, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        f.saved[i] = dup(i + 1);
        dup2(fd, i + 1);
    }
    close(fd);
    *state = &f;
    return 0;
}

/* Give the test program its own output back, so that cmocka can speak. */
static void restore(struct fixture *f)
{
    gcn_log_close();
    fflush(stdout);
    for (int i = 0; i < 2 && f->saved[i] >= 0; i++) {
        dup2(f->saved[i], i + 1);
        close(f->saved[i]);
        f->saved[i] = -1;
    }
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];

    restore(f);
    snprintf(command, sizeof(command), "rm -r '%s'", f->dir);
    return system(command);
}

static struct gcn_log_options options_for(const char *errorlog)
{
    return (struct gcn_log_options){
        .errorlog = errorlog, .level = GCN_LOG_INFO, .uid = (uid_t)-1, .gid = (gid_t)-1};
}

static void open_log(const struct gcn_log_options *options)
{
    struct gcn_error err = {{0}};

    if (!gcn_log_open(options, &err)) {
        fail_msg("%s", err.text);
    }
}

/* The content of `path`, in a buffer that the next call uses again. */
static const char *content(const char *path)
{
    static char text[1 << 18];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

    if (fd >= 0) {
        close(fd);
    }
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void lines_go_to_standard_error_for_a_dash_and_nowhere_for_null(void **state)
{
    struct fixture *f = *state;
    struct gcn_log_options options = options_for("-");

    open_log(&options);
    gcn_info("one");
    options.errorlog = NULL;
    open_log(&options);
    gcn_info("two");
    restore(f);
    assert_contains(content(f->stdio_path), "[INFO] one\n");
    assert_null(strstr(content(f->stdio_path), "two"));
}

static void the_level_is_the_options(void **state)
{
    struct fixture *f = *state;
    struct gcn_log_options options = options_for(f->path);

    options.level = GCN_LOG_ERROR;
    open_log(&options);
    gcn_warn("one");
    gcn_error("two");
    restore(f);
    assert_null(strstr(content(f->path), "one"));
    assert_contains(content(f->path), "[ERROR] two\n");
}

/* What a tap was given last, and whether it takes lines. */
static struct {
    char text[64];
    bool takes;
} tapped;

static bool tap(enum gcn_log_level level, struct gcn_slice message)
{
    snprintf(tapped.text, sizeof(tapped.text), "%d %.*s", (int)level, (int)message.len,
             message.ptr);
    return tapped.takes;
}

static void a_tap_is_asked_before_the_file(void **state)
{
    struct fixture *f = *state;
    struct gcn_log_options options = options_for(f->path);

    open_log(&options);
    gcn_log_set_tap(tap);
    tapped.takes = true;
    gcn_warn("taken");
    assert_string_equal(tapped.text, "30 taken");
    tapped.takes = false;
    gcn_warn("left");
    assert_string_equal(tapped.text, "30 left");
    gcn_log_set_tap(NULL);
    gcn_warn("untold");
    assert_string_equal(tapped.text, "30 left");
    int fd = gcn_log_fd();
    assert_int_equal(write(fd, "raw\n", 4), 4);
    restore(f);
    assert_null(strstr(content(f->path), "taken"));
    assert_contains(content(f->path), "[WARNING] left\n");
    assert_contains(content(f->path), "[WARNING] untold\nraw\n");
    assert_int_equal(gcn_log_fd(), STDERR_FILENO);
}

static void an_error_names_setting_and_path_and_keeps_the_old_log(void **state)
{
    struct fixture *f = *state;
    struct gcn_log_options options = options_for(f->path);
    struct gcn_error err = {{0}};

    options.capture_output = true;
    open_log(&options);
    options.errorlog = "/nowhere/error.log";
    bool opened = gcn_log_open(&options, &err);
    gcn_error("still here");
    dprintf(STDOUT_FILENO, "still captured\n");
    restore(f);
    assert_false(opened);
    assert_string_equal(err.text, "errorlog: cannot open the log \"/nowhere/error.log\": "
                                  "No such file or directory");
    assert_contains(content(f->path), "still here\n");
    assert_contains(content(f->path), "still captured\n");
}

static void captured_output_follows_the_log_through_a_rotation(void **state)
{
    struct fixture *f = *state;
    struct gcn_log_options options = options_for(f->path);
    char old[128];

    snprintf(old, sizeof(old), "%s.1", f->path);
    options.capture_output = true;
    open_log(&options);
    dprintf(STDOUT_FILENO, "out one\n");
    dprintf(STDERR_FILENO, "err one\n");
    rename(f->path, old);
    gcn_error("between");
    gcn_log_reopen();
    dprintf(STDOUT_FILENO, "out two\n");
    dprintf(STDERR_FILENO, "err two\n");
    gcn_error("after");
    gcn_log_close();
    dprintf(STDOUT_FILENO, "released\n");
    restore(f);
    assert_contains(content(old), "out one\nerr one\n");
    assert_contains(content(old), "between\n");
    assert_contains(content(f->path), "out two\nerr two\n");
    assert_contains(content(f->path), "after\n");
    assert_string_equal(content(f->stdio_path), "released\n");
}

static void a_dash_is_not_captured(void **state)
{
    struct fixture *f = *state;
    struct gcn_log_options options = options_for("-");

    options.capture_output = true;
    open_log(&options);
    dprintf(STDOUT_FILENO, "plain\n");
    restore(f);
    assert_string_equal(content(f->stdio_path), "plain\n");
}

static void a_reload_may_end_the_capture(void **state)
{
    struct fixture *f = *state;
    struct gcn_log_options options = options_for(f->path);

    options.capture_output = true;
    open_log(&options);
    options = options_for("-");
    open_log(&options);
    gcn_error("to stderr");
    dprintf(STDOUT_FILENO, "to stdout\n");
    restore(f);
    assert_contains(content(f->stdio_path), "to stderr\nto stdout\n");
    assert_string_equal(content(f->path), "");
}

/* Then 1 and 2 lead to the log, and nothing but the log has those of old. */
static void what_a_capture_has_put_aside_is_let_go(void **state)
{
    struct fixture *f = *state;
    struct gcn_log_options options = options_for(f->path);
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    options.capture_output = true;
    open_log(&options);
    assert_true(gcn_log_is_capturing());
    gcn_log_detach(null_fd, true);
    gcn_error("captured");
    dprintf(STDERR_FILENO, "still captured\n");
    options = options_for("-");
    open_log(&options); /* a reload finds nothing of it */
    bool captures = gcn_log_is_capturing();
    gcn_error("lost");
    dprintf(STDOUT_FILENO, "lost\n");
    restore(f);
    close(null_fd);
    assert_false(captures);
    assert_contains(content(f->path), "captured\nstill captured\n");
    assert_string_equal(content(f->stdio_path), "");
}

static void a_failing_log_is_told_once_on_the_old_standard_error(void **state)
{
    struct fixture *f = *state;
    struct gcn_log_options options = options_for("/dev/full");

    options.capture_output = true;
    open_log(&options);
    gcn_error("one");
    gcn_error("two");
    restore(f);
    assert_string_equal(content(f->stdio_path),
                        "gcorn: cannot write to the error log \"/dev/full\": No space left on "
                        "device; lines are lost until it works\n");
}

static void a_log_that_works_again_says_what_was_lost(void **state)
{
    struct fixture *f = *state;
    struct gcn_log_options options = options_for(f->path);

    open_log(&options);
    unlink(f->path);
    mkdir(f->path, 0700); /* in the way of the file */
    gcn_error("one");
    gcn_error("two");
    rmdir(f->path);
    gcn_log_reopen();
    /* Found at the first write that looks for the file again: a second after the last look. */
    for (int i = 0; i < 300 && strstr(content(f->path), "were lost") == NULL; i++) {
        gcn_error("try");
        usleep(10000);
    }
    restore(f);
    assert_contains(content(f->path), "lines were lost while the error log could not be written");
    assert_contains(content(f->stdio_path), "cannot write to the error log");
}

static void a_reopening_that_fails_is_told_and_the_old_file_stays(void **state)
{
    struct fixture *f = *state;
    struct gcn_log_options options = options_for(f->path);
    char old[128];

    snprintf(old, sizeof(old), "%s.1", f->path);
    open_log(&options);
    rename(f->path, old);
    mkdir(f->path, 0700);
    gcn_log_reopen();
    restore(f);
    assert_contains(content(old), "again, so the old file stays in use: Is a directory\n");
}

static void *log_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < 500; i++) {
        gcn_error("from a thread");
    }
    return NULL;
}

static void a_child_of_a_process_with_logging_threads_can_log(void **state)
{
    struct fixture *f = *state;
    struct gcn_log_options options = options_for(f->path);
    pthread_t threads[3];
    int failed = 0;

    open_log(&options);
    for (int i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, log_many, NULL);
    }
    for (int i = 0; i < 20; i++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0) {
            alarm(10); /* a lock that was inherited would hold us for ever */
            gcn_error("from a child");
            _exit(0);
        }
        waitpid(pid, &status, 0);
        failed += status != 0;
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    restore(f);
    assert_int_equal(failed, 0);
    assert_contains(content(f->path), "from a child\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_go_to_standard_error_for_a_dash_and_nowhere_for_null),
        TEST(the_level_is_the_options),
        TEST(a_tap_is_asked_before_the_file),
        TEST(an_error_names_setting_and_path_and_keeps_the_old_log),
        TEST(captured_output_follows_the_log_through_a_rotation),
        TEST(a_dash_is_not_captured),
        TEST(a_reload_may_end_the_capture),
        TEST(what_a_capture_has_put_aside_is_let_go),
        TEST(a_failing_log_is_told_once_on_the_old_standard_error),
        TEST(a_log_that_works_again_says_what_was_lost),
        TEST(a_reopening_that_fails_is_told_and_the_old_file_stays),
        TEST(a_child_of_a_process_with_logging_threads_can_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
