/* SPDX-License-Identifier: MIT */
/*
 * Upgrading: the arbiter starts the program again with its sockets (USR2), and both serve until one
 * of them is told to stop. The new one calls itself ".2" until it is alone.
 *
 * It is told by two variables: GCORN_PID, who we are, and GCORN_FD, a line for each socket: its
 * descriptor, a blank, the address that was asked for. The first line says whose the sockets are.
 */
#include "arbiter_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/base/parse.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/python/python.h>

static const char own_sockets[] = "bind", systemd_sockets[] = "systemd";

/* Adopt the socket of one line, "5 127.0.0.1:8000". */
static bool take_line(struct gcn_arbiter *arb, struct gcn_slice line, struct gcn_error *err)
{
    const struct gcn_listener_options options = gcn_sockets_options(arb->good->settings);
    struct gcn_slice number, text;
    struct gcn_addr addr;
    int64_t fd;
    struct gcn_listener *listener = &arb->handed.items[arb->handed.n];

    if (!gcn_slice_cut(line, ' ', &number, &text) || !gcn_parse_digits(number, &fd) ||
        fd > INT32_MAX || !gcn_addr_parse(text, &addr, err)) {
        return gcn_error_set(err, "GCORN_FD has a line that makes no sense");
    }
    if (!gcn_listener_adopt(listener, (int)fd, &options, err)) {
        return false;
    }
    if (!arb->activated) {
        listener->addr = addr; /* so that the setting finds it */
    }
    arb->handed.n++;
    return true;
}

static bool take_sockets(struct gcn_arbiter *arb, const char *text, struct gcn_error *err)
{
    struct gcn_slice head, rest, line;
    size_t n = 0;

    for (const char *at = text; *at != '\0'; at++) {
        n += *at == '\n';
    }
    arb->handed.items = gcn_alloc_zero(n, sizeof(*arb->handed.items));
    gcn_slice_cut(gcn_slice_of(text), '\n', &head, &rest);
    arb->activated = gcn_slice_equal(head, gcn_slice_of(systemd_sockets));
    while (rest.len > 0) {
        gcn_slice_cut(rest, '\n', &line, &rest);
        if (!take_line(arb, line, err)) {
            return false;
        }
    }
    return true;
}

void gcn_upgrade_accept(struct gcn_arbiter *arb)
{
    struct gcn_error err = {{0}};
    const char *pid_text = getenv("GCORN_PID"), *fd_text = getenv("GCORN_FD");
    int64_t pid;

    if (pid_text != NULL && fd_text != NULL && gcn_parse_digits(gcn_slice_of(pid_text), &pid)) {
        /* Ask to be told (SIGCHLD) when it goes; then look whether it has gone already. */
        prctl(PR_SET_PDEATHSIG, SIGCHLD);
        arb->predecessor = getppid() == (pid_t)pid ? (pid_t)pid : 0;
        if (!take_sockets(arb, fd_text, &err)) {
            gcn_warn("the sockets of another server could not be taken over: %s", err.text);
            gcn_sockets_close(&arb->handed, NULL, false);
            arb->activated = false;
            arb->predecessor = 0;
        }
    }
    unsetenv("GCORN_PID");
    unsetenv("GCORN_FD");
}

