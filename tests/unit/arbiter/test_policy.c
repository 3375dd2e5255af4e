/* SPDX-License-Identifier: MIT */
/*
 * The policy against a world of workers that boot, serve, tire and die as the test says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <gcorn/base/compiler.h>
#include <gcorn/proc/scoreboard.h>

#include "policy.h"

/* Plans are carried out by the letter: nothing boots or leaves unless the test makes it. */
struct world {
    struct gcn_policy policy;
    struct gcn_children children;
    uint64_t ages;
    unsigned spawned, retired, aborted, killed;
};

static struct world make_world(uint32_t target)
{
    struct world world = {.policy = {.target = target, .good = 1, .now_ms = 1000}};
    return world;
}

static void end_child(struct world *world, struct gcn_child *child)
{
    free(child->slot);
    gcn_children_remove(&world->children, child);
}

static void finish_world(struct world *world)
{
    while (world->children.n > 0) {
        end_child(world, &world->children.items[0]);
    }
    gcn_children_finish(&world->children);
}

static void carry_out(struct world *world, struct gcn_plan plan)
{
    struct gcn_child child = {.generation = plan.generation, .state = GCN_CHILD_BOOTING};

    switch (plan.kind) {
    case GCN_PLAN_SPAWN:
        child.age = ++world->ages;
        child.pid = (pid_t)(100 + child.age);
        child.slot = aligned_alloc(64, sizeof(struct gcn_slot));
        memset(child.slot, 0, sizeof(*child.slot));
        gcn_children_add(&world->children, &child);
        world->spawned++;
        break;
    case GCN_PLAN_RETIRE:
        plan.child->state = GCN_CHILD_LEAVING;
        world->retired++;
        break;
    case GCN_PLAN_ABORT:
        plan.child->state = GCN_CHILD_ABORTED;
        plan.child->kill_ms = world->policy.now_ms + 1000;
        world->aborted++;
        break;
    case GCN_PLAN_KILL:
        plan.child->state = GCN_CHILD_KILLED;
        plan.child->kill_ms = 0;
        world->killed++;
        break;
    case GCN_PLAN_NOTHING:
        break;
    }
}

static void settle(struct world *world)
{
    for (int i = 0; i < 10000; i++) {
        struct gcn_plan plan = gcn_policy_next(&world->policy, &world->children);
        if (plan.kind == GCN_PLAN_NOTHING) {
            return;
        }
        carry_out(world, plan);
    }
    fail_msg("the policy does not come to rest");
}

static unsigned count(const struct world *world, enum gcn_child_state state, uint64_t generation)
{
    unsigned n = 0;
    for (size_t i = 0; i < world->children.n; i++) {
        const struct gcn_child *child = &world->children.items[i];
        n += child->state == state && (generation == 0 || child->generation == generation);
    }
    return n;
}

static struct gcn_child *find(struct world *world, enum gcn_child_state state)
{
    for (size_t i = 0; i < world->children.n; i++) {
        if (world->children.items[i].state == state) {
            return &world->children.items[i];
        }
    }
    return NULL;
}

/* One booting worker becomes ready; a trial that succeeds becomes the good generation. */
static void boot_one(struct world *world)
{
    struct gcn_child *child = find(world, GCN_CHILD_BOOTING);
    assert_non_null(child);
    child->state = GCN_CHILD_READY;
    if (world->policy.trial != 0 && child->generation == world->policy.trial) {
        world->policy.good = world->policy.trial;
        world->policy.trial = 0;
    }
    settle(world);
}

static void boot_all(struct world *world)
{
    while (find(world, GCN_CHILD_BOOTING) != NULL) {
        boot_one(world);
    }
}

static struct world make_serving_world(uint32_t target)
{
    struct world world = make_world(target);
    settle(&world);
    boot_all(&world);
    assert_int_equal(count(&world, GCN_CHILD_READY, 1), target);
    world.spawned = 0;
    return world;
}

static void all_workers_are_started_at_once(void **state)
{
    struct world world = make_world(4);

    (void)state;
    settle(&world);
    assert_int_equal(world.spawned, 4);
    boot_all(&world);
    assert_int_equal(world.spawned, 4);
    assert_int_equal(world.retired, 0);
    finish_world(&world);
}

static void no_workers_are_started_for_a_target_of_none(void **state)
{
    struct world world = make_world(0);

    (void)state;
    settle(&world);
    assert_int_equal(world.spawned, 0);
    finish_world(&world);
}

