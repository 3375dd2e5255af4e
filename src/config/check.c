/* SPDX-License-Identifier: MIT */
/*
 * What one value alone cannot tell.
 */
#include "check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/base/die.h>
#include <gcorn/log/access.h>
#include <gcorn/log/statsd.h>
#include <gcorn/log/syslog.h>
#include <gcorn/proc/exitcode.h>

#include "env.h"
#include "kind.h"
#include "path.h"

/* gunicorn's worker classes, as settings name them. */
static const struct {
    const char *name;
    enum gcn_executor_kind executor;
    const char *missing; /* why it cannot be used; NULL: it can */
} worker_classes[] = {
    {"sync", GCN_EXECUTOR_INLINE, NULL},
    {"gunicorn.workers.sync.SyncWorker", GCN_EXECUTOR_INLINE, NULL},
    {"gthread", GCN_EXECUTOR_THREADS, NULL},
    {"gunicorn.workers.gthread.ThreadWorker", GCN_EXECUTOR_THREADS, NULL},
    {"gevent", GCN_EXECUTOR_INLINE, "the gevent worker"},
    {"gevent_wsgi", GCN_EXECUTOR_INLINE, "the gevent worker"},
    {"gevent_pywsgi", GCN_EXECUTOR_INLINE, "the gevent worker"},
    {"gunicorn.workers.ggevent.GeventWorker", GCN_EXECUTOR_INLINE, "the gevent worker"},
    {"gunicorn.workers.ggevent.GeventPyWSGIWorker", GCN_EXECUTOR_INLINE, "the gevent worker"},
    {"eventlet", GCN_EXECUTOR_INLINE, "the eventlet worker, which gunicorn has dropped too"},
    {"tornado", GCN_EXECUTOR_INLINE, "the tornado worker"},
    {"gunicorn.workers.gtornado.TornadoWorker", GCN_EXECUTOR_INLINE, "the tornado worker"},
    {"asgi", GCN_EXECUTOR_INLINE, "the asgi worker"},
    {"gunicorn.workers.gasgi.ASGIWorker", GCN_EXECUTOR_INLINE, "the asgi worker"},
    {"uvicorn.workers.UvicornWorker", GCN_EXECUTOR_INLINE, "the asgi worker"},
};

/* The class's index, or GCN_COUNT(worker_classes). A leading "#" or "egg:gunicorn#" is dropped. */
static size_t find_worker_class(const struct gcn_settings *settings)
{
    struct gcn_slice name = gcn_slice_of(settings->worker_class.text);
    size_t i = 0;

    gcn_slice_skip(&name, "egg:gunicorn");
    gcn_slice_skip(&name, "#");
    while (i < GCN_COUNT(worker_classes) &&
           !gcn_slice_equal(name, gcn_slice_of(worker_classes[i].name))) {
        i++;
    }
    return i;
}

enum gcn_executor_kind gcn_settings_executor(const struct gcn_settings *settings)
{
    size_t i = find_worker_class(settings);

    if (settings->threads > 1 || i == GCN_COUNT(worker_classes)) {
        return GCN_EXECUTOR_THREADS;
    }
    return worker_classes[i].executor;
}

static struct gcn_place place_of(struct gcn_draft *draft, enum gcn_setting_id id)
{
    const struct gcn_origin *origin = &draft->settings->origins[id];

    return (struct gcn_place){origin->layer, GCN_DIALECT_TEXT, origin->place};
}

static void check_worker_class(struct gcn_draft *draft)
{
    const struct gcn_settings *settings = draft->settings;
    struct gcn_place place = place_of(draft, GCN_SETTING_worker_class);
    size_t i = find_worker_class(settings);

    if (i == GCN_COUNT(worker_classes)) {
        gcn_draft_error(
            draft, GCN_EXIT_ERROR, &place,
            "worker_class: %s: expected sync or gthread; other worker classes cannot run "
            "here",
            settings->worker_class.text);
    } else if (worker_classes[i].missing != NULL) {
        gcn_draft_error(draft, GCN_EXIT_ERROR, &place, "worker_class: %s: not in this version: %s",
                        settings->worker_class.text, worker_classes[i].missing);
    } else if (settings->threads == 0 && worker_classes[i].executor == GCN_EXECUTOR_THREADS) {
        place = place_of(draft, GCN_SETTING_threads);
        gcn_draft_error(draft, GCN_EXIT_ERROR, &place,
                        "threads: 0: expected 1 or more with the gthread worker");
    }
}

/* Record an error of a module below, which begins with the name of the setting and a colon. */
static void refuse(struct gcn_draft *draft, const struct gcn_error *err)
{
    struct gcn_slice name, rest;

    gcn_slice_cut(gcn_slice_of(err->text), ':', &name, &rest);
    const struct gcn_setting *row = gcn_setting_find(name);
    GCN_ASSERT(row != NULL);
    struct gcn_place place = place_of(draft, row->id);
    gcn_draft_error(draft, GCN_EXIT_ERROR, &place, "%s", err->text);
}