static bool is_ours(const char *variable)
{
    /* WATCHDOG_PID names the old main process; its successor has to feed the watchdog too. */
    static const char *const names[] = {"GCORN_PID=", "GCORN_FD=", "LISTEN_PID=", "LISTEN_FDS=",
                                        "LISTEN_FDNAMES=", "WATCHDOG_PID="};

    for (size_t i = 0; i < GCN_COUNT(names); i++) {
        if (strncmp(variable, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* The environment for the successor: as at our own start, and the two variables. */
static const char **make_environment(const struct gcn_arbiter *arb, struct gcn_buf *pid,
                                     struct gcn_buf *fds)
{
    const struct gcn_sockets *sockets = &arb->good->sockets;
    char text[GCN_ADDR_TEXT_BYTES];
    size_t n = 0, kept = 0;

    gcn_buf_printf(pid, "GCORN_PID=%d", (int)arb->pid);
    gcn_buf_printf(fds, "GCORN_FD=%s\n", arb->activated ? systemd_sockets : own_sockets);
    for (uint32_t i = 0; i < sockets->n; i++) {
        const struct gcn_listener *listener = &sockets->items[i];
        gcn_buf_printf(fds, "%d %s\n", listener->fd, gcn_addr_print(&listener->addr, text));
    }
    while (arb->request->env[n] != NULL) {
        n++;
    }
    const char **env = gcn_alloc_zero(n + 3, sizeof(*env));
    for (size_t i = 0; i < n; i++) {
        if (!is_ours(arb->request->env[i])) {
            env[kept++] = arb->request->env[i];
        }
    }
    env[kept++] = pid->ptr;
    env[kept++] = fds->ptr;
    return env;
}

/* In the child. What is allocated here ends with the exec. */
static void become_successor(void *context)
{
    struct gcn_arbiter *arb = context;
    struct gcn_hook_call call = {.worker = NULL};
    struct gcn_buf pid = {0}, fds = {0};
    const char **env = make_environment(arb, &pid, &fds);

    gcn_py_after_fork_child();
    if (!gcn_hooks_call(arb, arb->good, GCN_HOOK_PRE_EXEC, &call)) {
        _exit(GCN_EXIT_ERROR);
    }
    gcn_signals_release(&arb->signals);
    for (uint32_t i = 0; i < arb->good->sockets.n; i++) {
        fcntl(arb->good->sockets.items[i].fd, F_SETFD, 0);
    }
    if (chdir(arb->request->start_dir) < 0) {
        gcn_error_errno("upgrade: cannot change to the directory %s", arb->request->start_dir);
        _exit(GCN_EXIT_ERROR);
    }
    signal(SIGPIPE, SIG_DFL); /* what is ignored would stay so in the new program */
    signal(SIGXFSZ, SIG_DFL);
    execvpe(arb->request->argv[0], (char *const *)arb->request->argv, (char *const *)env);
    gcn_error_errno("upgrade: cannot execute %s", arb->request->argv[0]);
    _exit(GCN_EXIT_ERROR);
}

void gcn_upgrade_begin(struct gcn_arbiter *arb)
{
    if (arb->successor > 0) {
        gcn_warn("an upgrade is going on already (pid %d); nothing is done", (int)arb->successor);
        return;
    }
    if (arb->predecessor > 0) {
        gcn_warn("the server that is upgraded to this one still runs (pid %d); nothing is done",
                 (int)arb->predecessor);
        return;
    }
    gcn_py_before_fork();
    pid_t pid = gcn_spawn(become_successor, arb);
    gcn_py_after_fork_parent();
    if (pid < 0) {
        gcn_error_errno("cannot fork for an upgrade");
        return;
    }
    arb->successor = pid;
    gcn_info("upgrade: the new server is process %d", (int)pid);
}

bool gcn_upgrade_ended(struct gcn_arbiter *arb, pid_t pid, struct gcn_child_end end)
{
    char text[GCN_CHILD_END_BYTES];

    if (pid != arb->successor) {
        return false;
    }
    gcn_start_unname_successor(arb);
    arb->successor = 0;
    gcn_warn("upgrade: the new server (pid %d) %s; this one %s", (int)pid,
             gcn_child_end_print(end, text), arb->stop == GCN_STOP_NOT ? "goes on" : "stops, too");
    return true;
}

void gcn_upgrade_look(struct gcn_arbiter *arb)
{
    if (arb->predecessor == 0 || getppid() == arb->predecessor || arb->stop != GCN_STOP_NOT) {
        return;
    }
    gcn_info("upgrade: the old server (pid %d) is gone; this one takes its place",
             (int)arb->predecessor);
    arb->predecessor = 0;
    gcn_start_rename(arb);
}

void gcn_upgrade_settle(struct gcn_arbiter *arb)
{
    if (arb->successor > 0 && waitpid(arb->successor, NULL, WNOHANG) == arb->successor) {
        arb->successor = 0;
    }
    if (arb->predecessor > 0 && getppid() != arb->predecessor) {
        arb->predecessor = 0;
    }
}
