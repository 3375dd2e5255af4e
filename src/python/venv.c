/* SPDX-License-Identifier: MIT */
/*
 * Looks at a virtual environment before the interpreter does, whose own complaints about one of
 * another version come late and name the symptom. PEP 405.
 */
#include "venv.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/base/slice.h>

enum { MAX_LINKS = 8 };

/* "version = 3.11.2" is venv's line, "version_info = 3.11.2.final.0" virtualenv's and uv's. */
static bool is_version_key(struct gcn_slice key)
{
    return gcn_slice_equal_nocase(key, GCN_SLICE("version")) ||
           gcn_slice_equal_nocase(key, GCN_SLICE("version_info"));
}

/* The version in pyvenv.cfg; major is 0 if it has none. False if the file cannot be read. */
static bool read_version(const char *path, struct gcn_venv_version *found)
{
    char line[1024];
    FILE *file = fopen(path, "re");

    *found = (struct gcn_venv_version){0, 0};
    if (file == NULL) {
        return false;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        struct gcn_slice key, value;
        if (gcn_slice_cut(gcn_slice_of(line), '=', &key, &value) &&
            is_version_key(gcn_slice_trim(key))) {
            struct gcn_venv_version version;
            if (sscanf(gcn_slice_trim(value).ptr, "%d.%d", &version.major, &version.minor) == 2) {
                *found = version;
            }
        }
    }
    fclose(file);
    return true;
}

static bool has_library(const char *dir, struct gcn_venv_version version)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/lib/python%d.%d", dir, version.major, version.minor);
    return access(path, F_OK) == 0;
}

/* An environment that does not say its version shows it in the name of its library. */
static struct gcn_venv_version guess_version(const char *dir, struct gcn_venv_version ours)
{
    if (has_library(dir, ours)) {
        return ours;
    }
    for (int minor = 3; minor < 100; minor++) {
        struct gcn_venv_version version = {ours.major, minor};
        if (has_library(dir, version)) {
            return version;
        }
    }
    return ours;
}

/* Where the symbolic link `path` leads to; false if it is none. */
static bool follow_link(const char *path, char target[PATH_MAX])
{
    char text[PATH_MAX];
    ssize_t len = readlink(path, text, sizeof(text));

    if (len < 0 || (size_t)len >= sizeof(text)) {
        return false;
    }
    const char *slash = text[0] == '/' ? NULL : strrchr(path, '/');
    size_t dir = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    return snprintf(target, PATH_MAX, "%.*s%.*s", (int)dir, path, (int)len, text) < PATH_MAX;
}

/*
 * True if this process may not pass the directory `part`, or do anything with it as the `last`
 * part.
 */
static bool is_closed(const char *part, bool last)
{
    return access(part, X_OK) < 0 && errno == EACCES && (!last || access(part, R_OK) < 0);
}

/* The first part of `path` that is closed to this process; false if none is. */
static bool find_closed_part(const char *path, char part[PATH_MAX])
{
    for (size_t len = 1; path[len - 1] != '\0'; len++) {
        if (path[len] == '/' || path[len] == '\0') {
            snprintf(part, PATH_MAX, "%.*s", (int)len, path);
            if (is_closed(part, path[len] == '\0')) {
                return true;
            }
        }
    }
    return false;
}

/* The same behind symbolic links, by its real path. */
static bool find_closed(const char *path, char closed[PATH_MAX])
{
    char way[PATH_MAX], part[PATH_MAX];

    snprintf(way, sizeof(way), "%s", path);
    for (int i = 0; i < MAX_LINKS; i++) {
        if (!find_closed_part(way, part)) {
            return false;
        }
        if (realpath(part, closed) != NULL) {
            return true; /* what leads there is open, so it is the part itself */
        }
        snprintf(closed, PATH_MAX, "%s", part);
        if (!follow_link(part, way)) {
            return true;
        }
    }
    return true;
}

static bool is_open(const char *path, struct gcn_error *err)
{
    char part[PATH_MAX];

    if (!find_closed(path, part)) {
        return true;
    }
    const struct passwd *user = getpwuid(geteuid());
    return gcn_error_set(err,
                         "%s is closed to the user %s (%u), who needs %s: open it (chmod), use a "
                         "Python from a place that is open to all, or set preload_app, with which "
                         "Python starts before the setting user applies",
                         part, user == NULL ? "?" : user->pw_name, (unsigned)geteuid(), path);
}

