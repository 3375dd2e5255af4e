/* SPDX-License-Identifier: MIT */
/*
 * The exit codes of every gcorn process; the same as gunicorn's.
 */
#ifndef GCORN_PROC_EXITCODE_H
#define GCORN_PROC_EXITCODE_H

enum gcn_exit {
    GCN_EXIT_OK = 0,
    GCN_EXIT_ERROR = 1,   /* a setting, a socket, a file: the start failed */
    GCN_EXIT_USAGE = 2,   /* the command line */
    GCN_EXIT_BOOT = 3,    /* a worker failed before it could serve */
    GCN_EXIT_APP = 4,     /* the app could not be found in its module */
    GCN_EXIT_LOOP = 255,  /* the arbiter gave up in its loop */
};

#endif
