/* SPDX-License-Identifier: MIT */
/*
 * Reloading: the settings are loaded anew and one worker of them is tried; only when it is ready
 * the new generation takes over. Whatever fails before, the old one serves on.
 */
#include "arbiter_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>

enum { CLOCK_TICK_US = 10000 };

/* The first line of `text` is enough for those who only want a status. */
static void report_failure(struct gcn_arbiter *arb, const char *text)
{
    char first[256];
    size_t len = strcspn(text, "\n");

    gcn_error("reload failed, the old workers go on: %s", text);
    len = len < sizeof(first) ? len : sizeof(first) - 1;
    memcpy(first, text, len);
    first[len] = '\0';
    arb->reloading = false;
    gcn_announce_reloaded(arb, first);
}

static void change_directory(const struct gcn_settings *settings)
{
    if (settings->chdir != NULL && chdir(settings->chdir) < 0) {
        gcn_error_errno("cannot change to the directory %s", settings->chdir);
    }
}

static void drop_trial(struct gcn_arbiter *arb)
{
    if (arb->trial != NULL) {
        gcn_generation_destroy(arb, arb->trial, arb->good);
        arb->trial = NULL;
        change_directory(arb->good->settings);
    }
}

static struct gcn_settings *load(struct gcn_arbiter *arb)
{
    struct gcn_load_failure failure = {0};
    struct gcn_settings *settings = NULL;

    if (!gcn_settings_load(&settings, arb->request, &failure)) {
        report_failure(arb, failure.text.len > 0 ? failure.text.ptr : "the settings are wrong");
    }
    gcn_load_failure_finish(&failure);
    return settings;
}

/* The hooks of the new generation, and on_reload with what it would serve on. */
static bool run_hook(struct gcn_arbiter *arb, struct gcn_generation *trial, struct gcn_error *err)
{
    struct gcn_hook_call call = {.worker = NULL};

    return gcn_hooks_open(arb, trial, err) &&
           (gcn_hooks_call(arb, trial, GCN_HOOK_ON_RELOAD, &call) ||
            gcn_error_set(err, "the hook on_reload failed"));
}

void gcn_reload_begin(struct gcn_arbiter *arb)
{
    struct gcn_error err = {{0}}, notice = {{0}};

    gcn_announce_reloading();
    drop_trial(arb);
    /* What changed before now is read by what starts now; a file's time may lag by a tick. */
    arb->code_us = gcn_clock_real_us() - CLOCK_TICK_US;
    arb->code_changed = false;
    gcn_logs_reopen(arb);
    arb->reloading = true;
    struct gcn_settings *settings = load(arb);
    if (settings == NULL) {
        return;
    }
    if (!gcn_logs_open_statsd(settings, &notice)) {
        gcn_warn("%s", notice.text);
    }
    arb->trial = gcn_generation_create(arb, settings);
    change_directory(settings);
    if (!gcn_boards_fit(arb, settings, &err) ||
        !gcn_generation_open(arb, arb->trial, arb->good, &err) ||
        !run_hook(arb, arb->trial, &err)) {
        drop_trial(arb);
        report_failure(arb, err.text);
        return;
    }
    gcn_info("reloading: one worker tries the new settings and code");
}

void gcn_reload_code(struct gcn_arbiter *arb)
{
    if (arb->code_changed && arb->stop == GCN_STOP_NOT) {
        gcn_reload_begin(arb);
    }
}

void gcn_reload_promote(struct gcn_arbiter *arb)
{
    struct gcn_error err = {{0}};
    struct gcn_generation *old = arb->good;
    uint32_t old_target = arb->policy.target;

    arb->good = arb->trial;
    arb->trial = NULL;
    arb->policy.target = arb->good->target;
    if (!gcn_logs_open(arb->good, &err)) {
        gcn_error("%s", err.text);
    }
    gcn_start_rename(arb);
    if (arb->good->sockets_number != old->sockets_number) {
        gcn_sockets_log(&arb->good->sockets, arb->good->settings);
    }
    /* The sockets that go now are still open in the old workers, which serve what waits there. */
    gcn_generation_destroy(arb, old, arb->good);
    gcn_info("reloading: the new code works; replacing the other workers");
    gcn_hooks_workers_changed(arb, old_target);
}

void gcn_reload_fail(struct gcn_arbiter *arb, const char *reason)
{
    drop_trial(arb);
    report_failure(arb, reason);
}

void gcn_reload_settle(struct gcn_arbiter *arb)
{
    uint32_t fresh = 0;

    if (!arb->reloading || arb->trial != NULL) {
        return;
    }
    for (size_t i = 0; i < arb->children.n; i++) {
        const struct gcn_child *child = &arb->children.items[i];
        if (child->generation != arb->good->number && gcn_slot_serves(child->slot)) {
            return;
        }
        fresh += child->state == GCN_CHILD_READY;
    }
    if (fresh >= arb->policy.target) {
        arb->reloading = false;
        gcn_info("reloaded: %u workers", fresh);
        gcn_announce_reloaded(arb, NULL);
    }
}