/* The access log says itself whether it can be written as the settings want it. */
static void check_access_log(struct gcn_draft *draft)
{
    const struct gcn_settings *settings = draft->settings;
    const struct gcn_access_options options = {
        .accesslog = "-", /* what is checked opens no file */
        .format = settings->access_log_format,
        .statuses = settings->access_log_status.items,
        .n_statuses = settings->access_log_status.n,
        .uid = (uid_t)-1,
        .gid = (gid_t)-1,
    };
    struct gcn_error err = {{0}};

    struct gcn_access *access = gcn_access_open(&options, &err);
    if (access == NULL) {
        refuse(draft, &err);
    }
    gcn_access_close(access);
}

/* Nothing is sent: the daemon need not be there. */
static void check_syslog(struct gcn_draft *draft)
{
    const struct gcn_settings *settings = draft->settings;
    const struct gcn_syslog_options options = {
        .address = settings->syslog_addr, .facility = settings->syslog_facility, .prefix = ""};
    struct gcn_error err = {{0}};

    if (!settings->syslog) {
        return;
    }
    struct gcn_syslog *syslog = gcn_syslog_open(&options, &err);
    if (syslog == NULL) {
        refuse(draft, &err);
    }
    gcn_syslog_close(syslog);
}

static void check_statsd(struct gcn_draft *draft)
{
    const struct gcn_settings *settings = draft->settings;
    const struct gcn_statsd_options options = {.host = settings->statsd_host,
                                               .prefix = settings->statsd_prefix,
                                               .tags = settings->dogstatsd_tags};
    struct gcn_error err = {{0}};

    if (settings->statsd_host != NULL && !gcn_statsd_check(&options, &err)) {
        refuse(draft, &err);
    }
}

static void check_paste_file(struct gcn_draft *draft)
{
    const char *uri = draft->settings->app;
    struct gcn_place place = place_of(draft, GCN_SETTING_paste);
    struct gcn_slice file = {uri, strcspn(uri, "#")};
    const char *path = gcn_draft_copy(draft, file);

    if (access(path, R_OK) < 0) {
        gcn_draft_error(draft, GCN_EXIT_ERROR, &place, "paste: %s: %s", path, strerror(errno));
    }
}

static void check_app(struct gcn_draft *draft)
{
    const struct gcn_settings *settings = draft->settings;
    const struct gcn_place place = {GCN_LAYER_CMDLINE, GCN_DIALECT_TEXT, NULL};

    if (settings->app == NULL) {
        gcn_draft_error(draft, GCN_EXIT_ERROR, &place,
                        "no app to serve: name it as MODULE:NAME, or set wsgi_app");
    } else if (settings->paste != NULL && settings->app[0] == '/') {
        check_paste_file(draft);
    }
}

/* True for None and for an empty text, which ask for nothing. */
static bool is_empty_text(struct gcn_draft *draft, const struct gcn_setting *row)
{
    const char *const *member = gcn_draft_member(draft, row);

    return row->kind == GCN_KIND_STRING && (*member == NULL || **member == '\0');
}

/* True if the value is what the table's default, or its variable, makes of it. */
static bool is_default(struct gcn_draft *draft, const struct gcn_settings *defaults,
                       const struct gcn_setting *row)
{
    return draft->settings->origins[row->id].layer == GCN_LAYER_DEFAULT ||
           is_empty_text(draft, row) || gcn_settings_equal(draft->settings, defaults, row->id);
}

static void check_status(struct gcn_draft *draft, const struct gcn_setting *row)
{
    struct gcn_place place = place_of(draft, row->id);
    struct gcn_buf shown = {0};

    gcn_kind_print(row, gcn_draft_member(draft, row), &shown);
    if (row->status == GCN_MISSING) {
        gcn_draft_error(draft, GCN_EXIT_ERROR, &place, "%s: %s: not in this version: %s", row->name,
                        shown.ptr, row->reason);
    } else {
        gcn_draft_notice(draft, GCN_LOG_INFO, "%s has no effect here: %s", row->name, row->reason);
    }
    gcn_buf_finish(&shown);
}

/* The setting that has Python's logging write the logs, or NULL. */
static const char *find_logger(struct gcn_draft *draft, const struct gcn_settings *defaults)
{
    static const enum gcn_setting_id ids[] = {GCN_SETTING_logger_class, GCN_SETTING_logconfig,
                                              GCN_SETTING_logconfig_dict,
                                              GCN_SETTING_logconfig_json};

    for (size_t i = 0; i < GCN_COUNT(ids); i++) {
        const struct gcn_setting *row = gcn_setting_get(ids[i]);
        if (!is_default(draft, defaults, row)) {
            return row->name;
        }
    }
    return NULL;
}

