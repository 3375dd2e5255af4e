/* SPDX-License-Identifier: MIT */
/*
 * The queue of bytes on their way to a socket. Blocks of the usual size come from a free list of
 * the thread, so that a request in the steady state allocates nothing.
 */
#include <gcorn/http/out.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>

enum {
    POOL_BLOCKS = 64,              /* kept a thread: 1 MiB at most */
    GATHER = 16,                   /* pieces sent by one call */
    SEND_BUDGET = 4 * 1024 * 1024, /* of gcn_out_send, before others get their turn */
    BLOCK_ROOM = GCN_OUT_BLOCK_BYTES - (int)sizeof(struct gcn_piece),
};

/* Thread: blocks of the usual size that wait to be used again. */
static _Thread_local struct {
    struct gcn_piece *free;
    int n_free;
} pool;

static struct gcn_piece *block_create(size_t room)
{
    struct gcn_piece *piece;

    if (room <= BLOCK_ROOM && pool.free != NULL) {
        piece = pool.free;
        pool.free = piece->next;
        pool.n_free--;
    } else {
        size_t cap = room <= BLOCK_ROOM ? BLOCK_ROOM : room;
        piece = gcn_alloc(sizeof(*piece) + cap);
        piece->copy.cap = cap;
    }
    piece->next = NULL;
    piece->kind = GCN_PIECE_COPY;
    piece->ptr = piece->bytes;
    piece->len = 0;
    return piece;
}

static void piece_destroy(struct gcn_piece *piece)
{
    switch (piece->kind) {
    case GCN_PIECE_COPY:
        if (piece->copy.cap == BLOCK_ROOM && pool.n_free < POOL_BLOCKS) {
            piece->next = pool.free;
            pool.free = piece;
            pool.n_free++;
            return;
        }
        break;
    case GCN_PIECE_REF:
        piece->ref.release(piece->ref.owner);
        break;
    case GCN_PIECE_FILE:
        close(piece->file.fd);
        break;
    }
    gcn_free(piece);
}

static void append(struct gcn_out *out, struct gcn_piece *piece)
{
    if (out->first == NULL) {
        out->first = piece;
    } else {
        out->last->next = piece;
    }
    out->last = piece;
}

char *gcn_out_reserve(struct gcn_out *out, size_t size)
{
    struct gcn_piece *last = out->first == NULL ? NULL : out->last;

    if (last == NULL || last->kind != GCN_PIECE_COPY ||
        (size_t)(last->bytes + last->copy.cap - (last->ptr + last->len)) < size) {
        last = block_create(size);
        append(out, last);
    }
    return last->bytes + (last->ptr - last->bytes) + last->len;
}

void gcn_out_add(struct gcn_out *out, size_t size)
{
    out->last->len += size;
    out->len += size;
}

void gcn_out_skip(struct gcn_out *out, size_t size)
{
    GCN_ASSERT(out->last->len == 0);
    out->last->ptr += size;
}

void gcn_out_prepend(struct gcn_out *out, const void *bytes, size_t len)
{
    struct gcn_piece *first = out->first;

    GCN_ASSERT((size_t)(first->ptr - first->bytes) >= len);
    first->ptr -= len;
    first->len += len;
    out->len += len;
    memcpy(first->bytes + (first->ptr - first->bytes), bytes, len);
}

void gcn_out_copy(struct gcn_out *out, const void *bytes, size_t len)
{
    if (len > 0) {
        memcpy(gcn_out_reserve(out, len), bytes, len);
        gcn_out_add(out, len);
    }
}

void gcn_out_refer(struct gcn_out *out, const void *bytes, size_t len, void *owner,
                   void (*release)(void *owner))
{
    struct gcn_piece *piece = gcn_alloc(sizeof(*piece));

    piece->next = NULL;
    piece->kind = GCN_PIECE_REF;
    piece->ptr = bytes;
    piece->len = len;
    piece->ref.owner = owner;
    piece->ref.release = release;
    append(out, piece);
    out->len += len;
}

