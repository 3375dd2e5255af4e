/* SPDX-License-Identifier: MIT */
/*
 * Addresses and networks: from text and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include <gcorn/net/addr.h>

static void addr_reads_every_form_that_is_documented(void **state)
{
    static const struct {
        const char *text;
        const char *printed;
    } cases[] = {
        {"127.0.0.1:80", "127.0.0.1:80"},
        {"127.0.0.1", "127.0.0.1:8000"},
        {":80", "0.0.0.0:80"},
        {"", "0.0.0.0:8000"},
        {"8000", "0.0.0.0:8000"},
        {"0", "0.0.0.0:0"},
        {" 127.0.0.1:81 ", "127.0.0.1:81"},
        {"LocalHost:0", "localhost:0"},
        {"my_host.example-1.net:65535", "my_host.example-1.net:65535"},
        {"tcp://127.0.0.1:80", "127.0.0.1:80"},
        {"tcp://[::1]:80", "[::1]:80"},
        {"[::1]:80", "[::1]:80"},
        {"[::1]", "[::1]:8000"},
        {"[FE80::1%eth0]:80", "[fe80::1%eth0]:80"},
        {"unix:/run/app.sock", "unix:/run/app.sock"},
        {"unix:///run/app.sock", "unix:/run/app.sock"},
        {"unix://app.sock", "unix:app.sock"},
        {"unix:app.sock", "unix:app.sock"},
        {"unix:////run/app.sock", "unix:////run/app.sock"},
        {"unix", "tcp://unix:8000"},
        {"fd://3", "fd://3"},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_addr addr;
        struct gcn_error err = {{0}};
        char printed[GCN_ADDR_TEXT_BYTES];
        if (!gcn_addr_parse(gcn_slice_of(cases[i].text), &addr, &err)) {
            fail_msg("%s: %s", cases[i].text, err.text);
        }
        assert_string_equal(gcn_addr_print(&addr, printed), cases[i].printed);
        struct gcn_addr again;
        assert_true(gcn_addr_parse(gcn_slice_of(printed), &again, &err));
        assert_true(gcn_addr_equal(&addr, &again));
    }
}

static void addr_refuses_what_it_cannot_mean(void **state)
{
    static const struct {
        const char *text;
        const char *said;
    } cases[] = {
        {":65536", "port \"65536\" is not in 0..65535"},
        {"localhost:", "port \"\" is not"},
        {"localhost:http", "port \"http\" is not"},
        {"localhost:-1", "port \"-1\" is not"},
        {"localhost: 80", "port \" 80\" is not"},
        {"70000", "port \"70000\" is not"},
        {"a:1:2", "more than one colon"},
        {"::1", "stands in brackets"},
        {"[::1", "no closing bracket"},
        {"[::1]80", "should be \":PORT\""},
        {"[127.0.0.1]:80", "not an IPv6 address"},
        {"[]:80", "not an IPv6 address"},
        {"a b:80", "no host has"},
        {"\"q\"", "host \"\\\"q\\\"\" has a character that no host has"},
        {"a:8\n0", "port \"8\\x0a0\" is not in"},
        {"http://localhost", "port \"//localhost\""},
        {"unix:", "path of a socket"},
        {"unix://", "path of a socket"},
        {"fd://x", "number of a descriptor"},
        {"fd://", "number of a descriptor"},
        {"fd://99999999999", "number of a descriptor"},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_addr addr;
        struct gcn_error err = {{0}};
        assert_false(gcn_addr_parse(gcn_slice_of(cases[i].text), &addr, &err));
        if (strstr(err.text, cases[i].said) == NULL) {
            fail_msg("%s: %s", cases[i].text, err.text);
        }
    }
}

static void addr_takes_a_unix_path_of_107_bytes_and_no_longer(void **state)
{
    char text[5 + 108 + 1] = "unix:";
    struct gcn_addr addr;
    struct gcn_error err = {{0}};

    (void)state;
    memset(text + 5, 'x', 107);
    assert_true(gcn_addr_parse((struct gcn_slice){text, 5 + 107}, &addr, &err));
    assert_int_equal(strlen(addr.path), 107);
    text[5 + 107] = 'x';
    assert_false(gcn_addr_parse((struct gcn_slice){text, 5 + 108}, &addr, &err));
    assert_false(gcn_addr_parse((struct gcn_slice){"unix:a\0b", 8}, &addr, &err));
}

static void sockaddr_prints_numbers(void **state)
{
    char host[GCN_ADDR_NUMERIC_BYTES], port[GCN_ADDR_PORT_BYTES];
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(65535)};
    struct sockaddr other = {.sa_family = AF_UNIX};

    (void)state;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in6.sin6_addr = in6addr_loopback;
    gcn_sockaddr_print((struct sockaddr *)&in, host, port);
    assert_string_equal(host, "127.0.0.1");
    assert_string_equal(port, "80");
    gcn_sockaddr_print((struct sockaddr *)&in6, host, port);
    assert_string_equal(host, "::1");
    assert_string_equal(port, "65535");
    gcn_sockaddr_print(&other, host, port);
    assert_string_equal(host, "");
    assert_string_equal(port, "");
    assert_int_equal(gcn_ip_of_sockaddr((struct sockaddr *)&in).len, 4);
    assert_int_equal(gcn_ip_of_sockaddr((struct sockaddr *)&in6).len, 16);
    assert_int_equal(gcn_ip_of_sockaddr(&other).len, 0);
}

static void network_knows_its_members(void **state)
{
    static const struct {
        const char *network, *ip;
        bool member;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/255.0.0.0", "10.1.2.3", true},
        {"10.0.0.0/0.255.255.255", "10.1.2.3", true},
        {"192.168.4.0/22", "192.168.7.255", true},
        {"192.168.4.0/22", "192.168.8.0", false},
        {"0.0.0.0/0", "1.2.3.4", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "1.2.3.4", false},
        {"::/0", "::ffff:1.2.3.4", true},
        {"::1", "::1", true},
        {"fe80::/10", "febf::1", true},
        {"fe80::/10", "fec0::1", false},
        {" 10.0.0.1/32 ", "10.0.0.1", true},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_network network;
        struct gcn_ip ip;
        struct gcn_error err = {{0}};
        if (!gcn_network_parse(gcn_slice_of(cases[i].network), &network, &err)) {
            fail_msg("%s: %s", cases[i].network, err.text);
        }
        assert_true(gcn_ip_parse(gcn_slice_of(cases[i].ip), &ip));
        assert_int_equal(gcn_network_contains(&network, &ip), cases[i].member);
    }
}

static void network_refuses_what_is_not_one(void **state)
{
    static const char *const cases[] = {
        "",          "*",           "localhost", "10.0.0.1/8",      "10.0.0.0/33", "10.0.0.0/",
        "10.0.0/8",  "10.0.0.0/-1", "::1/129",   "fe80::1%eth0",    "::1/ffff::",  "10.0.0.0/8/8",
        "010.0.0.1", "1.2.3.4.5",   "::g",       "10.0.0.0/0.255.0.255",
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_network network;
        struct gcn_error err = {{0}};
        if (gcn_network_parse(gcn_slice_of(cases[i]), &network, &err)) {
            fail_msg("%s was taken", cases[i]);
        }
        assert_true(err.text[0] != '\0');
    }
}

static void networks_know_their_members(void **state)
{
    static const char *const two[] = {"10.0.0.0/8", "::1"};
    static const char *const any[] = {"10.0.0.0/8", "*"};
    static const char *const bad[] = {"10.0.0.0/8", "x"};
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr unix_peer = {.sa_family = AF_UNIX};
    struct gcn_networks set;
    struct gcn_error err = {{0}};

    (void)state;
    in.sin_addr.s_addr = htonl(0x0a000001);
    assert_true(gcn_networks_parse(two, 2, &set, &err));
    assert_true(gcn_networks_contain(&set, (struct sockaddr *)&in));
    assert_false(gcn_networks_contain(&set, &unix_peer));
    in.sin_addr.s_addr = htonl(0x0b000001);
    assert_false(gcn_networks_contain(&set, (struct sockaddr *)&in));
    gcn_networks_finish(&set);
    assert_false(gcn_networks_contain(&set, (struct sockaddr *)&in));
    assert_true(gcn_networks_parse(any, 2, &set, &err));
    assert_true(gcn_networks_contain(&set, (struct sockaddr *)&in));
    assert_true(gcn_networks_contain(&set, &unix_peer));
    gcn_networks_finish(&set);
    assert_false(gcn_networks_parse(bad, 2, &set, &err));
    assert_int_equal(set.n, 0);
}

static void ip_that_is_none_is_in_no_network(void **state)
{
    struct gcn_network network;
    struct gcn_error err = {{0}};
    struct gcn_ip ip;

    (void)state;
    assert_false(gcn_ip_parse(gcn_slice_of("host"), &ip));
    assert_true(gcn_network_parse(gcn_slice_of("0.0.0.0/0"), &network, &err));
    assert_false(gcn_network_contains(&network, &ip));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addr_reads_every_form_that_is_documented),
        cmocka_unit_test(addr_refuses_what_it_cannot_mean),
        cmocka_unit_test(addr_takes_a_unix_path_of_107_bytes_and_no_longer),
        cmocka_unit_test(sockaddr_prints_numbers),
        cmocka_unit_test(network_knows_its_members),
        cmocka_unit_test(network_refuses_what_is_not_one),
        cmocka_unit_test(networks_know_their_members),
        cmocka_unit_test(ip_that_is_none_is_in_no_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