static void dead_worker_is_replaced(void **state)
{
    struct world world = make_serving_world(3);

    (void)state;
    end_child(&world, &world.children.items[1]);
    settle(&world);
    assert_int_equal(world.spawned, 1);
    finish_world(&world);
}

static void nothing_is_started_or_retired_while_stopping(void **state)
{
    struct world world = make_serving_world(3);

    (void)state;
    world.policy.stopping = true;
    world.policy.target = 1;
    end_child(&world, &world.children.items[1]);
    settle(&world);
    assert_int_equal(world.spawned, 0);
    assert_int_equal(world.retired, 0);
    finish_world(&world);
}

static void fewer_workers_retire_the_oldest(void **state)
{
    struct world world = make_serving_world(3);

    (void)state;
    world.policy.target = 2;
    settle(&world);
    assert_int_equal(world.retired, 1);
    assert_int_equal(find(&world, GCN_CHILD_LEAVING)->age, 1);
    world.policy.target = 0;
    settle(&world);
    assert_int_equal(count(&world, GCN_CHILD_LEAVING, 0), 3);
    finish_world(&world);
}

static void worker_that_boots_for_nothing_is_retired(void **state)
{
    struct world world = make_serving_world(1);

    (void)state;
    world.policy.target = 2;
    settle(&world);
    assert_int_equal(world.spawned, 1);
    world.policy.target = 1;
    settle(&world);
    assert_int_equal(find(&world, GCN_CHILD_LEAVING)->age, 2);
    finish_world(&world);
}

static void reload_tries_one_worker_first(void **state)
{
    struct world world = make_serving_world(4);

    (void)state;
    world.policy.trial = 2;
    settle(&world);
    assert_int_equal(world.spawned, 1);
    assert_int_equal(world.retired, 0);
    assert_int_equal(count(&world, GCN_CHILD_READY, 1), 4);
    finish_world(&world);
}

static void reload_replaces_one_for_one_and_never_serves_with_fewer(void **state)
{
    static const uint32_t targets[] = {1, 2, 4, 16};

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(targets); i++) {
        uint32_t target = targets[i];
        struct world world = make_serving_world(target);
        world.policy.trial = 2;
        settle(&world);
        while (find(&world, GCN_CHILD_BOOTING) != NULL) {
            boot_one(&world);
            assert_true(count(&world, GCN_CHILD_READY, 0) >= target);
            uint32_t surge = target / 4 > 1 ? target / 4 : 1;
            assert_true(count(&world, GCN_CHILD_READY, 0) + count(&world, GCN_CHILD_BOOTING, 0) <=
                        target + surge);
        }
        assert_int_equal(count(&world, GCN_CHILD_READY, 2), target);
        assert_int_equal(count(&world, GCN_CHILD_READY, 1), 0);
        assert_int_equal(world.spawned, target);
        finish_world(&world);
    }
}

static void reload_may_change_the_number_of_workers(void **state)
{
    static const struct {
        uint32_t before, after;
    } cases[] = {{2, 5}, {5, 2}, {1, 0}, {0, 3}, {8, 1}};

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct world world = make_serving_world(cases[i].before);
        world.policy.trial = 2;
        settle(&world);
        boot_one(&world);
        world.policy.target = cases[i].after;
        settle(&world);
        boot_all(&world);
        assert_int_equal(count(&world, GCN_CHILD_READY, 2), cases[i].after);
        assert_int_equal(count(&world, GCN_CHILD_READY, 1), 0);
        finish_world(&world);
    }
}

static void failed_trial_leaves_the_old_generation_alone(void **state)
{
    struct world world = make_serving_world(2);

    (void)state;
    world.policy.trial = 2;
    settle(&world);
    end_child(&world, find(&world, GCN_CHILD_BOOTING));
    world.policy.trial = 0;
    world.policy.failures = 1;
    settle(&world);
    assert_int_equal(world.spawned, 1);
    assert_int_equal(world.retired, 0);
    assert_int_equal(count(&world, GCN_CHILD_READY, 1), 2);
    finish_world(&world);
}

static void trial_that_was_given_up_is_retired_while_it_boots(void **state)
{
    struct world world = make_serving_world(2);

    (void)state;
    world.policy.trial = 2;
    settle(&world);
    world.policy.trial = 3; /* another reload */
    settle(&world);
    assert_int_equal(count(&world, GCN_CHILD_LEAVING, 2), 1);
    assert_int_equal(count(&world, GCN_CHILD_BOOTING, 3), 1);
    assert_int_equal(count(&world, GCN_CHILD_READY, 1), 2);
    finish_world(&world);
}

