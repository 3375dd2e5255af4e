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

enum { SPARE_SLOTS = 8 };

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
    gcn_scoreboard_close(&board->board);
    gcn_free(board);
}

bool gcn_boards_grow(struct gcn_arbiter *arb, uint32_t n_slots, struct gcn_error *err)
{
    struct gcn_arbiter_board *board = gcn_alloc_zero(1, sizeof(*board));

    board->watch.fn = on_poke;
    if (!gcn_scoreboard_open(&board->board, n_slots, err)) {
        goto fail;
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

bool gcn_boards_fit(struct gcn_arbiter *arb, int64_t workers, struct gcn_error *err)
{
    uint32_t wanted = (uint32_t)workers * 2 + SPARE_SLOTS;

    if (arb->boards == NULL) {
        return gcn_boards_grow(arb, wanted, err);
    }
    uint32_t n_slots = arb->boards->board.n_slots;
    return wanted <= n_slots ||
           gcn_boards_grow(arb, wanted > n_slots * 2 ? wanted : n_slots * 2, err);
}

bool gcn_boards_take(struct gcn_arbiter *arb, struct gcn_child *child)
{
    struct gcn_error err = {{0}};

    child->slot = gcn_scoreboard_take(&arb->boards->board);
    if (child->slot == NULL) {
        if (!gcn_boards_grow(arb, arb->boards->board.n_slots * 2, &err)) {
            gcn_error("no slot for another worker: %s", err.text);
            return false;
        }
        child->slot = gcn_scoreboard_take(&arb->boards->board);
    }
    GCN_ASSERT(child->slot != NULL);
    child->board = arb->boards;
    return true;
}

void gcn_boards_give_back(struct gcn_child *child)
{
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
