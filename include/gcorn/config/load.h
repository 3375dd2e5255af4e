/* SPDX-License-Identifier: MIT */
/*
 * Loading a generation: defaults, config file, environment, command line. The same request can be
 * loaded again and again (at start, then at each HUP); it reads nothing of the process but the
 * files it names.
 */
#ifndef GCORN_CONFIG_LOAD_H
#define GCORN_CONFIG_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/compiler.h>
#include <gcorn/config/settings.h>

struct gcn_config_reader;

/* What to load from. Everything is borrowed and must outlive the generations loaded from it. */
struct gcn_load_request {
    const char *const *argv; /* the program's, NULL-terminated, argv[0] included */
    const char *const *env;  /* NULL-terminated "NAME=value" as at start */
    const char *start_dir;   /* absolute: where gcorn was started ($PWD where it is true) */
    const struct gcn_config_reader *reader; /* executes Python files; NULL: there is no Python */
};

/* Why a load failed. Any lifetime; {0} before use; gcn_load_failure_finish frees. */
struct gcn_load_failure {
    struct gcn_buf
        text;      /* one message a line, every error of the file at once; no line end behind */
    int exit_code; /* what the process should end with: enum gcn_exit, or a config file's sys.exit */
};

/* Free the texts; {0} again afterwards. */
void gcn_load_failure_finish(struct gcn_load_failure *failure);

/*
 * Load and check all layers. On true *out belongs to the caller (gcn_settings_destroy). On false
 * *failure has the messages and the exit code, and *out is untouched.
 */
GCN_MUST_CHECK bool gcn_settings_load(struct gcn_settings **out,
                                      const struct gcn_load_request *request,
                                      struct gcn_load_failure *failure);

/* What a configuration reader is given to execute. */
struct gcn_config_source {
    const char *path;      /* absolute path of the file, or NULL */
    const char *module;    /* of "python:MODULE", or NULL: exactly one of the two is set */
    const char *shown;     /* how messages name it: "gunicorn.conf.py", "python:conf.prod" */
    const char *start_dir; /* current directory and sys.path[0] while it runs */
    const char *venv;      /* the virtual environment to run it in, as far as is known; or NULL */
};

/* Takes the values of one config file. Opaque; lives as long as the call of `read`. */
struct gcn_config_sink;

/*
 * Runs Python config files; implemented in src/python/. `read` executes the source and puts each
 * global whose name gcn_setting_find knows into the sink. It returns false if the file could not be
 * executed, with the message (and traceback) and the exit code in `failure`. Wrong values are no
 * failure of `read`: the sink collects them.
 */
struct gcn_config_reader {
    bool (*read)(void *context, const struct gcn_config_source *source,
                 struct gcn_config_sink *sink, struct gcn_load_failure *failure);
    void *context; /* borrowed */
};

/*
 * Put one value. `name` is the setting's; `line` the line of the file it was assigned in, or 0 if
 * not known. Texts are copied. A name that is no setting is ignored, as gunicorn does.
 */
void gcn_config_put_none(struct gcn_config_sink *sink, const char *name, int line);
void gcn_config_put_bool(struct gcn_config_sink *sink, const char *name, int line, bool value);
void gcn_config_put_int(struct gcn_config_sink *sink, const char *name, int line, int64_t value);
void gcn_config_put_text(struct gcn_config_sink *sink, const char *name, int line,
                         const char *text);
void gcn_config_put_list(struct gcn_config_sink *sink, const char *name, int line,
                         const struct gcn_strings *items);
void gcn_config_put_dict(struct gcn_config_sink *sink, const char *name, int line,
                         const struct gcn_pairs *pairs);

/*
 * Put a Python object: a hook, a class, a dictionary of any shape. `shown` is its qualified name,
 * for people. The reference stays the reader's and must live as long as the generation.
 */
void gcn_config_put_object(struct gcn_config_sink *sink, const char *name, int line,
                           const char *shown, void *object);

/*
 * Report a value that no put function takes, or that the reader itself finds wrong (the arity of a
 * hook, an import that fails): the value as it is shown, and what was expected.
 */
GCN_PRINTF(4, 5)
void gcn_config_put_error(struct gcn_config_sink *sink, const char *name, int line, const char *fmt,
                          ...);

#endif
