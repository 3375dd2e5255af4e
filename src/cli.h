/* SPDX-License-Identifier: MIT */
/*
 * The command: what argv asks for, done.
 */
#ifndef GCORN_CLI_H
#define GCORN_CLI_H

/* Do what the command line says and return the exit code of the process. */
int gcn_cli_run(const char *const *argv, const char *const *env);

#endif
