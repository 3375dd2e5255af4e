/* SPDX-License-Identifier: MIT */
/*
 * Virtual environments: which are taken, and what is said of those that are not.
 */
#include "harness/check.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gcorn/base/compiler.h>

#include "venv.h"

static const struct gcn_venv_version ours = {3, 11};

/* Process. */
static char root[] = "/tmp/gcorn-test-venv-XXXXXX";

static int make_root(GCN_UNUSED void **state)
{
    return mkdtemp(root) == NULL ? -1 : 0;
}

static int remove_root(GCN_UNUSED void **state)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -r %s", root);
    return system(command);
}

/* An environment root/<name> with this pyvenv.cfg (or none), library directory and program. */
static const char *make_venv(const char *name, const char *cfg, const char *library,
                             const char *program)
{
    static char dir[PATH_MAX];
    char command[PATH_MAX * 4];

    snprintf(dir, sizeof(dir), "%s/%s", root, name);
    snprintf(command, sizeof(command), "mkdir -p %s/bin %s/lib/%s", dir, dir, library);
    assert_int_equal(system(command), 0);
    if (program != NULL) {
        snprintf(command, sizeof(command), "touch %s/bin/%s; chmod +x %s/bin/%s", dir, program, dir,
                 program);
        assert_int_equal(system(command), 0);
    }
    if (cfg != NULL) {
        snprintf(command, sizeof(command), "%s/pyvenv.cfg", dir);
        FILE *file = fopen(command, "we");
        assert_non_null(file);
        fputs(cfg, file);
        fclose(file);
    }
    return dir;
}

static const struct row {
    const char *cfg, *library, *program;
    const char *said; /* NULL: it is taken */
} rows[] = {
    {"home = /usr/bin\nversion = 3.11.2\n", "python3.11", "python3", NULL},
    {"version_info=3.11.9.final.0\n", "python3.11", "python", NULL},
    {"home = /usr/bin\nVERSION = 3.11\n", "", "python3", NULL},
    {"home = /usr/bin\n", "python3.11", "python3", NULL},
    {"", "python3.11", "python3", NULL},
    {NULL, "python3.11", "python3", "is not a virtual environment"},
    {"version = 3.12.1\n", "python3.12", "python3",
     "is for Python 3.12, but this gcorn runs Python 3.11"},
    {"version = 3.12.1\n", "python3.11", "python3", "-DPython3_EXECUTABLE=/path/to/python3.12"},
    {"version = 3.1.1\n", "python3.1", "python3", "python3.11 -m venv "},
    {"version = 2.7\n", "python2.7", "python3", "is for Python 2.7"},
    {"home = /usr/bin\n", "python3.9", "python3", "is for Python 3.9"},
    {"version = 3.11.2\n", "python3.11", NULL, "has no bin/python3"},
};

static void environments_are_judged(GCN_UNUSED void **state)
{
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        struct gcn_error err = {{0}};
        char name[16], program[PATH_MAX], expected[PATH_MAX + 16];
        snprintf(name, sizeof(name), "v%zu", i);
        const char *dir = make_venv(name, rows[i].cfg, rows[i].library, rows[i].program);
        bool taken = gcn_venv_check(dir, ours, program, &err);
        if (rows[i].said == NULL) {
            assert_string_equal(err.text, "");
            assert_true(taken);
            snprintf(expected, sizeof(expected), "%s/bin/%s", dir, rows[i].program);
            assert_string_equal(program, expected);
        } else {
            assert_false(taken);
            assert_contains(err.text, rows[i].said);
            assert_contains(err.text, dir);
        }
    }
}

static void assert_found(const char *program, const char *path, const char *expected)
{
    char dir[PATH_MAX] = "";

    setenv("PATH", path, 1);
    bool found = gcn_venv_find(program, dir);
    assert_int_equal(found, expected != NULL);
    assert_string_equal(dir, expected == NULL ? "" : expected);
}

static void environments_are_found(GCN_UNUSED void **state)
{
    char ours_dir[PATH_MAX], plain[PATH_MAX], program[PATH_MAX + 32], path[3 * PATH_MAX];

    snprintf(ours_dir, sizeof(ours_dir), "%s", make_venv("ours", "version = 3.11\n", "", "python3"));
    snprintf(plain, sizeof(plain), "%s", make_venv("plain", NULL, "", "python3"));
    snprintf(program, sizeof(program), "%s/bin/gcorn", ours_dir);
    assert_found(program, "", ours_dir);
    assert_found("gcorn", "", NULL);
    assert_found(program + 1, "", NULL);
    assert_found("/gcorn", "", NULL);
    snprintf(path, sizeof(path), "/no/such::%s/bin:%s/bin", ours_dir, plain);
    assert_found("gcorn", path, ours_dir);
    assert_found(NULL, path, ours_dir);
    snprintf(path, sizeof(path), "%s/bin/:/usr/bin", ours_dir);
    assert_found("/usr/bin/gcorn", path, ours_dir);
    snprintf(path, sizeof(path), "%s/bin:%s/bin", plain, ours_dir);
    assert_found("gcorn", path, NULL);
    unsetenv("PATH");
    assert_false(gcn_venv_find("gcorn", program));
    setenv("PATH", "/usr/bin:/bin", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(environments_are_judged),
        cmocka_unit_test(environments_are_found),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
