/* SPDX-License-Identifier: MIT */
/*
 * Request ids: which are taken over, and that those that are made differ.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <harness/check.h>

#include <gcorn/base/compiler.h>
#include <gcorn/log/request_id.h>

static void only_ids_that_can_stand_anywhere_are_valid(void **state)
{
    static const struct {
        struct gcn_slice id;
        bool valid;
    } cases[] = {
        {GCN_SLICE("x"), true},
        {GCN_SLICE("0e0f1a2b-aaaa-4bbb-8ccc-1234567890ab"), true},
        {GCN_SLICE("Root=1-67891233-abcdef012345678912345678"), true},
        {GCN_SLICE("a.b_c~d:e/f+g==@h"), true},
        {GCN_SLICE(""), false},
        {GCN_SLICE("a b"), false},
        {GCN_SLICE("a\nb"), false},
        {GCN_SLICE("a\0b"), false},
        {GCN_SLICE("a\"b"), false},
        {GCN_SLICE("a,b"), false},
        {GCN_SLICE("<x>"), false},
        {GCN_SLICE("\xc3\xa9"), false},
    };
    char bytes[129];

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_int_equal(gcn_request_id_is_valid(cases[i].id), cases[i].valid);
    }
    memset(bytes, 'a', sizeof(bytes));
    assert_true(gcn_request_id_is_valid((struct gcn_slice){bytes, 128}));
    assert_false(gcn_request_id_is_valid((struct gcn_slice){bytes, 129}));
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, GCN_REQUEST_ID_BYTES);
}

static void made_ids_are_valid_and_differ(void **state)
{
    enum { N = 10000 };
    static char ids[N][GCN_REQUEST_ID_BYTES];

    (void)state;
    for (int i = 0; i < N; i++) {
        gcn_request_id_make(ids[i]);
        assert_true(gcn_request_id_is_valid((struct gcn_slice){ids[i], GCN_REQUEST_ID_BYTES}));
    }
    qsort(ids, N, sizeof(ids[0]), compare);
    for (int i = 1; i < N; i++) {
        assert_int_not_equal(compare(ids[i - 1], ids[i]), 0);
    }
}

static void a_child_makes_others_than_its_parent(void **state)
{
    char own[GCN_REQUEST_ID_BYTES], childs[GCN_REQUEST_ID_BYTES];
    int fds[2];

    (void)state;
    gcn_request_id_make(own);
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        gcn_request_id_make(childs);
        _exit(write(fds[1], childs, sizeof(childs)) == sizeof(childs) ? 0 : 1);
    }
    waitpid(pid, NULL, 0);
    assert_int_equal(read(fds[0], childs, sizeof(childs)), sizeof(childs));
    gcn_request_id_make(own);
    assert_int_not_equal(compare(own, childs), 0);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_ids_that_can_stand_anywhere_are_valid),
        cmocka_unit_test(made_ids_are_valid_and_differ),
        cmocka_unit_test(a_child_makes_others_than_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
