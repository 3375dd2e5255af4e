/* SPDX-License-Identifier: MIT */
/*
 * Looks at a virtual environment before the interpreter does, whose own complaints about one of
 * another version come late and name the symptom. PEP 405.
 */
#include "venv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/base/slice.h>

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

static bool find_program(const char *dir, char *program, struct gcn_error *err)
{
    static const char *const names[] = {"python3", "python"};

    for (size_t i = 0; i < GCN_COUNT(names); i++) {
        snprintf(program, PATH_MAX, "%s/bin/%s", dir, names[i]);
        if (access(program, X_OK) == 0) {
            return true;
        }
    }
    return gcn_error_set(err,
                         "the virtual environment %s has no bin/python3 that can be executed (the "
                         "Python it was made from may be gone): make it anew",
                         dir);
}

bool gcn_venv_check(const char *dir, struct gcn_venv_version ours, char *program,
                    struct gcn_error *err)
{
    char path[PATH_MAX];
    struct gcn_venv_version found;

    snprintf(path, sizeof(path), "%s/pyvenv.cfg", dir);
    if (!read_version(path, &found)) {
        return gcn_error_set(err, "%s is not a virtual environment: %s: %s", dir, path,
                             strerror(errno));
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
