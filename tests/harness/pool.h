/* SPDX-License-Identifier: MIT */
/*
 * The threads executor with an app in C, on a listener of its own: what its tests share. The app
 * knows /meet (as many as there are threads wait for each other), /written (so does this, when it
 * has sent its response), /stream (more than sockets hold), /spin (works a moment), /wait (until it
 * is timed out), and says hello to everything else.
 */
#ifndef GCORN_TESTS_POOL_H
#define GCORN_TESTS_POOL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    GCN_POOL_THREADS = 4,
    GCN_POOL_CLIENTS = 8,
    GCN_POOL_STREAM_BYTES = 100 * 64 * 1024, /* at least, of /stream */
};

/* Since the pool was started: app calls that began, and those whose client had left. */
extern struct gcn_pool_counts {
    _Atomic int calls, gone;
} gcn_pool_counts;

/*
 * Setup and teardown of a cmocka test: start the server on a thread; stop it gracefully and wait.
 */
int gcn_pool_start(void **state);
int gcn_pool_stop(void **state);

/* The same setup with a request_timeout of a fifth of a second; without it, it is a minute. */
int gcn_pool_start_hasty(void **state);

/* Ask the server to stop; does not wait. */
void gcn_pool_ask_to_stop(void);

/* A new connection to it. */
int gcn_pool_dial(void);

/* Send a request on it. False if the connection is broken. */
bool gcn_pool_request(int fd, const char *path);

/*
 * Read until `text` has come `count` times; false if the connection broke. *begun: something came.
 */
bool gcn_pool_expect(int fd, const char *text, int count, bool *begun);

/*
 * One request, and its response up to `expect`, which must be in it; false if the connection broke.
 */
bool gcn_pool_ask(int fd, const char *path, const char *expect);

/*
 * Run `client` on as many threads as there are clients; each gets its number and returns NULL if it
 * failed.
 */
void gcn_pool_run_clients(int n, void *(*client)(void *number));

#endif
