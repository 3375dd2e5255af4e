/* SPDX-License-Identifier: MIT */
/*
 * Loads settings from words, variables and files that a test names.
 */
#ifndef GCORN_TESTS_CONFIG_LOADING_H
#define GCORN_TESTS_CONFIG_LOADING_H

#include <harness/check.h>

#include <stdlib.h>
#include <unistd.h>

#include <gcorn/base/mem.h>
#include <gcorn/config/load.h>

#include <kind.h>

#define WORDS(...) ((const char *const[]){"gcorn", __VA_ARGS__, NULL})
#define ENV(...)   ((const char *const[]){__VA_ARGS__, NULL})

/* One load and what came of it. */
struct loading {
    char dir[64]; /* a fresh directory, the start directory */
    struct gcn_load_request request;
    struct gcn_settings *settings;
    struct gcn_load_failure failure;
};

static inline void loading_init(struct loading *loading)
{
    memset(loading, 0, sizeof(*loading));
    strcpy(loading->dir, "/tmp/gcorn-config-XXXXXX");
    assert_non_null(mkdtemp(loading->dir));
    loading->request.start_dir = loading->dir;
}

static inline void loading_clear(struct loading *loading)
{
    gcn_settings_destroy(loading->settings);
    loading->settings = NULL;
    gcn_load_failure_finish(&loading->failure);
}

static inline void loading_path(const struct loading *loading, const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", loading->dir, name);
}

static inline void loading_write(const struct loading *loading, const char *name, const char *text)
{
    char path[256];

    loading_path(loading, name, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static inline void loading_remove(const struct loading *loading, const char *name)
{
    char path[256];

    loading_path(loading, name, path);
    unlink(path);
}

/* Ends the loading; the files must have been removed. */
static inline void loading_finish(struct loading *loading)
{
    loading_clear(loading);
    loading_remove(loading, "gcorn.yaml");
    assert_int_equal(rmdir(loading->dir), 0);
}

static inline bool loading_run(struct loading *loading, const char *const *argv)
{
    loading_clear(loading);
    loading->request.argv = argv;
    return gcn_settings_load(&loading->settings, &loading->request, &loading->failure);
}

/* Load, which must succeed. */
static inline const struct gcn_settings *load_ok(struct loading *loading, const char *const *argv)
{
    if (!loading_run(loading, argv)) {
        fail_msg("not loaded: %s", loading->failure.text.ptr);
    }
    return loading->settings;
}

/* Load, which must fail with this exit code and text. */
static inline void load_fails(struct loading *loading, const char *const *argv, int code,
                              const char *text)
{
    assert_false(loading_run(loading, argv));
    assert_string_equal(loading->failure.text.ptr, text);
    assert_int_equal(loading->failure.exit_code, code);
}

/* The setting as --print-config shows it, in a buffer that lives until the next call. */
static inline const char *shown(const struct gcn_settings *settings, enum gcn_setting_id id)
{
    static struct gcn_buf text;
    const struct gcn_setting *row = gcn_setting_get(id);

    gcn_buf_finish(&text);
    gcn_kind_print(row, (const char *)settings + row->offset, &text);
    return text.ptr;
}

/* gcorn.yaml alone, beside an app. */
static inline const struct gcn_settings *yaml_ok(struct loading *loading, const char *text)
{
    loading_write(loading, "gcorn.yaml", text);
    return load_ok(loading, WORDS("app"));
}

static inline void yaml_fails(struct loading *loading, const char *text, const char *message)
{
    loading_write(loading, "gcorn.yaml", text);
    load_fails(loading, WORDS("app"), 1, message);
}

/* One static loading for each test. */
static inline int loading_setup(void **state)
{
    static struct loading loading;

    loading_init(&loading);
    *state = &loading;
    return 0;
}

static inline int loading_teardown(void **state)
{
    loading_finish(*state);
    return 0;
}

#define loading_test(test) cmocka_unit_test_setup_teardown(test, loading_setup, loading_teardown)

#endif
