/* SPDX-License-Identifier: MIT */
/*
 * The front of the error log: levels, layout and escaping.
 */
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <unistd.h>

#include <harness/check.h>

#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>

/* What the writer was given last. */
struct sink {
    int calls;
    enum gcn_log_level level;
    char line[65536];
    size_t len;
    size_t offset;
};

static void keep(void *context, enum gcn_log_level level, const char *line, size_t len,
                 size_t message_offset)
{
    struct sink *sink = context;

    sink->calls++;
    sink->level = level;
    sink->len = len < sizeof(sink->line) ? len : sizeof(sink->line) - 1;
    memcpy(sink->line, line, sink->len);
    sink->line[sink->len] = '\0';
    sink->offset = message_offset;
    errno = EBADF; /* a writer may spoil errno */
}

static int set_up(void **state)
{
    static struct sink sink;

    sink = (struct sink){0};
    gcn_log_set_writer(keep, &sink);
    gcn_log_set_level(GCN_LOG_INFO);
    *state = &sink;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gcn_log_set_writer(NULL, NULL);
    return 0;
}

static const char *message(const struct sink *sink)
{
    return sink->line + sink->offset;
}

static void a_line_has_gunicorns_layout(void **state)
{
    struct sink *sink = *state;
    char pattern[200];
    regex_t regex;

    snprintf(pattern, sizeof(pattern),
             "^\\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}\\] "
             "\\[%d\\] \\[WARNING\\] three is 3\n$",
             (int)getpid());
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    gcn_warn("three is %d", 3);
    assert_int_equal(regexec(&regex, sink->line, 0, NULL, 0), 0);
    assert_string_equal(message(sink), "three is 3\n");
    regfree(&regex);
}

static int evaluated;

static int evaluate(void)
{
    return ++evaluated;
}

static void what_is_below_the_level_is_not_even_evaluated(void **state)
{
    struct sink *sink = *state;

    evaluated = 0;
    gcn_log_set_level(GCN_LOG_WARN);
    gcn_debug("%d", evaluate());
    gcn_info("%d", evaluate());
    assert_int_equal(evaluated, 0);
    gcn_warn("%d", evaluate());
    gcn_error("%d", evaluate());
    gcn_critical("%d", evaluate());
    assert_int_equal(evaluated, 3);
    assert_int_equal(sink->calls, 3);
    assert_int_equal(sink->level, GCN_LOG_CRITICAL);
    gcn_log_set_level(GCN_LOG_CRITICAL);
    gcn_warn_errno("dropped");
    gcn_error_errno("dropped");
    assert_int_equal(sink->calls, 3);
}

static void levels_have_pythons_names(void **state)
{
    static const struct {
        const char *text;
        enum gcn_log_level level;
        const char *name;
    } rows[] = {
        {"debug", GCN_LOG_DEBUG, "DEBUG"},          {"INFO", GCN_LOG_INFO, "INFO"},
        {"Warning", GCN_LOG_WARN, "WARNING"},       {"error", GCN_LOG_ERROR, "ERROR"},
        {"critical", GCN_LOG_CRITICAL, "CRITICAL"},
    };
    enum gcn_log_level level;

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        assert_true(gcn_log_level_parse(gcn_slice_of(rows[i].text), &level));
        assert_int_equal(level, rows[i].level);
        assert_string_equal(gcn_log_level_name(level), rows[i].name);
    }
    assert_false(gcn_log_level_parse(GCN_SLICE("warn"), &level));
    assert_false(gcn_log_level_parse(GCN_SLICE(""), &level));
    assert_false(gcn_log_level_parse(GCN_SLICE("info "), &level));
}

static void nothing_in_a_text_can_forge_a_line_or_move_a_terminal(void **state)
{
    static const struct {
        struct gcn_slice text;
        const char *line;
    } cases[] = {
        {GCN_SLICE("a\rb"), "a\\x0db\n"},
        {GCN_SLICE("a\0b"), "a\\x00b\n"},
        {GCN_SLICE("\x1b[31m"), "\\x1b[31m\n"},
        {GCN_SLICE("\x7f"), "\\x7f\n"},
        {GCN_SLICE("\xc2\x9b"), "\\xc2\\x9b\n"},
        {GCN_SLICE("\xff\xc3"), "\\xff\\xc3\n"},
        {GCN_SLICE("\xc3\xa9\xf0\x9f\x98\x80"), "\xc3\xa9\xf0\x9f\x98\x80\n"},
        {GCN_SLICE("a\tb"), "a\tb\n"},
        {GCN_SLICE("one\ntwo\n  three"), "one\ntwo\n  three\n"},
        {GCN_SLICE("x\n[2026-01-01] forged"), "x\n [2026-01-01] forged\n"},
        {GCN_SLICE("x\n\n[[\n"), "x\n\n [[\n"},
        {GCN_SLICE("[not forged] ["), "[not forged] [\n"},
        {GCN_SLICE("traceback\n\n"), "traceback\n"},
        {GCN_SLICE(""), "\n"},
        {GCN_SLICE("\n"), "\n"},
    };
    struct sink *sink = *state;

    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        gcn_log_text(GCN_LOG_ERROR, cases[i].text.ptr, cases[i].text.len);
        assert_string_equal(message(sink), cases[i].line);
    }
}

