/* SPDX-License-Identifier: MIT */
/*
 * Logging refusals, so many a second.
 */
#include "refusals.h"

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>
#include <gcorn/base/quote.h>

enum {
    SECOND_US = 1000000,
    LINES_A_SECOND = 10,
    CULPRIT_SHOWN = 80, /* bytes of the offending text */
    SHOWN_BYTES = 4 * CULPRIT_SHOWN + 1,
};

/* True if a line may be written now. */
static bool may_write(struct gcn_refusals *refusals, int64_t now_us)
{
    int64_t second = now_us / SECOND_US;

    if (second != refusals->second) {
        refusals->second = second;
        refusals->written = 0;
    }
    if (refusals->written >= LINES_A_SECOND) {
        refusals->quiet++;
        return false;
    }
    refusals->written++;
    return true;
}

/*
 * The first bytes of `culprit` at `out` with its controls escaped (ends of lines and NUL, too), and
 * what would end the quotes around it. Returns out.
 */
static char *show(struct gcn_slice culprit, char out[SHOWN_BYTES])
{
    char *at = out;

    for (size_t i = 0; i < culprit.len && i < CULPRIT_SHOWN; i++) {
        at = gcn_quote_byte(at, culprit.ptr[i]);
    }
    *at = '\0';
    return out;
}

static void write_line(const struct gcn_endpoint *peer, const struct gcn_refusal_info *info,
                       struct gcn_slice culprit)
{
    const char *who = peer->is_unix ? "the unix socket" : peer->host;
    char shown[SHOWN_BYTES];

    show(culprit, shown);
    gcn_warn("%s %s (%d to %s)%s%s%s%s%s", info->code, info->text, info->status, who,
             shown[0] != '\0' ? ": \"" : "", shown, shown[0] != '\0' ? "\"" : "",
             info->setting != NULL ? "; see the setting " : "",
             info->setting != NULL ? info->setting : "");
}

void gcn_refusals_log(struct gcn_refusals *refusals, const struct gcn_endpoint *peer,
                      enum gcn_refusal refusal, struct gcn_slice culprit, int64_t now_us)
{
    if (!may_write(refusals, now_us)) {
        return;
    }
    gcn_refusals_flush(refusals, INT64_MAX);
    write_line(peer, gcn_refusal_info(refusal), culprit);
}

void gcn_refusals_flush(struct gcn_refusals *refusals, int64_t now_us)
{
    if (refusals->quiet > 0 && now_us / SECOND_US != refusals->second) {
        gcn_warn("%llu more requests were refused and not logged",
                 (unsigned long long)refusals->quiet);
        refusals->quiet = 0;
    }
}

int gcn_refusals_due_ms(const struct gcn_refusals *refusals, int64_t now_us)
{
    return refusals->quiet == 0 ? -1
                                : gcn_clock_wait_ms((refusals->second + 1) * SECOND_US - now_us);
}
