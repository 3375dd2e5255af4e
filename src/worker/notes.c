/* SPDX-License-Identifier: MIT */
/*
 * Handlers, all async-signal-safe. The death of the arbiter comes as a signal too
 * (PR_SET_PDEATHSIG), because a sync worker that runs the app does not turn its loop. That is sound
 * here: the signal is sent when the forking *thread* dies, and the arbiter forks on its main thread
 * only.
 */
#include "notes.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/compiler.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/proc/scoreboard.h>
#include <gcorn/proc/signals.h>
#include <gcorn/python/python.h>

/* A signal that nobody else uses: the arbiter is gone, or a timer has run out. */
enum { OWN_SIGNAL = SIGPWR };

enum {
    AS_URGENT_AS_QUIT = GCN_NOTE_QUIT | GCN_NOTE_ABORT,
    AS_URGENT_AS_STOP = GCN_NOTE_STOP | GCN_NOTE_ORPHAN | AS_URGENT_AS_QUIT,
};

enum which_timer {
    TIMER_ORPHAN, /* gives an orphan two seconds in all */
    TIMER_QUIT,   /* gives the app call in progress a moment to end by itself, and then connections one */
    TIMER_COUNT,
};

/* Process: what the handlers know. */
static struct {
    const struct gcn_slot *slot; /* borrowed */
    _Atomic bool *quitting;      /* borrowed */
    pid_t arbiter_pid;
    timer_t timers[TIMER_COUNT];
    bool has_timer[TIMER_COUNT];
    _Atomic bool quit_asked, call_ended;
    _Atomic unsigned call; /* the one that ran when a quick stop was asked for */
    _Atomic bool boot_ended;
    _Atomic unsigned noted;
} notes;

/* For later: a worker that boots looks at it when it has. */
static void note_down(unsigned bits)
{
    int saved = errno; /* the code that the signal came to may be about to look at it */
    atomic_fetch_or_explicit(&notes.noted, bits, memory_order_relaxed);
    gcn_slot_poke(notes.slot);
    errno = saved;
}

/*
 * True if the worker boots, and has been told to leave it: one with a hook for its end ends its
 * boot in Python, another one is gone. Whoever asks again asks for nothing new, unless it is more
 * urgent: `urgent` has the bits of all that would be as urgent as this one.
 */
static bool leaves_boot(enum gcn_hook hook, unsigned bit, unsigned urgent)
{
    if (atomic_load_explicit(&notes.boot_ended, memory_order_relaxed)) {
        return false;
    }
    if ((atomic_load_explicit(&notes.noted, memory_order_relaxed) & urgent) == 0 &&
        !gcn_py_interrupt_boot(hook)) {
        _exit(bit == GCN_NOTE_ABORT ? GCN_EXIT_ERROR : GCN_EXIT_OK);
    }
    note_down(bit);
    return true;
}

static void on_stop(int signum)
{
    (void)signum;
    if (!leaves_boot(GCN_HOOK_WORKER_EXIT, GCN_NOTE_STOP, AS_URGENT_AS_STOP)) {
        note_down(GCN_NOTE_STOP);
    }
}

/* Send OWN_SIGNAL after `first_ms`, then every `next_ms` (0: no more). */
static bool start_timer(enum which_timer which, int64_t first_ms, int64_t next_ms)
{
    const struct itimerspec spans = {.it_value = gcn_clock_timespec(first_ms * 1000),
                                     .it_interval = gcn_clock_timespec(next_ms * 1000)};
    int saved = errno;

    bool started =
        notes.has_timer[which] && timer_settime(notes.timers[which], 0, &spans, NULL) == 0;
    errno = saved;
    return started;
}

/* All moments are over. */
static void quit_now(void)
{
    atomic_store_explicit(notes.quitting, true, memory_order_relaxed);
    gcn_py_interrupt(GCN_HOOK_WORKER_INT);
    note_down(GCN_NOTE_QUIT);
}

static void on_quit(int signum)
{
    (void)signum;
    if (leaves_boot(GCN_HOOK_WORKER_INT, GCN_NOTE_QUIT, AS_URGENT_AS_QUIT)) {
        return;
    }
    note_down(GCN_NOTE_QUIT);
    atomic_store(&notes.call, gcn_py_call_number());
    if (atomic_exchange_explicit(&notes.quit_asked, true, memory_order_relaxed) ||
        !start_timer(TIMER_QUIT, GCN_QUIT_CALL_MS, GCN_QUIT_MS - GCN_QUIT_CALL_MS)) {
        quit_now();
    }
}

