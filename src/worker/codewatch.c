/* SPDX-License-Identifier: MIT */
/*
 * Watching files: by inotify on their directories, or by looking at each once a second. Either way
 * a timer ends the matter: an editor's several events are one change.
 */
#include "codewatch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/config/settings.h>
#include <gcorn/python/python.h>

#include "fileset.h"
#include "worker_private.h"

enum {
    POLL_MS = 1000,  /* how often files are looked at, and modules that came later are found */
    QUIET_MS = 100,  /* so long nothing more may happen before a change is reported */
    EVENT_BYTES = 4096,
};

/* Lifetime: an executor's run. */
struct gcn_codewatch {
    struct gcn_worker *worker; /* borrowed */
    bool broken;
    struct gcn_fileset files;
    struct gcn_fileset directories; /* those of the files, watched by inotify */
    int inotify_fd;                 /* owned; -1: files are polled */
    struct gcn_watch inotify_watch;
    int timer_fd; /* owned */
    struct gcn_watch timer_watch;
    bool gathered; /* what there was at the start */
    bool changed;  /* and not reported yet */
};

/* Ring in `first_ms`, and every second from then on. */
static void set_timer(struct gcn_codewatch *watch, int64_t first_ms)
{
    const struct itimerspec spec = {
        .it_value = gcn_clock_timespec(first_ms * 1000),
        .it_interval = gcn_clock_timespec(POLL_MS * 1000),
    };
    timerfd_settime(watch->timer_fd, 0, &spec, NULL);
}

static void add_directory_of(struct gcn_codewatch *watch, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash == NULL ? gcn_strdup(".") : gcn_strndup(path, (size_t)(slash - path));

    if (watch->inotify_fd >= 0 && directory[0] != '\0' &&
        gcn_fileset_add(&watch->directories, directory) &&
        inotify_add_watch(watch->inotify_fd, directory,
                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR) < 0) {
        gcn_debug("reload: %s cannot be watched: %s", directory, strerror(errno));
    }
    gcn_free(directory);
}

static void add_module(void *context, const char *path)
{
    gcn_fileset_add(&((struct gcn_codewatch *)context)->files, path);
}

/*
 * Find what is to be watched; more as more is imported. A file that comes to match what was asked
 * for is a change, and so is, while the app cannot be loaded, any new code: it may be what is
 * missing.
 */
static void gather(struct gcn_codewatch *watch)
{
    const struct gcn_strings *extra = &watch->worker->settings->reload_extra_files;
    size_t before = watch->files.n;

    gcn_py_module_files(add_module, watch);
    size_t imported = watch->files.n;
    watch->files.adds_changed = watch->gathered;
    for (size_t i = 0; i < extra->n; i++) {
        gcn_fileset_add_pattern(&watch->files, extra->items[i]);
    }
    if (watch->broken) {
        gcn_fileset_add_tree(&watch->files, ".", ".py");
    }
    watch->files.adds_changed = false;
    watch->changed = watch->changed || (watch->gathered && watch->files.n != imported);
    watch->gathered = true;
    if (watch->files.n != before) {
        for (size_t i = 0; i < watch->files.n; i++) {
            add_directory_of(watch, watch->files.items[i].path);
        }
    }
}

/* Look at every file; the change time of the newest that has changed, or 0. */
static int64_t look(struct gcn_codewatch *watch)
{
    int64_t newest_us = 0;

    for (size_t i = 0; i < watch->files.n; i++) {
        struct gcn_file *file = &watch->files.items[i];
        if (!gcn_file_look(file)) {
            continue;
        }
        gcn_info("reload: %s has changed", file->path);
        int64_t changed_us = file->changed_us != 0 ? file->changed_us : gcn_clock_real_us();
        newest_us = changed_us > newest_us ? changed_us : newest_us;
    }
    return newest_us;
}

static void on_timer(struct gcn_watch *timer_watch, uint32_t events)
{
    struct gcn_codewatch *watch =
        GCN_CONTAINER_OF(timer_watch, struct gcn_codewatch, timer_watch);
    uint64_t count;

    (void)events;
    ssize_t ignored = read(watch->timer_fd, &count, sizeof(count));
    (void)ignored;
    gather(watch);
    if (watch->inotify_fd < 0 || watch->changed) {
        int64_t changed_us = look(watch);
        watch->changed = false;
        if (changed_us != 0) {
            atomic_store_explicit(&watch->worker->slot->changed_us, changed_us,
                                  memory_order_relaxed);
            gcn_scoreboard_poke_arbiter(watch->worker->board);
        }
    }
}

/* What happened does not matter: look() finds out which of our files are other ones than before. */
static void on_inotify(struct gcn_watch *inotify_watch, uint32_t events)
{
    struct gcn_codewatch *watch =
        GCN_CONTAINER_OF(inotify_watch, struct gcn_codewatch, inotify_watch);
    char bytes[EVENT_BYTES];

    (void)events;
    while (read(watch->inotify_fd, bytes, sizeof(bytes)) > 0) {
        watch->changed = true;
    }
    set_timer(watch, QUIET_MS);
}

static bool open_inotify(struct gcn_codewatch *watch, struct gcn_error *err)
{
    int engine = watch->worker->settings->reload_engine;

    if (engine == GCN_CHOICE_RELOAD_POLL) {
        return true;
    }
    watch->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    watch->inotify_watch.fn = on_inotify;
    if (watch->inotify_fd >= 0 && gcn_loop_watch(&watch->worker->loop, &watch->inotify_watch,
                                                 watch->inotify_fd, EPOLLIN)) {
        return true;
    }
    gcn_error_set_errno(err, "reload: inotify cannot be used");
    if (engine == GCN_CHOICE_RELOAD_INOTIFY) {
        return false;
    }
    gcn_warn("%s; looking at every file once a second instead", err->text);
    err->text[0] = '\0';
    return true;
}

struct gcn_codewatch *gcn_codewatch_start(struct gcn_worker *worker, bool broken,
                                          struct gcn_error *err)
{
    struct gcn_codewatch *watch = gcn_alloc_zero(1, sizeof(*watch));

    watch->worker = worker;
    watch->broken = broken;
    watch->inotify_fd = watch->timer_fd = -1;
    if (!open_inotify(watch, err)) {
        goto fail;
    }
    watch->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    watch->timer_watch.fn = on_timer;
    if (watch->timer_fd < 0 ||
        !gcn_loop_watch(&worker->loop, &watch->timer_watch, watch->timer_fd, EPOLLIN)) {
        gcn_error_set_errno(err, "reload: cannot make a timer");
        goto fail;
    }
    gather(watch);
    set_timer(watch, POLL_MS);
    return watch;

fail:
    gcn_codewatch_stop(watch);
    return NULL;
}

static void close_watched(struct gcn_loop *loop, struct gcn_watch *watch, int fd)
{
    if (fd >= 0) {
        gcn_loop_unwatch(loop, watch, fd);
        close(fd);
    }
}

void gcn_codewatch_stop(struct gcn_codewatch *watch)
{
    if (watch == NULL) {
        return;
    }
    close_watched(&watch->worker->loop, &watch->inotify_watch, watch->inotify_fd);
    close_watched(&watch->worker->loop, &watch->timer_watch, watch->timer_fd);
    gcn_fileset_finish(&watch->files);
    gcn_fileset_finish(&watch->directories);
    gcn_free(watch);
}
