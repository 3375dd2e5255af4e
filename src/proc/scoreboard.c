/* SPDX-License-Identifier: MIT */
/*
 * The scoreboard's memory and its eventfds. Everything is made before the first fork, so that a
 * worker can poke any sibling, also one that is forked after it.
 */
#include <gcorn/proc/scoreboard.h>

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gcorn/base/die.h>
#include <gcorn/base/ownfd.h>

static int open_eventfd(struct gcn_error *err)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
        gcn_error_set_errno(err, "cannot create an eventfd for the scoreboard");
    }
    gcn_ownfd_add(fd);
    return fd;
}

static void close_eventfd(int fd)
{
    if (fd >= 0) {
        gcn_ownfd_close(fd);
    }
}

/* The arbiter's and each slot's. False with those that could be made, the others -1. */
static bool open_eventfds(struct gcn_scoreboard *board, struct gcn_error *err)
{
    board->arbiter_fd = open_eventfd(err);
    for (uint32_t i = 0; i < board->n_slots; i++) {
        int fd = board->arbiter_fd < 0 ? -1 : open_eventfd(err);
        if (fd < 0) {
            return gcn_error_prefix(
                err, "scoreboard slot %u of %u (each takes a descriptor: see ulimit -n)", i,
                board->n_slots);
        }
        board->slots[i].wake_fd = fd;
    }
    return true;
}

bool gcn_scoreboard_open(struct gcn_scoreboard *board, uint32_t n_slots, struct gcn_error *err)
{
    GCN_ASSERT(n_slots > 0);
    *board = (struct gcn_scoreboard){.arbiter_fd = -1};
    void *memory = mmap(NULL, n_slots * sizeof(struct gcn_slot), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return gcn_error_set_errno(err, "cannot map a scoreboard of %u slots", n_slots);
    }
    board->slots = memory;
    board->n_slots = n_slots;
    for (uint32_t i = 0; i < n_slots; i++) {
        board->slots[i].wake_fd = -1;
    }
    if (open_eventfds(board, err)) {
        return true;
    }
    gcn_scoreboard_close(board);
    return false;
}

void gcn_scoreboard_close(struct gcn_scoreboard *board)
{
    if (board->slots == NULL) {
        return;
    }
    for (uint32_t i = 0; i < board->n_slots; i++) {
        close_eventfd(board->slots[i].wake_fd);
    }
    close_eventfd(board->arbiter_fd);
    munmap(board->slots, board->n_slots * sizeof(struct gcn_slot));
    *board = (struct gcn_scoreboard){.arbiter_fd = -1};
}

struct gcn_slot *gcn_scoreboard_take(struct gcn_scoreboard *board)
{
    for (uint32_t i = 0; i < board->n_slots; i++) {
        struct gcn_slot *slot = &board->slots[i];
        if (atomic_load_explicit(&slot->state, memory_order_relaxed) == GCN_SLOT_FREE) {
            atomic_store_explicit(&slot->state, GCN_SLOT_BOOTING, memory_order_relaxed);
            return slot;
        }
    }
    return NULL;
}

/* Forget pokes that the last owner did not read. */
static void drain(int fd)
{
    uint64_t count;
    ssize_t ignored = read(fd, &count, sizeof(count));
    (void)ignored; /* EAGAIN: there were none */
}

void gcn_scoreboard_free_slot(struct gcn_slot *slot)
{
    /* Its worker is reaped: this process is the only writer, and siblings read only numbers. */
    atomic_store_explicit(&slot->pid, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->deadline_ms, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->load, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->ended, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->silent, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->capacity, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->generation, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->requests, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->refused, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->connections, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->accepted, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->bytes_in, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->bytes_out, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->busy_us, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->queued_us, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->started_ms, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->sockets, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->wants_rest, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->broken, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->changed_us, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->birth, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->doing[0], '\0', memory_order_relaxed);
    drain(slot->wake_fd);
    atomic_store_explicit(&slot->state, GCN_SLOT_FREE, memory_order_relaxed);
}

static void poke(int fd)
{
    int saved = errno;
    uint64_t one = 1;
    ssize_t ignored = write(fd, &one, sizeof(one));
    (void)ignored; /* EAGAIN: the counter is full, so it is readable anyway */
    errno = saved;
}

void gcn_slot_poke(const struct gcn_slot *slot)
{
    poke(slot->wake_fd);
}

void gcn_scoreboard_poke_arbiter(const struct gcn_scoreboard *board)
{
    poke(board->arbiter_fd);
}

/* Bytes that a log line can show as they are; the others become '?'. */
static char printable(char byte)
{
    return byte > 0x20 && byte < 0x7f ? byte : '?';
}

void gcn_slot_set_doing(struct gcn_slot *slot, const char *method, size_t method_len,
                        const char *path, size_t path_len)
{
    size_t at = 0;

    for (size_t i = 0; i < method_len && at < 24; i++) {
        atomic_store_explicit(&slot->doing[at++], printable(method[i]), memory_order_relaxed);
    }
    if (method_len > 0) {
        atomic_store_explicit(&slot->doing[at++], ' ', memory_order_relaxed);
    }
    for (size_t i = 0; i < path_len && at < GCN_SLOT_DOING_BYTES - 1; i++) {
        atomic_store_explicit(&slot->doing[at++], printable(path[i]), memory_order_relaxed);
    }
    atomic_store_explicit(&slot->doing[at], '\0', memory_order_relaxed);
}

void gcn_slot_doing(const struct gcn_slot *slot, char out[GCN_SLOT_DOING_BYTES])
{
    size_t i = 0;

    for (; i < GCN_SLOT_DOING_BYTES - 1; i++) {
        out[i] = atomic_load_explicit(&slot->doing[i], memory_order_relaxed);
        if (out[i] == '\0') {
            return;
        }
    }
    out[i] = '\0';
}
