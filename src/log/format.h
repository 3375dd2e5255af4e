/* SPDX-License-Identifier: MIT */
/*
 * The format of the access log, compiled to a list of steps.
 */
#ifndef GCORN_LOG_FORMAT_H
#define GCORN_LOG_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <gcorn/base/arena.h>
#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/log/access.h>

#include "decode.h"
#include "text.h"

/* What a step writes. In parentheses: the name in a format, where it is gunicorn's. */
enum gcn_atom {
    GCN_ATOM_LITERAL,
    GCN_ATOM_UNKNOWN, /* any other name, and (l): always "-" */
    /* texts that somebody else chose */
    GCN_ATOM_PEER,   /* (h) */
    GCN_ATOM_CLIENT, /* the same, unknown for a unix socket */
    GCN_ATOM_USER,   /* (u) of Basic authorization */
    GCN_ATOM_LINE,   /* (r) method, target and protocol */
    GCN_ATOM_METHOD, /* (m) */
    GCN_ATOM_PATH,   /* (U) decoded */
    GCN_ATOM_RAW_PATH,
    GCN_ATOM_QUERY,         /* (q) */
    GCN_ATOM_REQUEST_FIELD, /* (f), (a), ({name}i) */
    GCN_ATOM_RESPONSE_FIELD,
    GCN_ATOM_ENVIRON,
    GCN_ATOM_REQUEST_ID,
    GCN_ATOM_REFUSAL,
    /* texts of our own */
    GCN_ATOM_TIME, /* (t) [dd/Mon/yyyy:HH:MM:SS +zzzz] */
    GCN_ATOM_ISO_TIME,
    GCN_ATOM_PROTOCOL, /* (H) */
    GCN_ATOM_PID,      /* (p) with its angle brackets */
    GCN_ATOM_DECIMAL,  /* (L) seconds with six decimals */
    GCN_ATOM_QUEUE,    /* seconds with six decimals */
    GCN_ATOM_COMPLETE, /* true or false */
    /* numbers */
    GCN_ATOM_STATUS,  /* (s) */
    GCN_ATOM_BYTES,   /* (b), (B) */
    GCN_ATOM_SECONDS, /* (T) */
    GCN_ATOM_MILLIS,  /* (M) */
    GCN_ATOM_MICROS,  /* (D) */
    GCN_ATOM_WORKER,  /* the pid as a number */
};

/* True for those that JSON has without quotes. */
static inline bool gcn_atom_is_number(enum gcn_atom atom)
{
    return atom >= GCN_ATOM_STATUS;
}

/* How a value stands in the line. */
enum gcn_frame {
    GCN_FRAME_BARE,   /* as it is, escaped */
    GCN_FRAME_WORD,   /* the same, blanks escaped too */
    GCN_FRAME_QUOTED, /* the format has quotes around it */
    GCN_FRAME_JSON,   /* text gets quotes; unknown is null */
    GCN_FRAME_LOGFMT, /* text gets quotes where it needs them; unknown is - */
};

/* printf's flags, as bits. */
enum gcn_step_flag {
    GCN_STEP_LEFT = 1 << 0,  /* - */
    GCN_STEP_ZERO = 1 << 1,  /* 0 */
    GCN_STEP_PLUS = 1 << 2,  /* + */
    GCN_STEP_BLANK = 1 << 3, /* a blank */
    GCN_STEP_ALT = 1 << 4,   /* # */
};

struct gcn_step {
    enum gcn_atom atom;
    enum gcn_frame frame;
    char conversion;       /* 's' for plain text, or another one of Python's */
    uint8_t flags;         /* enum gcn_step_flag */
    bool is_shaped;        /* text with a width or a precision */
    int width;             /* 0: none */
    int precision;         /* -1: none */
    struct gcn_slice text; /* the literal, or the name of a field or key; in the arena */
};

/* The texts of the current second. Lifetime: process. {0} is empty. */
struct gcn_log_time {
    time_t second;
    char clf[32]; /* [23/Nov/2026:06:36:02 +0000] */
    char iso[40]; /* 2026-11-23T06:36:02 */
    char zone[8]; /* +00:00 */
};

/* Lifetime: as long as the log is open. {0} writes empty lines. */
struct gcn_format {
    struct gcn_arena arena;
    struct gcn_step *steps; /* in the arena */
    size_t n_steps;
    struct gcn_log_time time;
    int pid; /* what (p) and (worker) say; the worker's, once it is forked */
    char scratch[GCN_DECODE_BYTES];
};

/*
 * Compile `format`: Python's %-formatting with the names of gunicorn's atoms and our own, or the
 * name of a format. `err` says what is wrong at which column. The result is finished by
 * gcn_format_finish, on a failure too.
 */
GCN_MUST_CHECK bool gcn_format_compile(struct gcn_format *format, const char *source,
                                       struct gcn_error *err);
void gcn_format_finish(struct gcn_format *format);

/* Write the line of `record`, with its '\n', to `text`; text->full if it does not fit. */
void gcn_format_print(struct gcn_format *format, const struct gcn_access_record *record,
                      struct gcn_text *text);

#endif
