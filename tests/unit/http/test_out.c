/* SPDX-License-Identifier: MIT */
/*
 * Output on its way to a socket. The socket here waits until its peer has read, as if there were
 * always room: such a client can be had only now and then, and must not hold the loop either.
 */
#include "harness/check.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/mem.h>
#include <gcorn/http/out.h>

enum { MIB = 1024 * 1024, PIECE = 3 * MIB, PIECES = 4, TURN = 4 * MIB, ROOM = 1 + PIECES * PIECE };

/* The client. Lifetime: a test. */
static struct {
    int fd, server_fd;
    pthread_t thread;
    unsigned char *got;
    size_t n_got;
} client;

static void *read_all(void *context)
{
    ssize_t n;

    (void)context;
    while ((n = read(client.fd, client.got + client.n_got, ROOM - client.n_got)) > 0) {
        client.n_got += (size_t)n;
    }
    return NULL;
}

static int setup(void **state)
{
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    client.fd = pair[0];
    client.server_fd = pair[1];
    client.n_got = 0;
    client.got = gcn_alloc(ROOM);
    assert_int_equal(pthread_create(&client.thread, NULL, read_all, NULL), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close(client.fd);
    gcn_free(client.got);
    gcn_out_pool_finish();
    return 0;
}

static void release(void *owner)
{
    gcn_free(owner);
}

static void put_block(struct gcn_out *out, char byte, size_t len)
{
    char *bytes = gcn_alloc(len);

    memset(bytes, byte, len);
    gcn_out_refer(out, bytes, len, bytes, release);
}

/* A file of zeros. */
static void put_file(struct gcn_out *out, size_t len)
{
    int fd = memfd_create("test_out", MFD_CLOEXEC);

    assert_int_equal(ftruncate(fd, (off_t)len), 0);
    gcn_out_file(out, fd, 0, len);
}

/* Send it all, turn by turn, each of which has to end soon; then wait until the client has it. */
static void send_in_turns(struct gcn_out *out, size_t whole)
{
    enum gcn_io io = GCN_IO_AGAIN;
    size_t sent, total = 0;

    while (io == GCN_IO_AGAIN) {
        io = gcn_out_send(out, client.server_fd, GCN_PUSH_NOW, &sent);
        assert_in_range(sent, 1, TURN + MIB);
        total += sent;
    }
    close(client.server_fd);
    pthread_join(client.thread, NULL);
    assert_int_equal(io, GCN_IO_OK);
    assert_int_equal(total, whole);
    assert_int_equal(client.n_got, whole);
    assert_true(gcn_out_is_empty(out));
    assert_int_equal(out->len, 0);
}

static void assert_bytes(size_t from, size_t len, char byte)
{
    const unsigned char *at = client.got + from;

    assert_int_equal(*at, byte);
    assert_memory_equal(at, at + 1, len - 1);
}

static void a_block_is_sent_in_turns(void **state)
{
    struct gcn_out out = {0};

    (void)state;
    put_block(&out, 'a', PIECES * PIECE);
    send_in_turns(&out, PIECES * PIECE);
    assert_bytes(0, PIECES * PIECE, 'a');
}

static void many_blocks_are_sent_in_turns(void **state)
{
    struct gcn_out out = {0};

    (void)state;
    gcn_out_copy(&out, "h", 1);
    for (int i = 0; i < PIECES; i++) {
        put_block(&out, (char)('a' + i), PIECE);
    }
    send_in_turns(&out, 1 + PIECES * PIECE);
    for (size_t i = 0; i < PIECES; i++) {
        assert_bytes(1 + i * PIECE, PIECE, (char)('a' + (int)i));
    }
}

static void blocks_and_files_share_a_turn(void **state)
{
    struct gcn_out out = {0};

    (void)state;
    put_block(&out, 'a', PIECE);
    put_file(&out, PIECE);
    put_block(&out, 'b', PIECE);
    put_file(&out, PIECE);
    send_in_turns(&out, PIECES * PIECE);
    assert_bytes(0, PIECE, 'a');
    assert_bytes(PIECE, PIECE, '\0');
    assert_bytes(2 * (size_t)PIECE, PIECE, 'b');
    assert_bytes(3 * (size_t)PIECE, PIECE, '\0');
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_block_is_sent_in_turns),
        TEST(many_blocks_are_sent_in_turns),
        TEST(blocks_and_files_share_a_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
