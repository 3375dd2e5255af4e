/* SPDX-License-Identifier: MIT */
/*
 * Edit distance with swaps of neighbours as one edit (optimal string alignment).
 */
#include "suggest.h"

#include <string.h>

enum {
    LONGEST = 64,
    SHORT = 3, /* words up to here are near to many others, by chance */
};

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

static bool same(char a, char b)
{
    return gcn_slice_equal_nocase((struct gcn_slice){&a, 1}, (struct gcn_slice){&b, 1}) ||
           ((a == '-' || a == '_') && (b == '-' || b == '_'));
}

/* Three rows of the usual matrix are enough: the current one and the two above it. */
static size_t edit_distance(struct gcn_slice a, struct gcn_slice b)
{
    size_t rows[3][LONGEST + 1];

    for (size_t j = 0; j <= b.len; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t *now = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t cost = same(a.ptr[i - 1], b.ptr[j - 1]) ? 0 : 1;
            now[j] = least(above[j] + 1, now[j - 1] + 1, above[j - 1] + cost);
            if (i > 1 && j > 1 && same(a.ptr[i - 1], b.ptr[j - 2]) &&
                same(a.ptr[i - 2], b.ptr[j - 1]) && two_above[j - 2] + 1 < now[j]) {
                now[j] = two_above[j - 2] + 1;
            }
        }
    }
    return rows[a.len % 3][b.len];
}

struct gcn_suggestion gcn_suggest_start(struct gcn_slice word)
{
    size_t worst = word.len <= SHORT ? 1 : word.len / 3 + 1; /* a third of the word may be wrong */

    return (struct gcn_suggestion){word, {NULL, 0}, worst > 3 ? 4 : worst + 1};
}

void gcn_suggest_offer(struct gcn_suggestion *suggestion, struct gcn_slice candidate)
{
    size_t a = suggestion->word.len, b = candidate.len;

    if (a > LONGEST || b > LONGEST || (a > b ? a - b : b - a) >= suggestion->distance) {
        return; /* the lengths alone are too far apart */
    }
    if (a <= SHORT && (a == 0 || b == 0 || !same(suggestion->word.ptr[0], candidate.ptr[0]))) {
        return;
    }
    size_t distance = edit_distance(suggestion->word, candidate);
    if (distance < suggestion->distance) {
        suggestion->best = candidate;
        suggestion->distance = distance;
    }
}
