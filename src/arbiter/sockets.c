/* SPDX-License-Identifier: MIT */
/*
 * From the setting `bind` to listening sockets, keeping those that are open already.
 */
#include "sockets.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/base/ownfd.h>
#include <gcorn/config/settings.h>

struct gcn_listener_options gcn_sockets_options(const struct gcn_settings *settings)
{
    bool root = geteuid() == 0;

    return (struct gcn_listener_options){
        .backlog = settings->backlog < INT_MAX ? (int)settings->backlog : INT_MAX,
        .reuse_port = settings->reuse_port,
        .umask = (mode_t)settings->umask,
        .uid = root && settings->user != (int64_t)geteuid() ? (uid_t)settings->user : (uid_t)-1,
        .gid = root && settings->group != (int64_t)getegid() ? (gid_t)settings->group : (gid_t)-1,
    };
}

static const struct gcn_listener *find(const struct gcn_sockets *sockets,
                                       const struct gcn_addr *addr)
{
    for (uint32_t i = 0; i < sockets->n; i++) {
        if (gcn_addr_equal(&sockets->items[i].addr, addr)) {
            return &sockets->items[i];
        }
    }
    return NULL;
}

static bool shares(const struct gcn_sockets *sockets, int fd)
{
    for (uint32_t i = 0; sockets != NULL && i < sockets->n; i++) {
        if (sockets->items[i].fd == fd) {
            return true;
        }
    }
    return false;
}

static bool open_one(struct gcn_sockets *sockets, const char *text,
                     const struct gcn_listener_options *options, const struct gcn_sockets *old,
                     struct gcn_error *err)
{
    struct gcn_addr addr;
    struct gcn_listener *listener = &sockets->items[sockets->n];

    if (!gcn_addr_parse(gcn_slice_of(text), &addr, err)) {
        return gcn_error_prefix(err, "bind");
    }
    const struct gcn_listener *kept = find(old, &addr);
    if (kept != NULL) {
        *listener = *kept;
        (void)listen(listener->fd, options->backlog); /* the backlog may be another one now */
    } else if (!gcn_listener_open(listener, &addr, options, err)) {
        return false;
    }
    sockets->n++;
    return true;
}

bool gcn_sockets_open(struct gcn_sockets *sockets, const struct gcn_settings *settings,
                      const struct gcn_sockets *old, struct gcn_error *err)
{
    struct gcn_listener_options options = gcn_sockets_options(settings);

    sockets->n = 0;
    sockets->items = gcn_alloc_zero(settings->bind.n, sizeof(*sockets->items));
    for (size_t i = 0; i < settings->bind.n; i++) {
        if (!open_one(sockets, settings->bind.items[i], &options, old, err)) {
            int saved = errno;
            gcn_sockets_close(sockets, old, true);
            errno = saved;
            return false;
        }
    }
    return true;
}

void gcn_sockets_copy(struct gcn_sockets *sockets, const struct gcn_sockets *from)
{
    sockets->n = from->n;
    sockets->items = gcn_alloc_zero(from->n, sizeof(*sockets->items));
    for (uint32_t i = 0; i < from->n; i++) {
        sockets->items[i] = from->items[i];
    }
}

bool gcn_sockets_equal(const struct gcn_sockets *a, const struct gcn_sockets *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->items[i].fd != b->items[i].fd) {
            return false;
        }
    }
    return true;
}

void gcn_sockets_close(struct gcn_sockets *sockets, const struct gcn_sockets *keep, bool unlink)
{
    for (uint32_t i = 0; i < sockets->n; i++) {
        struct gcn_listener *listener = &sockets->items[i];
        if (listener->fd >= 0 && shares(keep, listener->fd)) {
            continue;
        }
        if (unlink) {
            gcn_listener_unlink(listener);
        }
        gcn_listener_close(listener);
    }
    gcn_free(sockets->items);
    *sockets = (struct gcn_sockets){0};
}

void gcn_sockets_leave(struct gcn_sockets *sockets, struct gcn_sockets *left)
{
    for (uint32_t i = 0; i < sockets->n; i++) {
        gcn_ownfd_close(sockets->items[i].fd);
        sockets->items[i].fd = -1;
    }
    *left = *sockets;
    *sockets = (struct gcn_sockets){0};
}

void gcn_sockets_log(const struct gcn_sockets *sockets, const struct gcn_settings *settings)
{
    struct gcn_buf text = {0};
    char one[GCN_ADDR_TEXT_BYTES];
    bool tls = settings->certfile != NULL || settings->keyfile != NULL;
    int cap = gcn_listener_backlog_cap();

    for (uint32_t i = 0; i < sockets->n; i++) {
        gcn_buf_printf(&text, "%s%s", i > 0 ? "," : "",
                       gcn_listener_print(&sockets->items[i], tls, one));
    }
    gcn_info("listening at: %s (%d)", text.len > 0 ? text.ptr : "nothing", (int)getpid());
    gcn_buf_finish(&text);
    if (cap > 0 && settings->backlog > cap) {
        gcn_info("the kernel caps the backlog of %lld at %d (net.core.somaxconn)",
                 (long long)settings->backlog, cap);
    }
}
