/* SPDX-License-Identifier: MIT */
/*
 * Who takes a connection, with the numbers of three workers of two threads each as they may be.
 */
#include "harness/check.h"

#include "share.h"

enum { WORKERS = 3, THREADS = 2, MOST = 100 };

static struct gcn_slot slots[WORKERS];
static const struct gcn_scoreboard board = {slots, WORKERS, -1};

/* What a worker has: requests that run, silent connections, idle kept ones. */
struct load {
    int running, silent, kept;
};

static int setup(void **state)
{
    (void)state;
    memset(slots, 0, sizeof(slots));
    for (int i = 0; i < WORKERS; i++) {
        slots[i].state = GCN_SLOT_IDLE;
        slots[i].capacity = THREADS;
    }
    return 0;
}

static void set(struct gcn_slot *slot, struct load load)
{
    slot->load = load.running;
    slot->silent = load.silent;
    slot->connections = load.running + load.silent + load.kept;
}

static enum gcn_share decide(struct load self, struct load one, struct load two, int *who)
{
    const struct gcn_slot *sibling;

    set(&slots[0], self);
    set(&slots[1], one);
    set(&slots[2], two);
    enum gcn_share share = gcn_share_decide(&board, &slots[0], MOST, &sibling);
    *who = (int)(sibling - slots);
    return share;
}

static void each_situation_has_its_answer(void **state)
{
    static const struct {
        struct load self, one, two;
        enum gcn_share share;
        int who;
    } rows[] = {
        /* alike: take it, and save the wake-up */
        {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}, GCN_SHARE_TAKE, 0},
        {{1, 0, 0}, {0, 0, 0}, {0, 0, 0}, GCN_SHARE_TAKE, 0},
        {{0, 0, 1}, {0, 0, 0}, {0, 0, 0}, GCN_SHARE_TAKE, 0},
        /* one that may speak this very moment counts */
        {{0, 1, 0}, {0, 0, 0}, {0, 1, 0}, GCN_SHARE_LEAVE, 1},
        /* kept connections get threads of their own as long as there are any */
        {{0, 0, 2}, {0, 0, 1}, {0, 0, 1}, GCN_SHARE_LEAVE, 1},
        {{0, 0, 2}, {0, 0, 3}, {1, 0, 0}, GCN_SHARE_LEAVE, 2},
        {{0, 0, 5}, {0, 0, 4}, {0, 0, 3}, GCN_SHARE_TAKE, 0},
        {{0, 0, 13}, {0, 0, 4}, {0, 0, 2}, GCN_SHARE_LEAVE, 1},
        /* all threads run requests: whoever is free takes it */
        {{2, 0, 0}, {1, 0, 9}, {2, 0, 0}, GCN_SHARE_LEAVE, 1},
        {{2, 0, 0}, {2, 0, 0}, {1, 1, 0}, GCN_SHARE_LEAVE, 2},
        {{2, 0, 0}, {2, 0, 0}, {2, 0, 0}, GCN_SHARE_WAIT, 0},
        /* more than threads only after a second look, unless it is a flood */
        {{1, 1, 0}, {2, 0, 0}, {1, 1, 0}, GCN_SHARE_HESITATE, 0},
        {{0, 2, 0}, {2, 0, 0}, {2, 0, 0}, GCN_SHARE_HESITATE, 0},
        {{0, 10, 0}, {2, 0, 0}, {0, 10, 0}, GCN_SHARE_TAKE, 0},
    };

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        int who;
        enum gcn_share share = decide(rows[i].self, rows[i].one, rows[i].two, &who);
        if (share != rows[i].share || who != rows[i].who) {
            fail_msg("row %zu: %d by %d, expected %d by %d", i, (int)share, who,
                     (int)rows[i].share, rows[i].who);
        }
    }
}

static void requests_that_have_ended_do_not_count(void **state)
{
    int who;

    (void)state;
    slots[2].ended = 1;
    assert_int_equal(decide((struct load){2, 0, 0}, (struct load){2, 0, 0},
                            (struct load){2, 0, 0}, &who), GCN_SHARE_LEAVE);
    assert_int_equal(who, 2);
}

static void who_cannot_take_it_is_not_asked(void **state)
{
    const struct load busy = {2, 0, 0}, empty = {0, 0, 0};
    int who;

    (void)state;
    slots[1].state = GCN_SLOT_BOOTING;
    slots[2].state = GCN_SLOT_DRAINING;
    assert_int_equal(decide(busy, empty, empty, &who), GCN_SHARE_WAIT);
    slots[1].state = slots[2].state = GCN_SLOT_IDLE;
    slots[1].sockets = slots[2].sockets = 1;
    assert_int_equal(decide(busy, empty, empty, &who), GCN_SHARE_WAIT);
    slots[1].sockets = slots[2].sockets = 0;
    assert_int_equal(decide(busy, (struct load){0, 0, MOST}, (struct load){0, 0, MOST}, &who),
                     GCN_SHARE_WAIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_situation_has_its_answer, setup),
        cmocka_unit_test_setup(requests_that_have_ended_do_not_count, setup),
        cmocka_unit_test_setup(who_cannot_take_it_is_not_asked, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
