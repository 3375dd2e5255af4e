/* SPDX-License-Identifier: MIT */
/*
 * Which peers are believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include <gcorn/http/trust.h>

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/* "" is a unix peer. */
static union address address_of(const char *text)
{
    union address out;

    memset(&out, 0, sizeof(out));
    out.any.sa_family = AF_UNIX;
    if (inet_pton(AF_INET, text, &out.in.sin_addr) == 1) {
        out.any.sa_family = AF_INET;
    } else if (inet_pton(AF_INET6, text, &out.in6.sin6_addr) == 1) {
        out.any.sa_family = AF_INET6;
    }
    return out;
}

static bool is_trusted(const char *const *list, size_t n, const char *peer)
{
    struct gcn_networks networks;
    struct gcn_error err = {0};
    union address address = address_of(peer);

    assert_true(gcn_networks_parse(list, n, &networks, &err));
    bool trusted = gcn_trust_has(&networks, &address.any);
    gcn_networks_finish(&networks);
    return trusted;
}

static const char *const usual[] = {"127.0.0.1", "::1", "10.1.0.0/16", "2001:db8::/33"};

static void only_listed_peers_are_trusted(void **state)
{
    static const struct {
        const char *peer;
        bool trusted;
    } cases[] = {
        {"127.0.0.1", true},     {"127.0.0.2", false},     {"::1", true},
        {"::2", false},          {"10.1.255.255", true},   {"10.2.0.0", false},
        {"2001:db8:7fff::1", true}, {"2001:db8:8000::1", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(is_trusted(usual, 4, cases[i].peer), cases[i].trusted);
    }
}

static void unix_peers_are_always_trusted(void **state)
{
    (void)state;
    assert_true(is_trusted(NULL, 0, ""));
}

static void nobody_else_is_trusted_by_an_empty_list(void **state)
{
    (void)state;
    assert_false(is_trusted(NULL, 0, "127.0.0.1"));
    assert_false(is_trusted(NULL, 0, "::1"));
}

static void a_star_trusts_everyone(void **state)
{
    static const char *const star[] = {"*"};
    (void)state;
    assert_true(is_trusted(star, 1, "203.0.113.7"));
    assert_true(is_trusted(star, 1, "2001:db8::7"));
}

static void a_mapped_ipv4_peer_is_the_ipv4_peer(void **state)
{
    (void)state;
    assert_true(is_trusted(usual, 4, "::ffff:127.0.0.1"));
    assert_true(is_trusted(usual, 4, "::ffff:10.1.2.3"));
    assert_false(is_trusted(usual, 4, "::ffff:10.2.2.3"));
    assert_false(is_trusted(usual, 4, "::127.0.0.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_listed_peers_are_trusted),
        cmocka_unit_test(unix_peers_are_always_trusted),
        cmocka_unit_test(nobody_else_is_trusted_by_an_empty_list),
        cmocka_unit_test(a_star_trusts_everyone),
        cmocka_unit_test(a_mapped_ipv4_peer_is_the_ipv4_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
