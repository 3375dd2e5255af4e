/* SPDX-License-Identifier: MIT */
/*
 * Config files.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gcorn/base/error.h>
#include <gcorn/proc/exitcode.h>

#include "path.h"
#include "spelling.h"
#include "suggest.h"
#include "yaml_load.h"

enum { MAX_FILE_BYTES = 1 << 20 };

/* A YAML file that is being applied. Lifetime: the call. */
struct yaml_file {
    struct gcn_draft *draft;
    const char *shown;
};

static struct gcn_place place_at(struct yaml_file *file, int line, int column)
{
    const char *text = line == 0
                           ? file->shown
                           : gcn_draft_format(file->draft, "%s:%d:%d", file->shown, line, column);
    return (struct gcn_place){GCN_LAYER_FILE, GCN_DIALECT_YAML, text};
}

static void report_yaml(void *context, int line, int column, const char *text)
{
    struct yaml_file *file = context;
    struct gcn_place place = place_at(file, line, column);

    gcn_draft_error(file->draft, GCN_EXIT_ERROR, &place, "%s", text);
}

/* The row whose name, or whose other name in YAML, is `key`. */
static const struct gcn_setting *find_row(struct gcn_slice key)
{
    const struct gcn_setting *row = gcn_setting_find(key);

    for (int id = 0; row == NULL && id < GCN_N_SETTINGS; id++) {
        const struct gcn_setting *candidate = gcn_setting_get((enum gcn_setting_id)id);
        if (candidate->alias != NULL && gcn_slice_equal(key, gcn_slice_of(candidate->alias))) {
            row = candidate;
        }
    }
    return row;
}

/* The setting whose flag is written so ("keep-alive", "log_file"), else the nearest name. */
static struct gcn_slice suggest_key(struct gcn_slice key)
{
    struct gcn_suggestion by_name = gcn_suggest_start(key), by_flag = gcn_suggest_start(key);
    const char *flag_owner = NULL;

    for (int id = 0; id < GCN_N_SETTINGS; id++) {
        const struct gcn_setting *row = gcn_setting_get((enum gcn_setting_id)id);
        struct gcn_slice flags = gcn_slice_of(row->flags), flag;
        size_t before = by_flag.distance;
        gcn_suggest_offer(&by_name, gcn_slice_of(row->name));
        while (gcn_flag_take(&flags, &flag)) {
            if (gcn_slice_skip(&flag, "--")) {
                gcn_suggest_offer(&by_flag, flag);
            }
        }
        flag_owner = by_flag.distance < before ? row->name : flag_owner;
    }
    return by_flag.distance < by_name.distance ? gcn_slice_of(flag_owner) : by_name.best;
}

static void report_unknown_key(struct yaml_file *file, const struct gcn_value *key)
{
    struct gcn_place place = place_at(file, key->line, key->column);
    struct gcn_slice near = suggest_key(key->text);
    struct gcn_buf shown = {0};

    gcn_text_show(key->text, &shown);
    if (near.len > 0) {
        gcn_draft_error(file->draft, GCN_EXIT_ERROR, &place,
                        "%s: there is no such setting; did you mean %.*s?", shown.ptr,
                        (int)near.len, near.ptr);
    } else {
        gcn_draft_error(file->draft, GCN_EXIT_ERROR, &place, "%s: there is no such setting",
                        shown.ptr);
    }
    gcn_buf_finish(&shown);
}

static void apply_pair(struct yaml_file *file, const struct gcn_value *key,
                       const struct gcn_value *value)
{
    if (key->type != GCN_VALUE_TEXT) {
        report_yaml(file, key->line, key->column, "expected the name of a setting");
        return;
    }
    const struct gcn_setting *row = find_row(key->text);
    if (row == NULL) {
        report_unknown_key(file, key);
        return;
    }
    struct gcn_place place = place_at(file, value->line, value->column);
    if (file->draft->settings->origins[row->id].layer == GCN_LAYER_FILE) {
        gcn_draft_error(file->draft, GCN_EXIT_ERROR, &place, "%s: is already set at %s", row->name,
                        file->draft->settings->origins[row->id].place);
        return;
    }
    if (row->id == GCN_SETTING_config) {
        gcn_draft_error(file->draft, GCN_EXIT_ERROR, &place,
                        "config: a config file cannot name another");
        return;
    }
    gcn_draft_set(file->draft, row, value, &place);
}

void gcn_file_apply_yaml(struct gcn_draft *draft, const char *shown, struct gcn_slice text)
{
    struct yaml_file file = {draft, shown};
    const struct gcn_value *root;

    if (!gcn_yaml_parse(text, &draft->settings->arena, &root, report_yaml, &file) && root == NULL) {
        return;
    }
    if (root == NULL || gcn_value_is_none(root)) {
        return;
    }
    if (root->type != GCN_VALUE_DICT) {
        report_yaml(&file, root->line, root->column, "expected settings as \"name: value\"");
        return;
    }
    for (size_t i = 0; i + 1 < root->n; i += 2) {
        apply_pair(&file, root->items[i], root->items[i + 1]);
    }
}