/* The first moment is the call's, the next the connections'. */
static void on_quit_timer(void)
{
    if (atomic_exchange_explicit(&notes.call_ended, true, memory_order_relaxed)) {
        quit_now();
    } else {
        gcn_py_interrupt_call(GCN_HOOK_WORKER_INT, atomic_load(&notes.call));
    }
}

static void on_abort(int signum)
{
    (void)signum;
    atomic_store_explicit(notes.quitting, true, memory_order_relaxed);
    gcn_py_dump_stacks();
    if (leaves_boot(GCN_HOOK_WORKER_ABORT, GCN_NOTE_ABORT, GCN_NOTE_ABORT)) {
        return;
    }
    gcn_py_interrupt(GCN_HOOK_WORKER_ABORT);
    note_down(GCN_NOTE_ABORT);
}

static void on_reopen(int signum)
{
    (void)signum;
    note_down(GCN_NOTE_REOPEN);
}

/* The arbiter's business, sent to the whole process group by a terminal or by mistake. */
static void on_nothing(int signum)
{
    (void)signum;
}

static void on_own_signal(int signum, siginfo_t *info, void *context)
{
    (void)signum;
    (void)context;
    if (info->si_code == SI_TIMER) {
        if (info->si_value.sival_int == TIMER_ORPHAN) {
            _exit(GCN_EXIT_ERROR);
        }
        on_quit_timer();
        return;
    }
    if (getppid() != notes.arbiter_pid) { /* else somebody else sent it */
        (void)start_timer(TIMER_ORPHAN, GCN_ORPHAN_GRACE_MS, 0);
        if (!leaves_boot(GCN_HOOK_WORKER_EXIT, GCN_NOTE_ORPHAN, AS_URGENT_AS_STOP)) {
            note_down(GCN_NOTE_ORPHAN);
        }
    }
}

void gcn_notes_start(const struct gcn_slot *slot, int arbiter_pid, _Atomic bool *quitting)
{
    static const int ignored[] = {SIGHUP, SIGUSR2, SIGTTIN, SIGTTOU, SIGWINCH};

    notes.slot = slot;
    notes.quitting = quitting;
    notes.arbiter_pid = arbiter_pid;
    for (size_t i = 0; i < GCN_COUNT(ignored); i++) {
        /* Not SIG_IGN, which the app's subprocesses would inherit. */
        gcn_signal_catch(ignored[i], on_nothing);
    }
    gcn_signal_catch(SIGTERM, on_stop);
    gcn_signal_catch(SIGINT, on_quit);
    gcn_signal_catch(SIGQUIT, on_quit);
    gcn_signal_catch(SIGABRT, on_abort);
    gcn_signal_catch(SIGUSR1, on_reopen);
}

void gcn_notes_boot_ended(void)
{
    atomic_store_explicit(&notes.boot_ended, true, memory_order_relaxed);
}

bool gcn_notes_watch_arbiter(void)
{
    gcn_signal_catch_info(OWN_SIGNAL, on_own_signal);
    for (int i = 0; i < TIMER_COUNT; i++) {
        struct sigevent event = {
            .sigev_notify = SIGEV_SIGNAL, .sigev_signo = OWN_SIGNAL, .sigev_value.sival_int = i};
        notes.has_timer[i] = timer_create(CLOCK_MONOTONIC, &event, &notes.timers[i]) == 0;
    }
    prctl(PR_SET_PDEATHSIG, OWN_SIGNAL);
    return getppid() == notes.arbiter_pid;
}

void gcn_notes_watch_arbiter_again(void)
{
    prctl(PR_SET_PDEATHSIG, OWN_SIGNAL);
    if (getppid() != notes.arbiter_pid) {
        raise(OWN_SIGNAL);
    }
}

bool gcn_notes_are_there(void)
{
    return atomic_load_explicit(&notes.noted, memory_order_relaxed) != 0;
}

unsigned gcn_notes_take(void)
{
    return atomic_exchange_explicit(&notes.noted, 0, memory_order_relaxed);
}