/* Whether `bin` is the bin of a virtual environment, and then `dir` is that. */
static bool is_bin_of_venv(struct gcn_slice bin, char dir[PATH_MAX])
{
    char path[PATH_MAX];

    while (bin.len > 0 && bin.ptr[bin.len - 1] == '/') {
        bin.len--;
    }
    while (bin.len > 0 && bin.ptr[bin.len - 1] != '/') {
        bin.len--;
    }
    int len = snprintf(path, sizeof(path), "%.*spyvenv.cfg", (int)bin.len, bin.ptr);
    if (bin.len == 0 || len >= (int)sizeof(path) || access(path, F_OK) < 0) {
        return false;
    }
    snprintf(dir, PATH_MAX, "%.*s", (int)bin.len - 1, bin.ptr);
    return true;
}

/*
 * The first directory of PATH with a python3, as a shell would look for it; empty if there is none.
 */
static struct gcn_slice find_on_path(void)
{
    const char *search = getenv("PATH");
    struct gcn_slice rest = gcn_slice_of(search == NULL ? "" : search), bin;

    while (rest.len > 0) {
        char path[PATH_MAX];
        gcn_slice_cut(rest, ':', &bin, &rest);
        int len = snprintf(path, sizeof(path), "%.*s/python3", (int)bin.len, bin.ptr);
        if (len < (int)sizeof(path) && path[0] == '/' && access(path, X_OK) == 0) {
            return bin;
        }
    }
    return (struct gcn_slice){"", 0};
}

bool gcn_venv_find(const char *program, char dir[PATH_MAX])
{
    const char *slash = program == NULL ? NULL : strrchr(program, '/');

    if (slash != NULL && program[0] == '/' &&
        is_bin_of_venv((struct gcn_slice){program, (size_t)(slash - program)}, dir)) {
        return true;
    }
    return is_bin_of_venv(find_on_path(), dir);
}

static bool find_program(const char *dir, char *program, struct gcn_error *err)
{
    static const char *const names[] = {"python3", "python"};

    for (size_t i = 0; i < GCN_COUNT(names); i++) {
        snprintf(program, PATH_MAX, "%s/bin/%s", dir, names[i]);
        if (access(program, X_OK) == 0) {
            return true;
        }
        if (!is_open(program, err)) {
            return false;
        }
    }
    return gcn_error_set(err,
                         "the virtual environment %s has no bin/python3 that can be executed (the "
                         "Python it was made from may be gone): make it anew",
                         dir);
}

bool gcn_venv_is_open(const char *program, struct gcn_venv_version ours, struct gcn_error *err)
{
    char path[PATH_MAX], library[PATH_MAX];

    if (!is_open(program, err)) {
        return false;
    }
    if (realpath(program, path) == NULL) {
        return true;
    }
    strcpy(strrchr(path, '/'), "/");
    /* Python knows its library by PREFIX/lib/python3.11/os.py, with the program in PREFIX/bin. */
    int len = snprintf(library, sizeof(library), "%s../lib/python%d.%d/os.py", path, ours.major,
                       ours.minor);
    return len >= (int)sizeof(library) || is_open(library, err);
}

bool gcn_venv_check(const char *dir, struct gcn_venv_version ours, char *program,
                    struct gcn_error *err)
{
    char path[PATH_MAX];
    struct gcn_venv_version found;

    snprintf(path, sizeof(path), "%s/pyvenv.cfg", dir);
    if (!read_version(path, &found)) {
        int reason = errno;
        return is_open(path, err) &&
               gcn_error_set(err, "%s is not a virtual environment: %s: %s", dir, path,
                             strerror(reason));
    }
    if (found.major == 0) {
        found = guess_version(dir, ours);
    }
    if (found.major != ours.major || found.minor != ours.minor) {
        return gcn_error_set(err,
                             "the virtual environment %s is for Python %d.%d, but this gcorn runs "
                             "Python %d.%d: make the environment anew with \"python%d.%d -m venv "
                             "%s\", or build gcorn with "
                             "-DPython3_EXECUTABLE=/path/to/python%d.%d",
                             dir, found.major, found.minor, ours.major, ours.minor, ours.major,
                             ours.minor, dir, found.major, found.minor);
    }
    return find_program(dir, program, err);
}