static void errno_is_printed_and_kept(void **state)
{
    struct sink *sink = *state;

    errno = ENOENT;
    gcn_warn_errno("cannot open %s", "x");
    assert_string_equal(message(sink), "cannot open x: No such file or directory\n");
    assert_int_equal(errno, ENOENT);
    gcn_error("plain");
    assert_int_equal(errno, ENOENT);
    gcn_log_text(GCN_LOG_ERROR, "text", 4);
    assert_int_equal(errno, ENOENT);
}

static void a_long_line_is_cut_at_a_character_with_an_ellipsis(void **state)
{
    struct sink *sink = *state;
    char text[6001];

    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 2 < sizeof(text); i += 2) {
            memcpy(text + i, "\xc3\xa9", 3);
        }
        gcn_error("%s", text);
        assert_true(sink->len < 4096);
        assert_null(strstr(sink->line, "\\x"));
        assert_string_equal(sink->line + sink->len - 4, "…\n");
    }
}

static void text_of_any_length_is_whole_and_one_write(void **state)
{
    struct sink *sink = *state;
    size_t len = 60000;
    char *text = gcn_alloc(len);

    memset(text, 'y', len);
    gcn_log_text(GCN_LOG_ERROR, text, len);
    assert_int_equal(sink->calls, 1);
    assert_int_equal(sink->len, sink->offset + len + 1);
    gcn_free(text);
}

static void a_text_that_must_grow_to_the_utmost_fits(void **state)
{
    struct sink *sink = *state;
    char text[3000];

    memset(text, 1, sizeof(text));
    gcn_log_text(GCN_LOG_ERROR, text, sizeof(text));
    assert_int_equal(sink->len, sink->offset + 4 * sizeof(text) + 1);
}

static void lines_of_a_thread_name_what_it_works_on(void **state)
{
    struct sink *sink = *state;
    char long_name[300];

    gcn_log_set_subject(GCN_SLICE("id-1"));
    gcn_error("broken");
    assert_contains(sink->line, "[ERROR] [id-1] broken\n");
    assert_string_equal(message(sink), "[id-1] broken\n");
    memset(long_name, 'x', sizeof(long_name));
    gcn_log_set_subject((struct gcn_slice){long_name, sizeof(long_name)});
    gcn_error("broken");
    assert_int_equal(strlen(message(sink)), 1 + 128 + 2 + strlen("broken\n"));
    gcn_log_set_subject((struct gcn_slice){NULL, 0});
    gcn_error("broken");
    assert_string_equal(message(sink), "broken\n");
}

static void without_a_writer_lines_go_to_standard_error(void **state)
{
    char line[200] = "";
    int fds[2];

    (void)state;
    gcn_log_set_writer(NULL, NULL);
    assert_int_equal(pipe(fds), 0);
    int saved = dup(STDERR_FILENO);
    dup2(fds[1], STDERR_FILENO);
    gcn_error("to %s", "stderr");
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_true(read(fds[0], line, sizeof(line) - 1) > 0);
    assert_contains(line, "[ERROR] to stderr\n");
    close(fds[0]);
    close(fds[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_has_gunicorns_layout),
        TEST(what_is_below_the_level_is_not_even_evaluated),
        TEST(levels_have_pythons_names),
        TEST(nothing_in_a_text_can_forge_a_line_or_move_a_terminal),
        TEST(errno_is_printed_and_kept),
        TEST(a_long_line_is_cut_at_a_character_with_an_ellipsis),
        TEST(text_of_any_length_is_whole_and_one_write),
        TEST(a_text_that_must_grow_to_the_utmost_fits),
        TEST(lines_of_a_thread_name_what_it_works_on),
        TEST(without_a_writer_lines_go_to_standard_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