static void old_worker_that_dies_during_a_trial_is_replaced_in_kind(void **state)
{
    struct world world = make_serving_world(2);

    (void)state;
    world.policy.trial = 2;
    settle(&world);
    end_child(&world, find(&world, GCN_CHILD_READY));
    settle(&world);
    assert_int_equal(count(&world, GCN_CHILD_BOOTING, 1), 1);
    assert_int_equal(count(&world, GCN_CHILD_BOOTING, 2), 1);
    finish_world(&world);
}

static void tired_workers_are_replaced_one_at_a_time_and_by_ready_ones(void **state)
{
    struct world world = make_serving_world(3);

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        world.children.items[i].tired = true;
    }
    settle(&world);
    assert_int_equal(world.spawned, 1);
    assert_int_equal(world.retired, 0);
    boot_one(&world);
    assert_int_equal(world.retired, 1);
    assert_int_equal(find(&world, GCN_CHILD_LEAVING)->age, 1);
    assert_int_equal(world.spawned, 2);
    boot_all(&world);
    assert_int_equal(world.retired, 3);
    assert_int_equal(count(&world, GCN_CHILD_READY, 0), 3);
    finish_world(&world);
}

static void silent_worker_is_aborted_then_killed_and_replaced_meanwhile(void **state)
{
    struct world world = make_serving_world(2);

    (void)state;
    atomic_store(&world.children.items[0].slot->deadline_ms, 5000);
    world.policy.now_ms = 5000;
    settle(&world);
    assert_int_equal(world.aborted, 0);
    assert_int_equal(gcn_policy_next_ms(&world.policy, &world.children), 5001);
    world.policy.now_ms = 5001;
    settle(&world);
    assert_int_equal(world.aborted, 0);
    assert_int_equal(gcn_policy_next_ms(&world.policy, &world.children), 5101);
    world.policy.now_ms = 5101;
    settle(&world);
    assert_int_equal(world.aborted, 1);
    assert_int_equal(world.spawned, 1);
    assert_int_equal(gcn_policy_next_ms(&world.policy, &world.children), 6101);
    world.policy.now_ms = 6101;
    settle(&world);
    assert_int_equal(world.killed, 1);
    assert_int_equal(gcn_policy_next_ms(&world.policy, &world.children), INT64_MAX);
    finish_world(&world);
}

/*
 * All deadlines are missed when the machine has stood still, by workers that are well as by others.
 */
static void who_is_found_silent_late_has_all_its_time_again_but_only_once(void **state)
{
    struct world world = make_serving_world(2);

    (void)state;
    atomic_store(&world.children.items[0].slot->deadline_ms, 5000);
    atomic_store(&world.children.items[1].slot->deadline_ms, 9000);
    world.policy.timeout_ms = 30000;
    world.policy.now_ms = 60000;
    settle(&world);
    assert_int_equal(world.aborted, 0);
    assert_int_equal(gcn_policy_next_ms(&world.policy, &world.children), 90000);
    atomic_store(&world.children.items[1].slot->deadline_ms, 90001); /* this one goes on */
    world.policy.now_ms = 91000;
    settle(&world);
    assert_int_equal(world.aborted, 1);
    assert_int_equal(find(&world, GCN_CHILD_ABORTED)->age, 1);
    finish_world(&world);
}

/*
 * Another deadline, another chance: what was spared once is not forgiven for ever, nor held against
 * anybody.
 */
static void spared_time_belongs_to_one_deadline(void **state)
{
    struct world world = make_serving_world(1);

    (void)state;
    world.policy.timeout_ms = 2000;
    for (int64_t deadline = 5000; deadline < 20000; deadline += 5000) {
        atomic_store(&world.children.items[0].slot->deadline_ms, deadline);
        world.policy.now_ms = deadline + 50;
        settle(&world);
        assert_int_equal(gcn_policy_next_ms(&world.policy, &world.children), deadline + 150);
    }
    assert_int_equal(world.aborted, 0);
    world.policy.now_ms = 15150;
    settle(&world);
    assert_int_equal(world.aborted, 1);
    finish_world(&world);
}

static void worker_without_a_deadline_is_never_silent(void **state)
{
    struct world world = make_serving_world(2);

    (void)state;
    world.policy.now_ms = INT64_MAX / 2;
    settle(&world);
    assert_int_equal(world.aborted, 0);
    finish_world(&world);
}