/* Read the whole file into `out`; bounded, so that a wrong path cannot eat the memory. */
static bool read_file(const char *path, struct gcn_buf *out, struct gcn_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return gcn_error_set_errno(err, "cannot be opened");
    }
    for (;;) {
        char *room = gcn_buf_reserve(out, 64 * 1024);
        ssize_t n = read(fd, room, 64 * 1024);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            bool ok = n == 0 || gcn_error_set_errno(err, "cannot be read");
            close(fd);
            return ok;
        }
        out->len += (size_t)n;
        if (out->len > MAX_FILE_BYTES) {
            close(fd);
            return gcn_error_set(err, "is larger than %d bytes", MAX_FILE_BYTES);
        }
    }
}

static void apply_yaml_path(struct gcn_draft *draft, const char *path, const char *shown,
                            const struct gcn_place *place)
{
    struct gcn_buf text = {0};
    struct gcn_error err = {{0}};

    if (read_file(path, &text, &err)) {
        gcn_file_apply_yaml(draft, shown, gcn_buf_slice(&text));
    } else {
        gcn_draft_error(draft, GCN_EXIT_ERROR, place, "%s %s", path, err.text);
    }
    gcn_buf_finish(&text);
}

static bool has_suffix(struct gcn_slice text, const char *suffix)
{
    size_t len = strlen(suffix);

    return text.len >= len && memcmp(text.ptr + text.len - len, suffix, len) == 0;
}

static bool is_yaml(struct gcn_slice path)
{
    return has_suffix(path, ".yaml") || has_suffix(path, ".yml");
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void apply_python_path(struct gcn_draft *draft, const char *path, const char *shown)
{
    struct gcn_config_source source = {
        .path = path, .shown = shown, .start_dir = draft->request->start_dir, .venv = draft->venv};

    if (!has_suffix(gcn_slice_of(path), ".py") && !has_suffix(gcn_slice_of(path), ".pyc")) {
        gcn_draft_notice(draft, GCN_LOG_WARN,
                         "%s is read as Python, because its name ends in none of .yaml, .yml, .py",
                         shown);
    }
    gcn_file_apply_python(draft, &source);
}

/* A path as messages name it: as it was written if it was found where gcorn was started. */
static void apply_path(struct gcn_draft *draft, struct gcn_slice wanted,
                       const struct gcn_place *place)
{
    const char *start_dir = draft->request->start_dir;
    const char *path = gcn_path_absolute(&draft->settings->arena, start_dir, wanted);
    const char *shown = gcn_draft_copy(draft, wanted);
    struct stat info;

    draft->settings->config = path;
    if (stat(path, &info) < 0) {
        gcn_draft_error(draft, GCN_EXIT_ERROR, place, "config: %s: %s", path, strerror(errno));
    } else if (S_ISDIR(info.st_mode)) {
        gcn_draft_error(draft, GCN_EXIT_ERROR, place, "config: %s is a directory", path);
    } else if (is_yaml(wanted)) {
        apply_yaml_path(draft, path, shown, place);
    } else if (strcmp(path, "/dev/null") != 0) {
        apply_python_path(draft, path, shown);
    }
}

static void apply_default(struct gcn_draft *draft)
{
    static const char *const names[] = {"gcorn.yaml", "gcorn.conf.py", "gunicorn.conf.py"};
    const struct gcn_place place = {GCN_LAYER_FILE, GCN_DIALECT_TEXT, NULL};

    for (size_t i = 0; i < GCN_COUNT(names); i++) {
        const char *path = gcn_path_absolute(&draft->settings->arena, draft->request->start_dir,
                                             gcn_slice_of(names[i]));
        if (exists(path)) {
            apply_path(draft, gcn_slice_of(names[i]), &place);
            return;
        }
    }
}

void gcn_file_apply(struct gcn_draft *draft, const char *wanted, const struct gcn_place *place)
{
    struct gcn_slice text = gcn_text_strip(gcn_slice_of(wanted));

    if (text.len == 0) {
        apply_default(draft);
    } else if (gcn_slice_skip(&text, "python:")) {
        draft->settings->config = gcn_draft_format(draft, "python:%.*s", (int)text.len, text.ptr);
        gcn_file_apply_python(draft, &(struct gcn_config_source){
                                         .module = gcn_draft_copy(draft, text),
                                         .shown = draft->settings->config,
                                         .start_dir = draft->request->start_dir,
                                         .venv = draft->venv,
                                     });
    } else {
        gcn_slice_skip(&text, "file:");
        apply_path(draft, text, place);
    }
}