void gcn_out_file(struct gcn_out *out, int fd, off_t offset, size_t len)
{
    struct gcn_piece *piece = gcn_alloc(sizeof(*piece));

    piece->next = NULL;
    piece->kind = GCN_PIECE_FILE;
    piece->ptr = NULL;
    piece->len = len;
    piece->file.fd = fd;
    piece->file.offset = offset;
    append(out, piece);
}

void gcn_out_move(struct gcn_out *to, struct gcn_out *from)
{
    if (from->first == NULL) {
        return;
    }
    if (to->first == NULL) {
        *to = *from;
    } else {
        to->last->next = from->first;
        to->last = from->last;
        to->len += from->len;
    }
    *from = (struct gcn_out){0};
}

static void drop_first(struct gcn_out *out)
{
    struct gcn_piece *piece = out->first;
    out->first = piece->next;
    piece_destroy(piece);
}

void gcn_out_clear(struct gcn_out *out)
{
    while (out->first != NULL) {
        drop_first(out);
    }
    *out = (struct gcn_out){0};
}

/* `done` bytes of the memory pieces at the front have left. */
static void consume(struct gcn_out *out, size_t done)
{
    out->len -= done;
    while (out->first != NULL && out->first->kind != GCN_PIECE_FILE && done >= out->first->len) {
        done -= out->first->len;
        drop_first(out);
    }
    if (done > 0) {
        out->first->ptr += done;
        out->first->len -= done;
    }
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Send `most` bytes at most: the kernel takes all that it is given while a fast client reads. */
static enum gcn_io send_memory(struct gcn_out *out, int fd, enum gcn_push push, size_t most,
                               size_t *done)
{
    struct iovec gathered[GATHER];
    int n = 0;

    if (GCN_LIKELY(out->first->next == NULL && out->first->len > 0)) {
        return gcn_socket_write(fd, out->first->ptr, min_size(out->first->len, most), push, done);
    }
    for (struct gcn_piece *piece = out->first;
         piece != NULL && piece->kind != GCN_PIECE_FILE && n < GATHER; piece = piece->next) {
        size_t len = min_size(piece->len, most);
        most -= len;
        if (len > 0) {
            gathered[n++] = (struct iovec){(void *)(uintptr_t)piece->ptr, len};
        }
    }
    *done = 0;
    if (n == 0) {
        return GCN_IO_OK;
    }
    return n == 1 ? gcn_socket_write(fd, gathered[0].iov_base, gathered[0].iov_len, push, done)
                  : gcn_socket_writev(fd, gathered, n, push, done);
}

static enum gcn_io send_file(struct gcn_out *out, int fd, size_t *done)
{
    struct gcn_piece *piece = out->first;

    *done = 0;
    if (piece->len == 0) {
        drop_first(out);
        return GCN_IO_OK;
    }
    enum gcn_io io =
        gcn_socket_sendfile(fd, piece->file.fd, &piece->file.offset, piece->len, done);
    piece->len -= *done;
    if (io == GCN_IO_OK && piece->len == 0) {
        drop_first(out);
    }
    return io;
}

GCN_FLATTEN enum gcn_io gcn_out_send(struct gcn_out *out, int fd, enum gcn_push push, size_t *sent)
{
    *sent = 0;
    while (out->first != NULL) {
        size_t done;
        bool is_file = out->first->kind == GCN_PIECE_FILE;
        if (GCN_UNLIKELY(*sent >= SEND_BUDGET)) {
            return GCN_IO_AGAIN;
        }
        enum gcn_io io = is_file ? send_file(out, fd, &done)
                                 : send_memory(out, fd, push, SEND_BUDGET - *sent, &done);
        if (io != GCN_IO_OK) {
            return io;
        }
        *sent += done;
        if (!is_file) {
            consume(out, done);
        }
    }
    return GCN_IO_OK;
}

void gcn_out_pool_finish(void)
{
    while (pool.free != NULL) {
        struct gcn_piece *piece = pool.free;
        pool.free = piece->next;
        gcn_free(piece);
    }
    pool.n_free = 0;
}
