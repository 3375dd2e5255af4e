/* SPDX-License-Identifier: MIT */
/*
 * Scoreboards. The eventfds of a board have to exist before the workers that poke each other are
 * forked, so a board cannot grow: a larger one takes its place for the workers to come. Workers on
 * different boards do not steer connections to each other, which costs them nothing but evenness.
 * Each board is at least twice as large as the last, so keeping the old ones wastes less than one.
 */
#include "arbiter_private.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <gcorn/base/die.h>
#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/log/access.h>
#include <gcorn/proc/rlimit.h>

enum {
    SPARE_SLOTS = 8,
    /* A process that preloads knows only the boards that there were when it was forked, so TTIN has to find
       its slots there. */
    SPARE_SLOTS_OF_PRELOADED = 64,
    SPARE_DESCRIPTORS = 256,
};

/* Some worker wrote something; the loop looks at all of them after each batch. */
static void on_poke(struct gcn_watch *watch, uint32_t events)
{
    struct gcn_arbiter_board *board = GCN_CONTAINER_OF(watch, struct gcn_arbiter_board, watch);
    uint64_t count;

    (void)events;
    ssize_t ignored = read(board->board.arbiter_fd, &count, sizeof(count));
    (void)ignored;
}

static void destroy(struct gcn_arbiter *arb, struct gcn_arbiter_board *board)
{
    gcn_loop_unwatch(&arb->loop, &board->watch, board->board.arbiter_fd);
    for (uint32_t i = 0; i < board->board.n_slots; i++) {
        gcn_access_place_close(board->places[i]);
    }
    gcn_free(board->places);
    gcn_scoreboard_close(&board->board);
    gcn_free(board);
}

bool gcn_boards_grow(struct gcn_arbiter *arb, uint32_t n_slots, struct gcn_error *err)
{
    struct gcn_arbiter_board *board = gcn_alloc_zero(1, sizeof(*board));

    board->watch.fn = on_poke;
    (void)gcn_rlimit_descriptors(n_slots + SPARE_DESCRIPTORS); /* if it is too few, err will say so */
    if (!gcn_scoreboard_open(&board->board, n_slots, err)) {
        goto fail;
    }
    board->places = gcn_alloc_zero(n_slots, sizeof(struct gcn_access_place *));
    for (uint32_t i = 0; i < n_slots; i++) {
        board->places[i] = gcn_access_place_open(err);
        if (board->places[i] == NULL) {
            goto fail;
        }
    }
    if (!gcn_loop_watch(&arb->loop, &board->watch, board->board.arbiter_fd, EPOLLIN)) {
        gcn_error_set_errno(err, "cannot watch the scoreboard");
        goto fail;
    }
    board->older = arb->boards;
    arb->boards = board;
    return true;

fail:
    destroy(arb, board);
    return false;
}

bool gcn_boards_fit(struct gcn_arbiter *arb, const struct gcn_settings *settings,
                    struct gcn_error *err)
{
    uint32_t spare = settings->preload_app ? SPARE_SLOTS_OF_PRELOADED : SPARE_SLOTS;
    uint32_t wanted = (uint32_t)settings->workers * 2 + spare;

    if (arb->boards == NULL) {
        return gcn_boards_grow(arb, wanted, err);
    }
    uint32_t n_slots = arb->boards->board.n_slots;
    return wanted <= n_slots ||
           gcn_boards_grow(arb, wanted > n_slots * 2 ? wanted : n_slots * 2, err);
}

bool gcn_boards_take(struct gcn_arbiter *arb, const struct gcn_arbiter_board *limit,
                     struct gcn_child *child)
{
    struct gcn_arbiter_board *newest = arb->boards;
    struct gcn_error err = {{0}};

    while (limit != NULL && newest != limit) {
        newest = newest->older;
    }
    GCN_ASSERT(newest != NULL);
    for (struct gcn_arbiter_board *board = newest; board != NULL; board = board->older) {
        child->slot = gcn_scoreboard_take(&board->board);
        child->board = board;
        if (child->slot != NULL) {
            return true;
        }
    }
    if (limit != NULL) {
        gcn_error("the process that preloads the app has no room for so many more workers than it "
                  "was started for: set `workers` and reload (HUP)");
        return false;
    }
    if (!gcn_boards_grow(arb, newest->board.n_slots * 2, &err)) {
        gcn_error("there is no room for another worker: %s", err.text);
        return false;
    }
    return gcn_boards_take(arb, NULL, child);
}

struct gcn_access_place *gcn_boards_place(const struct gcn_child *child)
{
    const struct gcn_arbiter_board *board = child->board;
    return board->places[child->slot - board->board.slots];
}

void gcn_boards_give_back(struct gcn_arbiter *arb, struct gcn_child *child)
{
    gcn_access_rescue(arb->good->access, gcn_boards_place(child));
    gcn_scoreboard_free_slot(child->slot);
}

void gcn_boards_finish(struct gcn_arbiter *arb)
{
    while (arb->boards != NULL) {
        struct gcn_arbiter_board *older = arb->boards->older;
        destroy(arb, arb->boards);
        arb->boards = older;
    }
}
