/* SPDX-License-Identifier: MIT */
/*
 * Shell words, paths and near misses: text in, text out.
 */
#include <harness/check.h>

#include <gcorn/base/compiler.h>

#include <path.h>
#include <suggest.h>
#include <words.h>

static void words_are_split_as_a_shell_would(void **state)
{
    static const struct {
        const char *text;
        const char *words[5];
    } cases[] = {
        {"", {NULL}},
        {" \t\n ", {NULL}},
        {"a", {"a"}},
        {"-b 0:80  -w 4", {"-b", "0:80", "-w", "4"}},
        {"--name 'my app'", {"--name", "my app"}},
        {"--name \"my app\"", {"--name", "my app"}},
        {"a'b c'd\"e f\"", {"ab cde f"}},
        {"''", {""}},
        {"x \"\" y", {"x", "", "y"}},
        {"'a\\b'", {"a\\b"}},
        {"\"a\\b\\\"\\\\\"", {"a\\b\"\\"}},
        {"a\\ b \\'", {"a b", "'"}},
        {"#no comment", {"#no", "comment"}},
        {"$HOME *", {"$HOME", "*"}},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_arena arena = {0};
        struct gcn_error err = {{0}};
        const char *const *words;
        size_t n, at = 0;
        assert_true(gcn_words_split(&arena, cases[i].text, &words, &n, &err));
        for (; cases[i].words[at] != NULL; at++) {
            assert_string_equal(words[at], cases[i].words[at]);
        }
        assert_null(words[at]);
        assert_int_equal(n, at);
        gcn_arena_finish(&arena);
    }
}

static void words_refuse_what_is_not_closed(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a 'b", "a ' is not closed"},
        {"a \"b", "a \" is not closed"},
        {"a \"b\\", "a \" is not closed"},
        {"a \"b\\\"", "a \" is not closed"},
        {"a\\", "nothing follows the last backslash"},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_arena arena = {0};
        struct gcn_error err = {{0}};
        const char *const *words;
        size_t n;
        assert_false(gcn_words_split(&arena, cases[i].text, &words, &n, &err));
        assert_string_equal(err.text, cases[i].message);
        gcn_arena_finish(&arena);
    }
}

static void paths_become_absolute_and_plain(void **state)
{
    static const struct {
        const char *base, *path, *expected;
    } cases[] = {
        {"/srv/app", "x", "/srv/app/x"},
        {"/srv/app", "/x", "/x"},
        {"/srv/app", "", "/srv/app"},
        {"/srv/app", ".", "/srv/app"},
        {"/srv/app", "..", "/srv"},
        {"/srv/app", "../..", "/"},
        {"/srv/app", "../../..", "/"},
        {"/srv/app", "./a//b/../c/", "/srv/app/a/c"},
        {"/", "a", "/a"},
        {"/", "", "/"},
        {"/srv/app", "/", "/"},
        {"/srv/app", "/..", "/"},
        {"/srv/app", "...", "/srv/app/..."},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_arena arena = {0};
        assert_string_equal(gcn_path_absolute(&arena, cases[i].base, gcn_slice_of(cases[i].path)),
                            cases[i].expected);
        gcn_arena_finish(&arena);
    }
}

static void the_nearest_word_is_suggested_if_it_is_near(void **state)
{
    static const char *const offers[] = {"workers", "worker_class", "timeout", "bind", "user", "pid",
                                         "chdir", "env"};
    static const struct {
        const char *word, *best;
    } cases[] = {
        {"worker", "workers"},
        {"wrokers", "workers"},
        {"WORKERS", "workers"},
        {"worker-clas", "worker_class"},
        {"timout", "timeout"},
        {"bnid", "bind"},
        {"usr", "user"},
        {"bnd", "bind"},
        {"evn", "env"},
        {"uid", ""},
        {"dir", ""},
        {"e", ""},
        {"banana", ""},
        {"", ""},
        {"x", ""},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_suggestion suggestion = gcn_suggest_start(gcn_slice_of(cases[i].word));
        for (size_t j = 0; j < GCN_COUNT(offers); j++) {
            gcn_suggest_offer(&suggestion, gcn_slice_of(offers[j]));
        }
        assert_slice(suggestion.best, cases[i].best);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_split_as_a_shell_would),
        cmocka_unit_test(words_refuse_what_is_not_closed),
        cmocka_unit_test(paths_become_absolute_and_plain),
        cmocka_unit_test(the_nearest_word_is_suggested_if_it_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
