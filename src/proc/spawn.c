/* SPDX-License-Identifier: MIT */
/*
 * fork, and reading what waitpid says.
 */
#include <gcorn/proc/spawn.h>

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcorn/proc/exitcode.h>
#include <gcorn/proc/signals.h>

pid_t gcn_spawn(gcn_child_fn child, void *context)
{
    fflush(NULL); /* or the child would write our buffered text again */
    pid_t pid = fork();
    if (pid == 0) {
        child(context);
        _exit(GCN_EXIT_ERROR);
    }
    return pid;
}

struct gcn_child_end gcn_child_end_decode(int status)
{
    if (WIFSIGNALED(status)) {
        return (struct gcn_child_end){GCN_END_SIGNAL, WTERMSIG(status), WCOREDUMP(status)};
    }
    int code = WEXITSTATUS(status);
    switch (code) {
    case GCN_EXIT_OK:
        return (struct gcn_child_end){GCN_END_OK, code, false};
    case GCN_EXIT_BOOT:
    case GCN_EXIT_APP:
        return (struct gcn_child_end){GCN_END_BOOT, code, false};
    default:
        return (struct gcn_child_end){GCN_END_CODE, code, false};
    }
}

char *gcn_child_end_print(struct gcn_child_end end, char out[GCN_CHILD_END_BYTES])
{
    char name[GCN_SIGNAL_NAME_BYTES];

    if (end.kind == GCN_END_SIGNAL) {
        snprintf(out, GCN_CHILD_END_BYTES, "was killed by %s%s%s",
                 gcn_signal_name(end.code, name), end.code == SIGKILL ? " (out of memory?)" : "",
                 end.dumped_core ? " (core dumped)" : "");
    } else {
        snprintf(out, GCN_CHILD_END_BYTES, "left with code %d", end.code);
    }
    return out;
}
