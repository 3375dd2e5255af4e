/* SPDX-License-Identifier: MIT */
/*
 * The double fork, and the pipe by which the foreground learns how the start ended.
 */
#include <gcorn/proc/daemonize.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gcorn/base/log.h>
#include <gcorn/base/ownfd.h>
#include <gcorn/proc/exitcode.h>

static const char cannot_fork[] =
    "cannot fork into the background (see ulimit -u, pids.max, and the memory that is left)";

/* The code that arrives, or an error (logged) if the background ends without one: it was killed. */
static int await_report(int fd)
{
    uint8_t code;
    ssize_t n;

    do {
        n = read(fd, &code, 1);
    } while (n < 0 && errno == EINTR);
    close(fd);
    if (n != 1) {
        gcn_error("the server in the background has ended before it was up, and could not say why");
        return GCN_EXIT_ERROR;
    }
    return code;
}

static void report(int fd, int code)
{
    uint8_t byte = (uint8_t)code;

    ssize_t ignored = write(fd, &byte, 1);
    (void)ignored; /* nobody waits any more */
}

/* In the first child: a session without a terminal, and a second child that can never get one. */
static void leave_session(int report_fd)
{
    setsid();
    pid_t pid = fork();
    if (pid < 0) {
        gcn_error_errno("%s", cannot_fork);
        report(report_fd, GCN_EXIT_ERROR);
        _exit(GCN_EXIT_ERROR);
    }
    if (pid > 0) {
        _exit(GCN_EXIT_OK);
    }
    umask(022);
}

enum gcn_daemon_role gcn_daemon_start(struct gcn_daemon *daemon, int *code, struct gcn_error *err)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0) {
        gcn_error_set_errno(err, "cannot create a pipe");
        return GCN_DAEMON_FAILED;
    }
    pid_t pid = fork();
    if (pid < 0) {
        gcn_error_set_errno(err, "%s", cannot_fork);
        close(ends[0]);
        close(ends[1]);
        return GCN_DAEMON_FAILED;
    }
    if (pid > 0) {
        close(ends[1]);
        *code = await_report(ends[0]);
        return GCN_DAEMON_FOREGROUND;
    }
    close(ends[0]);
    leave_session(ends[1]);
    daemon->report_fd = ends[1];
    gcn_ownfd_add(ends[1]);
    return GCN_DAEMON_BACKGROUND;
}

void gcn_daemon_report(struct gcn_daemon *daemon, int code)
{
    if (daemon->report_fd >= 0) {
        report(daemon->report_fd, code);
        gcn_ownfd_close(daemon->report_fd);
        daemon->report_fd = -1;
    }
}

void gcn_daemon_detach_stdio(int null_fd, bool inherit)
{
    dup2(null_fd, STDIN_FILENO);
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
        if (!inherit || isatty(fd)) {
            dup2(null_fd, fd);
        }
    }
}
