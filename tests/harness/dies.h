/* SPDX-License-Identifier: MIT */
/*
 * Tests of what ends a process: the code runs in a forked child, whose standard error is read.
 */
#ifndef GCORN_TESTS_HARNESS_DIES_H
#define GCORN_TESTS_HARNESS_DIES_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* True if `fn` ends its process by SIGABRT after writing a text that contains `text`. */
static inline bool dies_with(void (*fn)(void), const char *text)
{
    char said[1024] = "";
    size_t len = 0;
    ssize_t n;
    int pipe_fds[2];
    int status;

    if (pipe(pipe_fds) < 0) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGABRT, SIG_DFL);
        dup2(pipe_fds[1], STDERR_FILENO);
        fn();
        _exit(0);
    }
    close(pipe_fds[1]);
    while (len < sizeof(said) - 1 &&
           (n = read(pipe_fds[0], said + len, sizeof(said) - 1 - len)) > 0) {
        len += (size_t)n;
    }
    close(pipe_fds[0]);
    if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) {
        fprintf(stderr, "the child ended with wait status %#x and said: %s\n", status, said);
        return false;
    }
    said[len] = '\0';
    if (strstr(said, text) == NULL) {
        fprintf(stderr, "\"%s\" is not in \"%s\"\n", text, said);
        return false;
    }
    return true;
}

#endif