/* A logger in Python is given the format, and knows nothing of those that we have added. */
static void check_logger(struct gcn_draft *draft, const struct gcn_settings *defaults)
{
    const char *format = draft->settings->access_log_format;
    const char *logger = find_logger(draft, defaults);
    struct gcn_place place = place_of(draft, GCN_SETTING_access_log_format);

    if (logger != NULL && (strcmp(format, "json") == 0 || strcmp(format, "logfmt") == 0)) {
        gcn_draft_error(draft, GCN_EXIT_ERROR, &place,
                        "access_log_format: %s: gcorn's own formats are not for Python's logging "
                        "(%s): give that a formatter; its records have the values in their args",
                        format, logger);
    }
}

static void check_logconfig(struct gcn_draft *draft, enum gcn_setting_id id, const char *text)
{
    struct gcn_place place = place_of(draft, id);
    struct gcn_arena *arena = &draft->settings->arena;
    const char *path = gcn_path_absolute(arena, draft->settings->chdir, gcn_slice_of(text));

    if (access(path, R_OK) < 0) {
        gcn_draft_error(draft, GCN_EXIT_ERROR, &place,
                        "%s: %s: expected a file that can be read, but %s: %s",
                        gcn_setting_get(id)->name, text, path, strerror(errno));
    }
}

/* The file that configures Python's logging. A class of the user's may read it as it likes. */
static void check_logging_file(struct gcn_draft *draft, const struct gcn_settings *defaults)
{
    const struct gcn_settings *settings = draft->settings;

    if (!is_default(draft, defaults, gcn_setting_get(GCN_SETTING_logger_class)) ||
        !is_default(draft, defaults, gcn_setting_get(GCN_SETTING_logconfig_dict))) {
        return;
    }
    if (settings->logconfig_json != NULL) {
        check_logconfig(draft, GCN_SETTING_logconfig_json, settings->logconfig_json);
    } else if (settings->logconfig != NULL) {
        check_logconfig(draft, GCN_SETTING_logconfig, settings->logconfig);
    }
}

/* gunicorn has the setting and never looks at it: its users' files may name what is not there. */
static void check_upload_dir(struct gcn_draft *draft)
{
    const struct gcn_settings *settings = draft->settings;

    if (settings->tmp_upload_dir == NULL) {
        return;
    }
    const char *path = gcn_path_absolute(&draft->settings->arena, settings->chdir,
                                         gcn_slice_of(settings->tmp_upload_dir));
    if (access(path, W_OK | X_OK) < 0) {
        gcn_draft_notice(draft, GCN_LOG_WARN,
                         "tmp_upload_dir: %s: %s; request bodies larger than body_buffer_size "
                         "will be refused with 507",
                         path, strerror(errno));
    }
}

/* A log of a daemon that is "-": gone as soon as the start is over. */
static void warn_of_loss(struct gcn_draft *draft, enum gcn_setting_id id)
{
    gcn_draft_notice(draft, GCN_LOG_WARN,
                     "%s: - leads nowhere once a daemon has started; name a file, or set syslog or "
                     "enable_stdio_inheritance",
                     gcn_setting_get(id)->name);
}

static bool is_dash(const char *name)
{
    return name != NULL && strcmp(name, "-") == 0;
}

static void check_daemon(struct gcn_draft *draft, const struct gcn_settings *defaults)
{
    const struct gcn_settings *settings = draft->settings;
    bool in_file = settings->errorlog != NULL && !is_dash(settings->errorlog);

    if (!settings->daemon || settings->enable_stdio_inheritance ||
        find_logger(draft, defaults) != NULL) {
        return;
    }
    if (is_dash(settings->errorlog) && !settings->syslog) {
        warn_of_loss(draft, GCN_SETTING_errorlog);
    }
    if (is_dash(settings->accesslog) && !(settings->capture_output && in_file) &&
        (!settings->syslog || settings->disable_redirect_access_to_syslog)) {
        warn_of_loss(draft, GCN_SETTING_accesslog);
    }
}

void gcn_check_all(struct gcn_draft *draft)
{
    struct gcn_draft defaults;

    gcn_draft_init(&defaults, draft->request);
    gcn_defaults_apply(&defaults);
    for (int i = 0; i < GCN_N_SETTINGS; i++) {
        const struct gcn_setting *row = gcn_setting_get((enum gcn_setting_id)i);
        if (row->status != GCN_READY && !is_default(draft, defaults.settings, row)) {
            check_status(draft, row);
        }
    }
    check_logger(draft, defaults.settings);
    check_logging_file(draft, defaults.settings);
    check_daemon(draft, defaults.settings);
    gcn_draft_finish(&defaults);
    check_worker_class(draft);
    check_access_log(draft);
    check_syslog(draft);
    check_statsd(draft);
    check_upload_dir(draft);
    check_app(draft);
}
