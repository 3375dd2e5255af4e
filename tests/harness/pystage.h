/* SPDX-License-Identifier: MIT */
/*
 * A stage with an interpreter: plays requests to an app in Python and keeps what is logged. One a
 * program, as there is one interpreter a process.
 */
#ifndef GCORN_TESTS_PYSTAGE_H
#define GCORN_TESTS_PYSTAGE_H

#include <gcorn/base/buf.h>
#include <gcorn/http/app.h>

#include "harness/stage.h"

/* Process. */
struct gcn_pystage {
    struct gcn_app *app;
    struct gcn_stage stage;
    struct gcn_buf log; /* lines of the error log since the last play, without their prefix */
};

extern struct gcn_pystage gcn_pystage;

/* Start Python with `dir` in sys.path. 0, or -1 with the reason on standard error. */
int gcn_pystage_start(const char *dir);

/* Load `spec`. 0, or -1 with the reason on standard error. */
int gcn_pystage_load(const char *spec);

/* Stop Python and free everything. Returns 0. */
int gcn_pystage_stop(void);

/* A fresh stage for the next test. Returns 0. */
int gcn_pystage_reset(void **state);

/*
 * Play "<method> <target> HTTP/1.<minor>" with a Host. Returns what was sent, until the next play.
 */
const char *gcn_pystage_play(const char *method, const char *target, int minor);

/* Play a whole request as text. */
const char *gcn_pystage_play_text(const char *request);

/* What the last play has logged. */
const char *gcn_pystage_log(void);

/* What follows the head in `reply`. */
const char *gcn_pystage_body(const char *reply);

#endif
