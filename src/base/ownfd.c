/* SPDX-License-Identifier: MIT */
/*
 * One bit a descriptor, so that there is nothing to allocate, and nothing that a fork in the middle
 * of a change on another thread could leave half done. Descriptors beyond the table are not
 * remembered.
 */
#include <gcorn/base/ownfd.h>

#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

enum { BITS = 64, WORDS = (1 << 20) / BITS };

/* Process. */
static struct {
    _Atomic uint64_t words[WORDS];
    _Atomic int n_used; /* words beyond are zero */
} table;

void gcn_ownfd_add(int fd)
{
    int word = fd / BITS;

    if (fd < 0 || word >= WORDS) {
        return;
    }
    atomic_fetch_or_explicit(&table.words[word], (uint64_t)1 << fd % BITS, memory_order_relaxed);
    /*
     * Raced only by a thread that adds another one at the same moment, which the next one repairs.
     */
    if (word >= atomic_load_explicit(&table.n_used, memory_order_relaxed)) {
        atomic_store_explicit(&table.n_used, word + 1, memory_order_relaxed);
    }
}

void gcn_ownfd_close(int fd)
{
    if (fd >= 0 && fd / BITS < WORDS) {
        atomic_fetch_and_explicit(&table.words[fd / BITS], ~((uint64_t)1 << fd % BITS),
                                  memory_order_relaxed);
    }
    close(fd);
}

void gcn_ownfd_close_all(void)
{
    int n = atomic_load_explicit(&table.n_used, memory_order_relaxed);

    for (int word = 0; word < n; word++) {
        uint64_t bits = atomic_exchange_explicit(&table.words[word], 0, memory_order_relaxed);
        for (; bits != 0; bits &= bits - 1) {
            close(word * BITS + __builtin_ctzll(bits));
        }
    }
}
