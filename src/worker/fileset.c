/* SPDX-License-Identifier: MIT */
/*
 * Files by name, and their change times: ctime also moves when a file is replaced by an older one.
 */
#include "fileset.h"

#include <dirent.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <gcorn/base/mem.h>

enum { MOST_TREE_FILES = 10000, DEEPEST_TREE = 16 };

static int64_t change_time_us(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0) {
        return 0;
    }
    return (int64_t)st.st_ctim.tv_sec * 1000000 + st.st_ctim.tv_nsec / 1000;
}

void gcn_fileset_finish(struct gcn_fileset *set)
{
    for (size_t i = 0; i < set->n; i++) {
        gcn_free(set->items[i].path);
    }
    gcn_free(set->items);
    *set = (struct gcn_fileset){0};
}

/* Where `path` is or would be. */
static size_t position(const struct gcn_fileset *set, const char *path)
{
    size_t low = 0, high = set->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(set->items[middle].path, path) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct gcn_file *gcn_fileset_find(const struct gcn_fileset *set, const char *path)
{
    size_t at = position(set, path);
    return at < set->n && strcmp(set->items[at].path, path) == 0 ? &set->items[at] : NULL;
}

bool gcn_fileset_add(struct gcn_fileset *set, const char *path)
{
    size_t at = position(set, path);

    if (at < set->n && strcmp(set->items[at].path, path) == 0) {
        return false;
    }
    if (set->n == set->cap) {
        set->cap = set->cap == 0 ? 256 : set->cap * 2;
        set->items = gcn_realloc(set->items, set->cap * sizeof(*set->items));
    }
    memmove(&set->items[at + 1], &set->items[at], (set->n - at) * sizeof(*set->items));
    set->items[at] =
        (struct gcn_file){gcn_strdup(path), set->adds_changed ? 0 : change_time_us(path)};
    set->n++;
    return true;
}

void gcn_fileset_add_pattern(struct gcn_fileset *set, const char *pattern)
{
    glob_t found;

    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            gcn_fileset_add(set, found.gl_pathv[i]);
        }
    }
    globfree(&found);
}

static bool ends_in(const char *path, const char *suffix)
{
    size_t len = strlen(path), suffix_len = strlen(suffix);
    return len > suffix_len && strcmp(path + len - suffix_len, suffix) == 0;
}

static void add_entry(struct gcn_fileset *set, const char *path, const char *suffix, int depth);

static void add_directory(struct gcn_fileset *set, const char *path, const char *suffix, int depth)
{
    struct dirent *entry;

    DIR *dir = opendir(path);
    if (dir == NULL) {
        return;
    }
    while (set->n < MOST_TREE_FILES && (entry = readdir(dir)) != NULL) {
        char below[PATH_MAX];
        int len = snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && len > 0 && (size_t)len < sizeof(below)) {
            add_entry(set, below, suffix, depth + 1);
        }
    }
    closedir(dir);
}

static void add_entry(struct gcn_fileset *set, const char *path, const char *suffix, int depth)
{
    struct stat st;

    if (lstat(path, &st) < 0) {
        return;
    }
    if (S_ISDIR(st.st_mode) && depth < DEEPEST_TREE) {
        add_directory(set, path, suffix, depth);
    } else if (S_ISREG(st.st_mode) && ends_in(path, suffix)) {
        gcn_fileset_add(set, path);
    }
}

void gcn_fileset_add_tree(struct gcn_fileset *set, const char *path, const char *suffix)
{
    add_directory(set, path, suffix, 0);
}

bool gcn_file_look(struct gcn_file *file)
{
    int64_t changed_us = change_time_us(file->path);
    bool differs = changed_us != file->changed_us;

    file->changed_us = changed_us;
    return differs;
}
