/* SPDX-License-Identifier: MIT */
/*
 * From settings to what the interpreter and the app are started with.
 */
#include <gcorn/python/python.h>

#include <stdlib.h>
#include <string.h>

#include <gcorn/base/mem.h>
#include <gcorn/config/settings.h>

void gcn_py_options_init(struct gcn_py_options *out, const struct gcn_settings *settings,
                         const char *const *argv)
{
    *out = (struct gcn_py_options){
        .venv = settings->venv,
        .start_dir = settings->start_dir,
        .chdir = settings->chdir,
        .pythonpath = settings->pythonpath,
        .argv = argv,
        .multithread = gcn_settings_executor(settings) == GCN_EXECUTOR_THREADS,
        .multiprocess = settings->workers > 1,
        .sendfile = settings->sendfile,
        .server_software = "gcorn/" GCORN_VERSION,
    };
}

void gcn_py_export_env(const struct gcn_settings *settings)
{
    setenv("SERVER_SOFTWARE", "gunicorn/" GCN_PY_GUNICORN_VERSION, 1);
    for (size_t i = 0; i < settings->raw_env.n; i++) {
        const char *equals = strchr(settings->raw_env.items[i], '=');
        if (equals != NULL) {
            char *name = gcn_strndup(settings->raw_env.items[i],
                                     (size_t)(equals - settings->raw_env.items[i]));
            setenv(name, equals + 1, 1);
            gcn_free(name);
        }
    }
}
