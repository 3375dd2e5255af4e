/* SPDX-License-Identifier: MIT */
/*
 * Giving up rights, in children; only root can.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcorn/proc/identity.h>
#include <gcorn/proc/spawn.h>

enum { SOMEBODY = 54321 };

static int code_of(gcn_child_fn fn)
{
    int status;
    pid_t pid = gcn_spawn(fn, NULL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return gcn_child_end_decode(status).code;
}

static void become_somebody(void *context)
{
    const struct gcn_identity somebody = {SOMEBODY, SOMEBODY, false};
    struct gcn_error err = {{0}};
    uid_t real, effective, saved;
    gid_t groups[4];

    (void)context;
    if (!gcn_identity_assume(&somebody, &err)) {
        _exit(1);
    }
    getresuid(&real, &effective, &saved);
    if (real != SOMEBODY || effective != SOMEBODY || saved != SOMEBODY || getgid() != SOMEBODY) {
        _exit(2);
    }
    if (getgroups(4, groups) != 1 || groups[0] != SOMEBODY || setuid(0) == 0) {
        _exit(3);
    }
    _exit(0);
}

static void take_unknown_users_groups(void *context)
{
    const struct gcn_identity unknown = {SOMEBODY, SOMEBODY, true};
    struct gcn_error err = {{0}};

    (void)context;
    _exit(!gcn_identity_assume(&unknown, &err) && strstr(err.text, "no user") != NULL &&
                  geteuid() == 0
              ? 0
              : 1);
}

static void take_own_groups(void *context)
{
    const struct passwd *entry = getpwnam("nobody");
    struct gcn_error err = {{0}};

    (void)context;
    if (entry == NULL) {
        _exit(0);
    }
    const struct gcn_identity nobody = {entry->pw_uid, entry->pw_gid, true};
    _exit(gcn_identity_assume(&nobody, &err) && getegid() == entry->pw_gid &&
                  getgid() == entry->pw_gid && geteuid() == entry->pw_uid
              ? 0
              : 1);
}

static void rights_are_given_up_for_good(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(code_of(become_somebody), 0);
}

static void groups_of_a_user_are_taken_with_its_group(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(code_of(take_own_groups), 0);
    assert_int_equal(code_of(take_unknown_users_groups), 0);
}

static void own_identity_needs_no_rights(void **state)
{
    const struct gcn_identity own = {geteuid(), getegid(), false};
    struct gcn_error err = {{0}};

    (void)state;
    assert_true(gcn_identity_assume(&own, &err));
}

/*
 * As somebody without rights: the group of root is the one that this process cannot become any
 * more.
 */
static void look_ahead_without_rights(void *context)
{
    const struct gcn_identity somebody = {SOMEBODY, SOMEBODY, false};
    const struct gcn_identity root = {0, SOMEBODY, false}, wheel = {SOMEBODY, 0, false};
    const struct gcn_identity groups = {SOMEBODY, SOMEBODY, true};
    struct gcn_error errs[5] = {{{0}}};

    (void)context;
    if (!gcn_identity_assume(&somebody, &errs[0]) || !gcn_identity_check(&somebody, &errs[1])) {
        _exit(1);
    }
    if (gcn_identity_check(&root, &errs[2]) || gcn_identity_check(&wheel, &errs[3]) ||
        gcn_identity_check(&groups, &errs[4])) {
        _exit(2);
    }
    _exit(strncmp(errs[2].text, "user: ", 6) == 0 && strncmp(errs[3].text, "group: ", 7) == 0 &&
                  strncmp(errs[4].text, "initgroups: ", 12) == 0 &&
                  strstr(errs[2].text, "start it as root") != NULL
              ? 0
              : 3);
}

static void who_has_no_rights_is_told_beforehand(void **state)
{
    const struct gcn_identity somebody = {SOMEBODY, SOMEBODY, false};
    struct gcn_error err = {{0}};

    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    assert_true(gcn_identity_check(&somebody, &err));
    assert_int_equal(code_of(look_ahead_without_rights), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rights_are_given_up_for_good),
        cmocka_unit_test(groups_of_a_user_are_taken_with_its_group),
        cmocka_unit_test(own_identity_needs_no_rights),
        cmocka_unit_test(who_has_no_rights_is_told_beforehand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
