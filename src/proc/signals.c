/* SPDX-License-Identifier: MIT */
/*
 * Blocking, reading and catching signals.
 */
#include <gcorn/proc/signals.h>

#include <errno.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <ucontext.h>
#include <unistd.h>

#include <gcorn/base/ownfd.h>

static const int handled[] = {
    SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGWINCH, SIGCHLD,
};

/* Process. */
static struct {
    /* Ours, by signal: what gcn_signals_forget takes back. */
    struct sigaction caught[NSIG];
    bool held; /* those that are handled are blocked */
} own;

static sigset_t handled_set(void)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < GCN_COUNT(handled); i++) {
        sigaddset(&set, handled[i]);
    }
    return set;
}

/*
 * A thread took it that a config file or a hook had started before the signals were blocked: there
 * they are blocked from now on, and this one is sent again, until it waits for the descriptor.
 */
static void pass_on(int signum, GCN_UNUSED siginfo_t *info, void *context)
{
    ucontext_t *thread = context;
    int saved = errno;

    for (size_t i = 0; i < GCN_COUNT(handled); i++) {
        sigaddset(&thread->uc_sigmask, handled[i]);
    }
    kill(getpid(), signum);
    errno = saved;
}

/* What passes signals on has no place in a child, which is to do something with them. */
static void stop_passing_on(void)
{
    for (size_t i = 0; i < GCN_COUNT(handled); i++) {
        struct sigaction *ours = &own.caught[handled[i]];
        if (ours->sa_sigaction == pass_on && gcn_signal_is_caught(handled[i])) {
            signal(handled[i], SIG_DFL);
            ours->sa_handler = SIG_DFL;
            ours->sa_flags = 0;
        }
    }
}

bool gcn_signals_open(struct gcn_signals *signals, struct gcn_error *err)
{
    sigset_t set = handled_set();

    for (size_t i = 0; i < GCN_COUNT(handled); i++) {
        /* Our parent may have ignored one; an ignored SIGCHLD would reap our children for us. */
        gcn_signal_catch_info(handled[i], pass_on);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, &signals->inherited);
    own.held = true;
    for (size_t i = 0; i < GCN_COUNT(handled); i++) {
        sigdelset(&signals->inherited, handled[i]);
    }
    signals->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals->fd < 0) {
        return gcn_error_set_errno(err, "cannot create a signalfd");
    }
    gcn_ownfd_add(signals->fd);
    return true;
}

void gcn_signals_close(struct gcn_signals *signals)
{
    if (signals->fd >= 0) {
        gcn_ownfd_close(signals->fd);
        signals->fd = -1;
    }
}

int gcn_signals_read(const struct gcn_signals *signals)
{
    struct signalfd_siginfo info;

    ssize_t n = read(signals->fd, &info, sizeof(info));
    return n == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

void gcn_signals_hold(void)
{
    sigset_t set = handled_set();
    sigprocmask(SIG_BLOCK, &set, NULL);
    own.held = true;
}

void gcn_signals_release(struct gcn_signals *signals)
{
    gcn_signals_close(signals);
    stop_passing_on();
    sigprocmask(SIG_SETMASK, &signals->inherited, NULL);
    own.held = false;
}

static void catch(int signum, struct sigaction *action)
{
    sigemptyset(&action->sa_mask);
    sigaction(signum, action, NULL);
    own.caught[signum] = *action;
}

void gcn_signal_catch(int signum, void (*handler)(int signum))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    catch(signum, &action);
}

void gcn_signal_catch_info(int signum,
                           void (*handler)(int signum, siginfo_t *info, void *context))
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_RESTART | SA_SIGINFO};

    catch(signum, &action);
}

void (*gcn_signal_handler(int signum))(int signum)
{
    const struct sigaction *ours = &own.caught[signum];

    return (ours->sa_flags & SA_SIGINFO) != 0 ? NULL : ours->sa_handler;
}

bool gcn_signal_is_caught(int signum)
{
    const struct sigaction *ours = &own.caught[signum];
    struct sigaction now;

    if (ours->sa_handler == SIG_DFL || sigaction(signum, NULL, &now) < 0) {
        return false;
    }
    return (ours->sa_flags & SA_SIGINFO) != 0 ? now.sa_sigaction == ours->sa_sigaction
                                              : now.sa_handler == ours->sa_handler;
}

void gcn_signals_pause(sigset_t *before)
{
    sigset_t set = handled_set();

    sigprocmask(SIG_BLOCK, &set, before);
}

void gcn_signals_resume(const sigset_t *before)
{
    sigprocmask(SIG_SETMASK, before, NULL);
}

void gcn_signals_forget(const sigset_t *before)
{
    sigset_t set = handled_set();

    for (int signum = 1; signum < NSIG; signum++) {
        if (gcn_signal_is_caught(signum)) {
            signal(signum, SIG_DFL);
        }
    }
    sigprocmask(SIG_SETMASK, before, NULL);
    if (own.held) {
        sigprocmask(SIG_UNBLOCK, &set, NULL);
    }
}

const char *gcn_signal_name(int signum, char out[GCN_SIGNAL_NAME_BYTES])
{
    /* sigabbrev_np is glibc's alone. */
#define ROW(name) {name, #name}
    static const struct {
        int signum;
        const char *name;
    } rows[] = {
        ROW(SIGHUP),  ROW(SIGINT),  ROW(SIGQUIT), ROW(SIGILL),  ROW(SIGTRAP), ROW(SIGABRT),
        ROW(SIGBUS),  ROW(SIGFPE),  ROW(SIGKILL), ROW(SIGUSR1), ROW(SIGSEGV), ROW(SIGUSR2),
        ROW(SIGPIPE), ROW(SIGALRM), ROW(SIGTERM), ROW(SIGCHLD), ROW(SIGCONT), ROW(SIGSTOP),
        ROW(SIGTSTP), ROW(SIGTTIN), ROW(SIGTTOU), ROW(SIGURG),  ROW(SIGXCPU), ROW(SIGXFSZ),
        ROW(SIGPROF), ROW(SIGIO),   ROW(SIGSYS),  ROW(SIGWINCH), ROW(SIGVTALRM),
    };
#undef ROW
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        if (rows[i].signum == signum) {
            return rows[i].name;
        }
    }
    snprintf(out, GCN_SIGNAL_NAME_BYTES, "signal %d", signum);
    return out;
}