static void worker_that_does_not_leave_is_killed(void **state)
{
    struct world world = make_serving_world(1);

    (void)state;
    world.policy.stopping = true;
    world.children.items[0].state = GCN_CHILD_LEAVING;
    world.children.items[0].kill_ms = 3000;
    settle(&world);
    assert_int_equal(gcn_policy_next_ms(&world.policy, &world.children), 3000);
    world.policy.now_ms = 3000;
    settle(&world);
    assert_int_equal(world.killed, 1);
    finish_world(&world);
}

static void boots_that_fail_are_repeated_one_by_one_and_later(void **state)
{
    struct world world = make_world(3);

    (void)state;
    world.policy.failures = 1;
    world.policy.boot_after_ms = 1250;
    settle(&world);
    assert_int_equal(world.spawned, 0);
    assert_int_equal(gcn_policy_next_ms(&world.policy, &world.children), 1250);
    world.policy.now_ms = 1250;
    settle(&world);
    assert_int_equal(world.spawned, 1);
    assert_int_equal(gcn_policy_next_ms(&world.policy, &world.children), INT64_MAX);
    world.policy.failures = 0;
    boot_one(&world);
    assert_int_equal(world.spawned, 3);
    finish_world(&world);
}

static void a_trial_does_not_wait_for_what_failed_before(void **state)
{
    struct world world = make_serving_world(2);

    (void)state;
    world.policy.failures = 3;
    world.policy.boot_after_ms = 2000;
    world.policy.trial = 2;
    assert_int_equal(gcn_policy_next_ms(&world.policy, &world.children), world.policy.now_ms);
    settle(&world);
    assert_int_equal(count(&world, GCN_CHILD_BOOTING, 2), 1);
    assert_int_equal(gcn_policy_next_ms(&world.policy, &world.children), INT64_MAX);
    finish_world(&world);
}

static void nothing_is_due_while_the_trial_is_preloaded(void **state)
{
    struct world world = make_serving_world(2);

    (void)state;
    world.policy.trial = 2;
    world.policy.trial_waits = true;
    settle(&world);
    assert_int_equal(world.spawned, 0);
    assert_int_equal(gcn_policy_next_ms(&world.policy, &world.children), INT64_MAX);
    finish_world(&world);
}

static void pauses_grow_to_a_limit(void **state)
{
    static const int64_t pauses[] = {250, 500, 1000, 2000, 4000, 8000, 15000, 15000};

    (void)state;
    for (uint32_t i = 0; i < GCN_COUNT(pauses); i++) {
        assert_int_equal(gcn_policy_pause_ms(i + 1), pauses[i]);
    }
    assert_int_equal(gcn_policy_pause_ms(UINT32_MAX), 15000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_workers_are_started_at_once),
        cmocka_unit_test(no_workers_are_started_for_a_target_of_none),
        cmocka_unit_test(dead_worker_is_replaced),
        cmocka_unit_test(nothing_is_started_or_retired_while_stopping),
        cmocka_unit_test(fewer_workers_retire_the_oldest),
        cmocka_unit_test(worker_that_boots_for_nothing_is_retired),
        cmocka_unit_test(reload_tries_one_worker_first),
        cmocka_unit_test(reload_replaces_one_for_one_and_never_serves_with_fewer),
        cmocka_unit_test(reload_may_change_the_number_of_workers),
        cmocka_unit_test(failed_trial_leaves_the_old_generation_alone),
        cmocka_unit_test(trial_that_was_given_up_is_retired_while_it_boots),
        cmocka_unit_test(old_worker_that_dies_during_a_trial_is_replaced_in_kind),
        cmocka_unit_test(tired_workers_are_replaced_one_at_a_time_and_by_ready_ones),
        cmocka_unit_test(silent_worker_is_aborted_then_killed_and_replaced_meanwhile),
        cmocka_unit_test(who_is_found_silent_late_has_all_its_time_again_but_only_once),
        cmocka_unit_test(spared_time_belongs_to_one_deadline),
        cmocka_unit_test(worker_without_a_deadline_is_never_silent),
        cmocka_unit_test(worker_that_does_not_leave_is_killed),
        cmocka_unit_test(boots_that_fail_are_repeated_one_by_one_and_later),
        cmocka_unit_test(a_trial_does_not_wait_for_what_failed_before),
        cmocka_unit_test(nothing_is_due_while_the_trial_is_preloaded),
        cmocka_unit_test(pauses_grow_to_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
