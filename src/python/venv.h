/* SPDX-License-Identifier: MIT */
/*
 * Which Python installation the interpreter takes itself for: a virtual environment's, or the one
 * that its library came with; and whether this process may use it. Plain C, no interpreter needed.
 */
#ifndef GCORN_PYTHON_VENV_H
#define GCORN_PYTHON_VENV_H

#include <limits.h>
#include <stdbool.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

/* The version that is embedded: 3, 11. */
struct gcn_venv_version {
    int major, minor;
};

/*
 * Check the virtual environment in `dir` and write the path of its python to `program` (PATH_MAX
 * bytes). False with `err` if it is none, or was made for another version than `ours`.
 */
GCN_MUST_CHECK bool gcn_venv_check(const char *dir, struct gcn_venv_version ours, char *program,
                                   struct gcn_error *err);

/*
 * The virtual environment that a start without its name means: the one whose bin has `program`
 * (argv[0]; counts if absolute), as with "/srv/venv/bin/gunicorn"; else that of the python3 that
 * comes first on PATH, as in an image with ENV PATH=/opt/venv/bin:$PATH. False if neither is in
 * one.
 */
bool gcn_venv_find(const char *program, char dir[PATH_MAX]);

/*
 * Whether this process may use the python `program`, and the library beside it. False with what is
 * closed to it, and the remedies, in `err`. What is not there is no matter of permissions.
 */
GCN_MUST_CHECK bool gcn_venv_is_open(const char *program, struct gcn_venv_version ours,
                                     struct gcn_error *err);

#endif
