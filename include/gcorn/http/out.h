/* SPDX-License-Identifier: MIT */
/*
 * Bytes on their way to a socket: copied ones in pooled blocks, large ones by reference, files by
 * descriptor. In order, each piece freed as soon as it is sent.
 */
#ifndef GCORN_HTTP_OUT_H
#define GCORN_HTTP_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <gcorn/base/compiler.h>
#include <gcorn/net/socket.h>

enum { GCN_OUT_BLOCK_BYTES = 16 * 1024 };

enum gcn_piece_kind {
    GCN_PIECE_COPY, /* bytes in the piece itself */
    GCN_PIECE_REF,  /* somebody else's bytes, kept alive by `owner` */
    GCN_PIECE_FILE,
};

/* Lifetime: until sent or dropped. Owned by the gcn_out it is in. */
struct gcn_piece {
    struct gcn_piece *next; /* owned */
    enum gcn_piece_kind kind;
    const char *ptr; /* COPY, REF: the next byte to send */
    size_t len;      /* bytes still to send */
    union {
        struct {
            size_t cap;  /* COPY: room in `bytes` */
        } copy;
        struct {
            void *owner; /* REF: given to `release` once sent or dropped */
            void (*release)(void *owner); /* may be called without the GIL, on the loop's thread */
        } ref;
        struct {
            int fd;       /* FILE: owned */
            off_t offset; /* of the next byte */
        } file;
    };
    char bytes[]; /* COPY */
};

/* {0} is empty. */
struct gcn_out {
    struct gcn_piece *first, *last; /* first is owned */
    size_t len; /* unsent bytes that hold memory: COPY and REF, not FILE */
};

/* Room for `size` contiguous bytes at the end; the caller adds with gcn_out_add. */
char *gcn_out_reserve(struct gcn_out *out, size_t size);

/* `size` of the reserved bytes were written. */
void gcn_out_add(struct gcn_out *out, size_t size);

/* Leave `size` bytes of the block just reserved (still empty) free for gcn_out_prepend. */
void gcn_out_skip(struct gcn_out *out, size_t size);

/* Put bytes before everything else, into the gap that gcn_out_skip left in the first block. */
void gcn_out_prepend(struct gcn_out *out, const void *bytes, size_t len);

/* Copy bytes to the end. */
void gcn_out_copy(struct gcn_out *out, const void *bytes, size_t len);

/* Append bytes by reference; `release(owner)` is called exactly once. */
void gcn_out_refer(struct gcn_out *out, const void *bytes, size_t len, void *owner,
                   void (*release)(void *owner));

/* Append `len` bytes of the file `fd` (taken over) from `offset` on. */
void gcn_out_file(struct gcn_out *out, int fd, off_t offset, size_t len);

/* Move everything in `from` to the end of `to`. */
void gcn_out_move(struct gcn_out *to, struct gcn_out *from);

/* Drop everything. */
void gcn_out_clear(struct gcn_out *out);

/* True if nothing waits to be sent. */
static inline bool gcn_out_is_empty(const struct gcn_out *out)
{
    return out->first == NULL;
}

/* True if there is a file in front, or more than `bytes` of what holds memory. */
static inline bool gcn_out_exceeds(const struct gcn_out *out, size_t bytes)
{
    return out->len > bytes || (out->first != NULL && out->first->kind == GCN_PIECE_FILE);
}

/*
 * Send as much as the socket takes. OK: all gone. AGAIN: the rest waits for writability. ERROR:
 * with errno; EOF: a file was shorter than promised. *sent counts the bytes that left. Some MiB at
 * most in one call (AGAIN then, too), so that a client that reads as fast as we send does not hold
 * the loop, or the interpreter. `push` says when bytes from memory leave that the socket took.
 */
GCN_MUST_CHECK enum gcn_io gcn_out_send(struct gcn_out *out, int fd, enum gcn_push push,
                                        size_t *sent);

/* Free the pooled blocks of this thread (at exit, for leak checkers). */
void gcn_out_pool_finish(void);

#endif
