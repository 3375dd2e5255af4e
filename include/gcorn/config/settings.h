/* SPDX-License-Identifier: MIT */
/*
 * One generation of settings: loaded, checked and swapped as a whole, never edited. The members are
 * the rows of settings.def. Only main, arbiter and worker see it; modules below get small structs
 * of their own, filled in worker/options.c and its like.
 */
#ifndef GCORN_CONFIG_SETTINGS_H
#define GCORN_CONFIG_SETTINGS_H

#include <gcorn/base/arena.h>
#include <gcorn/base/log.h>
#include <gcorn/config/kinds.h>

/* The choices of the ENUM settings, in the order of their rows' `choices`. */
enum gcn_choice_reload_engine {
    GCN_CHOICE_RELOAD_AUTO,
    GCN_CHOICE_RELOAD_POLL,
    GCN_CHOICE_RELOAD_INOTIFY,
};
enum gcn_choice_header_map {
    GCN_CHOICE_HEADER_DROP,
    GCN_CHOICE_HEADER_REFUSE,
    GCN_CHOICE_HEADER_DANGEROUS,
};
enum gcn_choice_proxy_protocol {
    GCN_CHOICE_PROXY_OFF,
    GCN_CHOICE_PROXY_V1,
    GCN_CHOICE_PROXY_V2,
    GCN_CHOICE_PROXY_AUTO,
};
enum gcn_choice_loglevel {
    GCN_CHOICE_LOG_DEBUG,
    GCN_CHOICE_LOG_INFO,
    GCN_CHOICE_LOG_WARNING,
    GCN_CHOICE_LOG_ERROR,
    GCN_CHOICE_LOG_CRITICAL,
};

/* Which executor the settings ask for; see gcn_settings_executor. */
enum gcn_executor_kind {
    GCN_EXECUTOR_INLINE,
    GCN_EXECUTOR_THREADS,
};

/* Where a value came from, lowest first. */
enum gcn_layer {
    GCN_LAYER_DEFAULT,
    GCN_LAYER_FILE,
    GCN_LAYER_ENV,
    GCN_LAYER_CMDLINE,
};

struct gcn_origin {
    enum gcn_layer layer;
    const char *
        place; /* "gcorn.yaml:12:3", "--workers", "WEB_CONCURRENCY"; NULL for the built-in default */
};

/* Something to tell once the log is open: a setting without effect, a value that was corrected. */
struct gcn_notice {
    enum gcn_log_level level;
    const char *text;
};

enum gcn_setting_id {
#define SETTING(name, ...) GCN_SETTING_##name,
#include <gcorn/config/settings.def>
#undef SETTING
    GCN_N_SETTINGS,
};

/* Lifetime: from gcn_settings_load to gcn_settings_destroy. */
struct gcn_settings {
#define SETTING(name, kind, ...) GCN_CTYPE_##kind name;
#include <gcorn/config/settings.def>
#undef SETTING
    const char *app; /* what to serve: paste with an absolute path, the argument, or wsgi_app */
    const char *start_dir; /* where gcorn was started; NULL in settings that nobody has loaded */
    struct gcn_origin origins[GCN_N_SETTINGS];
    const struct gcn_notice *notices;
    size_t n_notices;
    struct gcn_arena arena; /* holds everything above */
};

/*
 * Free a generation. NULL is fine. Python objects in it are not released: their reader owns them.
 */
void gcn_settings_destroy(struct gcn_settings *settings);

/* The executor: gthread, or sync with more than one thread, means threads. */
enum gcn_executor_kind gcn_settings_executor(const struct gcn_settings *settings);

/* True if the setting has the same value in both generations (Python objects: the same object). */
bool gcn_settings_equal(const struct gcn_settings *a, const struct gcn_settings *b,
                        enum gcn_setting_id id);

/* proc_name, else default_proc_name: what process titles and the syslog tag show. */
const char *gcn_settings_proc_name(const struct gcn_settings *settings);

#endif
