/* SPDX-License-Identifier: MIT */
/*
 * Sets of files and what has changed in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fileset.h"

static char dir[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/gcorn-fileset-XXXXXX");
    return mkdtemp(dir) == NULL;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command);
}

static const char *in_dir(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void put(const char *name, const char *text)
{
    int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* File times move in ticks: write until one has passed. */
static void change(struct gcn_file *file, const char *name)
{
    for (int i = 0; i < 100000; i++) {
        put(name, "changed");
        if (gcn_file_look(file)) {
            return;
        }
    }
    fail_msg("the change was not seen");
}

static void set_holds_each_path_once_and_in_order(void **state)
{
    static const struct {
        const char *path;
        bool added;
    } cases[] = {{"/c", true},  {"/a", true},  {"/b", true},
                 {"/a", false}, {"/ab", true}, {"/c", false}};
    struct gcn_fileset set = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(gcn_fileset_add(&set, cases[i].path), cases[i].added);
    }
    assert_int_equal(set.n, 4);
    for (size_t i = 1; i < set.n; i++) {
        assert_true(strcmp(set.items[i - 1].path, set.items[i].path) < 0);
    }
    assert_null(gcn_fileset_find(&set, "/d"));
    gcn_fileset_finish(&set);
}

static void change_appearance_and_end_of_a_file_are_seen_once(void **state)
{
    struct gcn_fileset set = {0};

    (void)state;
    gcn_fileset_add(&set, in_dir("x"));
    struct gcn_file *file = gcn_fileset_find(&set, in_dir("x"));
    assert_int_equal(file->changed_us, 0);
    assert_false(gcn_file_look(file));
    put("x", "1");
    assert_true(gcn_file_look(file));
    assert_false(gcn_file_look(file));
    change(file, "x");
    assert_false(gcn_file_look(file));
    unlink(in_dir("x"));
    assert_true(gcn_file_look(file));
    assert_int_equal(file->changed_us, 0);
    gcn_fileset_finish(&set);
}

static void files_that_come_later_can_be_seen_as_changed(void **state)
{
    struct gcn_fileset set = {.adds_changed = true};

    (void)state;
    put("x", "1");
    gcn_fileset_add_pattern(&set, in_dir("*"));
    struct gcn_file *file = gcn_fileset_find(&set, in_dir("x"));
    assert_true(gcn_file_look(file));
    assert_false(gcn_file_look(file));
    unlink(in_dir("x"));
    gcn_fileset_finish(&set);
}

static void patterns_name_files_that_exist(void **state)
{
    struct gcn_fileset set = {0};

    (void)state;
    put("a.html", "");
    put("b.html", "");
    put("c.txt", "");
    gcn_fileset_add_pattern(&set, in_dir("*.html"));
    assert_int_equal(set.n, 2);
    gcn_fileset_add_pattern(&set, in_dir("c.txt"));
    gcn_fileset_add_pattern(&set, in_dir("none*"));
    assert_int_equal(set.n, 3);
    gcn_fileset_finish(&set);
}

static void trees_are_searched_but_for_hidden_directories(void **state)
{
    struct gcn_fileset set = {0};

    (void)state;
    assert_int_equal(mkdir(in_dir("package"), 0700), 0);
    assert_int_equal(mkdir(in_dir(".venv"), 0700), 0);
    put("top.py", "");
    put("package/inner.py", "");
    put("package/page.html", "");
    put(".venv/hidden.py", "");
    assert_int_equal(symlink("..", in_dir("package/loop")), 0);
    gcn_fileset_add_tree(&set, dir, ".py");
    assert_int_equal(set.n, 2);
    assert_non_null(gcn_fileset_find(&set, in_dir("top.py")));
    assert_non_null(gcn_fileset_find(&set, in_dir("package/inner.py")));
    gcn_fileset_add_tree(&set, in_dir("nowhere"), ".py");
    assert_int_equal(set.n, 2);
    gcn_fileset_finish(&set);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(set_holds_each_path_once_and_in_order),
        TEST(change_appearance_and_end_of_a_file_are_seen_once),
        TEST(files_that_come_later_can_be_seen_as_changed),
        TEST(patterns_name_files_that_exist),
        TEST(trees_are_searched_but_for_hidden_directories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
