/* SPDX-License-Identifier: MIT */
/*
 * The application as the I/O core and the executors see it. Python implements it (src/python/); the
 * tests, the fuzzers and the benchmarks have apps in C.
 */
#ifndef GCORN_HTTP_APP_H
#define GCORN_HTTP_APP_H

#include <gcorn/http/request.h>
#include <gcorn/http/response.h>

struct gcn_app;

/*
 * All members are set; an app without an interpreter has empty enter, leave and thread functions.
 */
struct gcn_app_ops {
    /*
     * Answer `req` through `res`: begin … end, or gcn_response_fail. Returns when the app's
     * iterable is exhausted and closed; res->ended or res->failed is true then. Called entered, one
     * at a time a thread.
     */
    void (*call)(struct gcn_app *app, struct gcn_request *req, struct gcn_response *res);

    /*
     * Take and release what running needs (the GIL). Strictly alternating on a thread, which begins
     * entered.
     */
    void (*enter)(struct gcn_app *app);
    void (*leave)(struct gcn_app *app);

    /*
     * Raise a time-out in the call whose request has this ticket, if it still runs. Called left, on
     * a thread that runs no call; waits for the interpreter inside.
     */
    void (*time_out)(struct gcn_app *app, uint64_t ticket);

    /* Write what all threads are doing to the error log, without waiting for the interpreter. */
    void (*dump_stacks)(struct gcn_app *app);

    /* A further thread that will run `call`: begins (entered afterwards) and ends (called left). */
    void (*thread_start)(struct gcn_app *app);
    void (*thread_stop)(struct gcn_app *app);
};

/* Lifetime: worker. Embedded in the implementation. */
struct gcn_app {
    const struct gcn_app_ops *ops;
};

#endif
