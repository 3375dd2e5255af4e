/* SPDX-License-Identifier: MIT */
/*
 * Signals of a worker. The handlers only note what came, poke the worker's eventfd and, where
 * Python may be running for long, ask it to stop; the loop acts on the notes.
 */
#ifndef GCORN_WORKER_NOTES_H
#define GCORN_WORKER_NOTES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct gcn_slot;

enum {
    /* What a worker that is told to leave at once may still do: the app call in progress is interrupted
       after the first span, and connections are dropped after the second. */
    GCN_QUIT_CALL_MS = 100,
    GCN_QUIT_MS = 500,
    GCN_ORPHAN_GRACE_MS = 2000, /* a worker without an arbiter ends after this, whatever it does */
};

enum gcn_note {
    GCN_NOTE_STOP = 1 << 0,   /* TERM: finish what there is, then leave */
    GCN_NOTE_QUIT = 1 << 1,   /* INT, QUIT: leave within GCN_QUIT_MS */
    GCN_NOTE_ABORT = 1 << 2,  /* ABRT: silent for too long; stacks were written */
    GCN_NOTE_REOPEN = 1 << 3, /* USR1: open the log files again */
    GCN_NOTE_ORPHAN = 1 << 4, /* the arbiter is gone */
};

/*
 * Catch the worker's signals (they may still be blocked). Until gcn_notes_boot_ended, a signal that
 * asks to leave ends the process at once: there is nothing to finish yet; only where worker_exit,
 * or the hook of that signal (worker_int, worker_abort), is set Python ends the boot, as it would
 * an app call. *quitting becomes true with the second INT or QUIT, when the grace after the first
 * is over, and with ABRT, from the handler.
 */
void gcn_notes_start(const struct gcn_slot *slot, int arbiter_pid, _Atomic bool *quitting);

/*
 * From now on signals are only noted: the loop reads that, or the worker is about to leave anyway.
 */
void gcn_notes_boot_ended(void);

/*
 * Have the kernel tell when the arbiter dies. Call it after the last change of identity, which
 * would undo it. False if the arbiter is gone already.
 */
bool gcn_notes_watch_arbiter(void);

/* The same again when the app is loaded: it, or a hook, may have given up rights. Without an arbiter the worker
   is told to finish. */
void gcn_notes_watch_arbiter_again(void);

/* True if there are notes to be taken. One load. */
bool gcn_notes_are_there(void);

/* The notes since the last call, as bits of enum gcn_note. Thread: loop. */
unsigned gcn_notes_take(void);

#endif
