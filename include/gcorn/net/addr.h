/* SPDX-License-Identifier: MIT */
/*
 * Addresses as text: where to listen, and which networks a peer may be in. Pure: nothing is looked
 * up and nothing is opened here.
 */
#ifndef GCORN_NET_ADDR_H
#define GCORN_NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/base/slice.h>

enum {
    GCN_ADDR_DEFAULT_PORT = 8000,
    GCN_ADDR_HOST_BYTES = 256,  /* a host name of 253 and a zone fit */
    GCN_ADDR_PATH_BYTES = 108,  /* of struct sockaddr_un, with the NUL */
    GCN_ADDR_TEXT_BYTES = 288,
    GCN_ADDR_NUMERIC_BYTES = 64, /* an IPv6 address with a zone */
    GCN_ADDR_PORT_BYTES = 8,
};

enum gcn_addr_kind {
    GCN_ADDR_INET,  /* an IPv4 address or a name that is to be resolved to one */
    GCN_ADDR_INET6, /* an IPv6 address */
    GCN_ADDR_UNIX,
    GCN_ADDR_FD, /* a descriptor that was inherited */
};

/* A place to listen. A value: copied freely. */
struct gcn_addr {
    enum gcn_addr_kind kind;
    uint16_t port;                  /* INET, INET6; 0: the kernel chooses */
    int fd;                         /* FD */
    char host[GCN_ADDR_HOST_BYTES]; /* INET, INET6: lower case, without brackets */
    char path[GCN_ADDR_PATH_BYTES]; /* UNIX */
};

/*
 * Read one of: HOST:PORT, HOST, :PORT, PORT, [V6]:PORT, [V6], "" (each also behind "tcp://"),
 * unix:PATH, unix://PATH, fd://N. A missing host is 0.0.0.0, a missing port 8000. Digits alone are
 * a port (gunicorn: a host of that name).
 */
GCN_MUST_CHECK bool gcn_addr_parse(struct gcn_slice text, struct gcn_addr *out,
                                   struct gcn_error *err);

/* "127.0.0.1:8000", "[::1]:8000", "unix:/run/app.sock" or "fd://3" at `out`. Returns out. */
char *gcn_addr_print(const struct gcn_addr *addr, char out[GCN_ADDR_TEXT_BYTES]);

/* True if both name the same place, textually. */
bool gcn_addr_equal(const struct gcn_addr *a, const struct gcn_addr *b);

/*
 * The numeric host (an IPv6 address without brackets) and the decimal port of `sa`; both empty if
 * it is not an Internet address.
 */
void gcn_sockaddr_print(const struct sockaddr *sa, char host[GCN_ADDR_NUMERIC_BYTES],
                        char port[GCN_ADDR_PORT_BYTES]);

/* An IP address as bytes. A value. */
struct gcn_ip {
    uint8_t len; /* 4, 16, or 0: not an IP address */
    uint8_t bytes[16];
};

/* False (and len 0) unless `text` is a numeric IPv4 or IPv6 address without a zone. */
bool gcn_ip_parse(struct gcn_slice text, struct gcn_ip *out);

/* The address in `sa`; len 0 if its family is not an Internet one. */
struct gcn_ip gcn_ip_of_sockaddr(const struct sockaddr *sa);

/* The addresses that share the first `bits` bits of `ip`. A value. */
struct gcn_network {
    struct gcn_ip ip;
    uint8_t bits;
};

/*
 * Read "10.0.0.0/8", "10.0.0.0/255.0.0.0", "::1" or "fe80::/10". Bits set behind the prefix are an
 * error, as in Python's ipaddress.ip_network, which gunicorn uses.
 */
GCN_MUST_CHECK bool gcn_network_parse(struct gcn_slice text, struct gcn_network *out,
                                      struct gcn_error *err);

/* IPv4 and IPv6 never match each other, not even as ::ffff:a.b.c.d. */
bool gcn_network_contains(const struct gcn_network *network, const struct gcn_ip *ip);

/* Any lifetime; {0} has no members. */
struct gcn_networks {
    struct gcn_network *items; /* owned by whoever made the set */
    size_t n;
    bool any; /* "*" was among them: everything is a member */
};

/*
 * Read `n` texts, each a network or "*", into a set (gcn_networks_finish). False at the first that
 * is neither; the set is empty then.
 */
GCN_MUST_CHECK bool gcn_networks_parse(const char *const *texts, size_t n,
                                       struct gcn_networks *out, struct gcn_error *err);
void gcn_networks_finish(struct gcn_networks *set);

/* True if the address in `sa` is in one of the networks. */
bool gcn_networks_contain(const struct gcn_networks *set, const struct sockaddr *sa);

#endif
