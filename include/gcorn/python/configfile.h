/* SPDX-License-Identifier: MIT */
/*
 * Config files in Python, for gcn_settings_load.
 */
#ifndef GCORN_PYTHON_CONFIGFILE_H
#define GCORN_PYTHON_CONFIGFILE_H

#include <gcorn/config/load.h>

/*
 * A reader that executes config files in this process, because what they do to it (variables of the
 * environment, imports, patches) is meant to reach the workers. It starts the interpreter if none
 * runs, with `argv` (borrowed for the life of the process) as sys.argv. Objects that it puts live
 * until gcn_py_stop. GIL: taken inside.
 */
const struct gcn_config_reader *gcn_py_config_reader(const char *const *argv);

/*
 * What a config file has assigned to gunicorn.SERVER (the Server field), or NULL if it has not, or
 * to something that cannot stand in a field. Borrowed until the next call. GIL: taken inside.
 */
const char *gcn_py_config_server_field(void);

#endif
