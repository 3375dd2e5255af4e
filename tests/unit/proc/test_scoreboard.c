/* SPDX-License-Identifier: MIT */
/*
 * The scoreboard between processes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcorn/proc/scoreboard.h>
#include <gcorn/proc/spawn.h>

static struct gcn_scoreboard open_board(uint32_t n_slots)
{
    struct gcn_scoreboard board;
    struct gcn_error err = {{0}};
    if (!gcn_scoreboard_open(&board, n_slots, &err)) {
        fail_msg("%s", err.text);
    }
    return board;
}

static bool is_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1;
}

static void board_gives_each_slot_once(void **state)
{
    struct gcn_scoreboard board = open_board(2);

    (void)state;
    struct gcn_slot *first = gcn_scoreboard_take(&board);
    struct gcn_slot *second = gcn_scoreboard_take(&board);
    assert_non_null(first);
    assert_non_null(second);
    assert_ptr_not_equal(first, second);
    assert_null(gcn_scoreboard_take(&board));
    gcn_scoreboard_free_slot(first);
    assert_ptr_equal(gcn_scoreboard_take(&board), first);
    gcn_scoreboard_close(&board);
    gcn_scoreboard_close(&board);
}

/* How many shared mappings without a file this process has. */
static int count_shared_mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    int n = 0;

    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps) != NULL) {
        n += strstr(line, "/dev/zero") != NULL;
    }
    fclose(maps);
    return n;
}

static void without_descriptors_nothing_is_left_behind(void **state)
{
    static const rlim_t spare[] = {0, 1, 5};
    struct rlimit old, low;
    struct gcn_scoreboard board;

    (void)state;
    int mappings = count_shared_mappings();
    int next_fd = dup(0);
    assert_true(next_fd >= 0);
    close(next_fd);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    for (size_t i = 0; i < GCN_COUNT(spare); i++) {
        struct gcn_error err = {{0}};
        low = (struct rlimit){(rlim_t)next_fd + spare[i], old.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
        bool opened = gcn_scoreboard_open(&board, 1000, &err);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
        assert_false(opened);
        assert_non_null(strstr(err.text, "of 1000 (each takes a descriptor: see ulimit -n)"));
        assert_int_equal(count_shared_mappings(), mappings);
        assert_int_equal(dup(0), next_fd);
        close(next_fd);
        gcn_scoreboard_close(&board);
    }
}

static void slots_do_not_share_cache_lines(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct gcn_slot) % 64, 0);
}

static void freed_slot_is_clean_but_for_its_eventfd(void **state)
{
    struct gcn_scoreboard board = open_board(1);
    struct gcn_slot *slot = gcn_scoreboard_take(&board);
    char doing[GCN_SLOT_DOING_BYTES];

    (void)state;
    int fd = slot->wake_fd;
    slot->requests = 7;
    slot->deadline_ms = 8;
    slot->wants_rest = 1;
    gcn_slot_set_doing(slot, "GET", 3, "/", 1);
    gcn_slot_poke(slot);
    assert_true(is_readable(fd));
    gcn_scoreboard_free_slot(slot);
    assert_int_equal(slot->requests, 0);
    assert_int_equal(slot->deadline_ms, 0);
    assert_int_equal(slot->wants_rest, 0);
    assert_int_equal(slot->wake_fd, fd);
    assert_false(is_readable(fd));
    gcn_slot_doing(slot, doing);
    assert_string_equal(doing, "");
    gcn_scoreboard_close(&board);
}

static void doing_is_printable_and_cut(void **state)
{
    static const struct {
        const char *method, *path, *expected;
    } cases[] = {
        {"GET", "/", "GET /"},
        {"GET", "/a b\n\x01\xff", "GET /a?b???"},
        {"", "", ""},
        {"PROPFINDPROPFINDPROPFINDPROPFIND", "/x", "PROPFINDPROPFINDPROPFIND /x"},
    };
    struct gcn_scoreboard board = open_board(1);
    char doing[GCN_SLOT_DOING_BYTES], path[300];

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        gcn_slot_set_doing(&board.slots[0], cases[i].method, strlen(cases[i].method),
                           cases[i].path, strlen(cases[i].path));
        gcn_slot_doing(&board.slots[0], doing);
        assert_string_equal(doing, cases[i].expected);
    }
    memset(path, 'x', sizeof(path));
    gcn_slot_set_doing(&board.slots[0], "GET", 3, path, sizeof(path));
    gcn_slot_doing(&board.slots[0], doing);
    assert_int_equal(strlen(doing), GCN_SLOT_DOING_BYTES - 1);
    gcn_scoreboard_close(&board);
}

static void be_a_worker(void *context)
{
    struct gcn_scoreboard *board = context;

    board->slots[0].requests = 42;
    gcn_scoreboard_poke_arbiter(board);
    gcn_slot_poke(&board->slots[1]);
    _exit(0);
}

static void child_writes_what_its_parent_and_siblings_read(void **state)
{
    struct gcn_scoreboard board = open_board(2);
    int status;

    (void)state;
    pid_t pid = gcn_spawn(be_a_worker, &board);
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(gcn_child_end_decode(status).kind, GCN_END_OK);
    assert_int_equal(board.slots[0].requests, 42);
    assert_true(is_readable(board.arbiter_fd));
    assert_false(is_readable(board.slots[0].wake_fd));
    assert_true(is_readable(board.slots[1].wake_fd));
    gcn_scoreboard_close(&board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(board_gives_each_slot_once),
        cmocka_unit_test(without_descriptors_nothing_is_left_behind),
        cmocka_unit_test(slots_do_not_share_cache_lines),
        cmocka_unit_test(freed_slot_is_clean_but_for_its_eventfd),
        cmocka_unit_test(doing_is_printable_and_cut),
        cmocka_unit_test(child_writes_what_its_parent_and_siblings_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
