/* SPDX-License-Identifier: MIT */
/*
 * Runs wire cases against the parser: each whole, byte by byte and split at every offset, with the
 * same transcript each time. With --codes each is run whole only, and together they have to reach
 * every rule.
 *
 *     wire_run [--codes] FILE...
 *     wire_run --dump DIR FILE...    the inputs, a file each
 */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gcorn/base/mem.h>
#include <gcorn/http/head.h>
#include <gcorn/http/refusal.h>

/* Bytes that all plays of a case may look at together: longer inputs are split at fewer offsets,
   evenly spread. Up to some 5 KiB it is every offset. */
enum { WORK_MAX = 30 * 1000 * 1000 };

/* Process. */
static struct {
    const char *path;
    const char *dump; /* directory, or NULL */
    bool codes;
    int failed, n_dumped;
    bool reached[GCN_REFUSE_COUNT];
} run;

static void report(const struct wire_case *wire, const char *how, const char *unmet,
                   const char *transcript)
{
    size_t len = strcspn(unmet, "\n");

    printf("%s:%d: %s\n  %s, not met: %.*s\n  what happens:\n%.2000s\n", run.path, wire->line,
           wire->name, how, (int)len, unmet, transcript);
    run.failed++;
}

/* True if the play with these cuts gives `transcript` once more. */
static bool plays_alike(const struct wire_case *wire, const size_t *cuts, size_t n_cuts,
                        const char *transcript)
{
    struct gcn_buf out = {0};

    wire_play(wire, cuts, n_cuts, &out);
    bool alike = strcmp(out.ptr, transcript) == 0;
    if (!alike) {
        char how[64];
        snprintf(how, sizeof(how), n_cuts == 1 ? "split at %zu" : "byte by byte", cuts[0]);
        report(wire, how, "the same as in one piece", out.ptr);
    }
    gcn_buf_finish(&out);
    return alike;
}

static bool survives_cutting(const struct wire_case *wire, const char *transcript)
{
    size_t len = wire->input.len;
    size_t step = len * len / WORK_MAX + 1;
    bool alike = true;

    for (size_t cut = 0; alike && cut <= len; cut += step) {
        alike = plays_alike(wire, &cut, 1, transcript);
    }
    size_t *cuts = gcn_alloc((len + 1) * sizeof(*cuts));
    size_t n_cuts = 0;
    for (size_t at = 0; at <= len; at += step) {
        cuts[n_cuts++] = at;
    }
    alike = alike && plays_alike(wire, cuts, n_cuts, transcript);
    gcn_free(cuts);
    return alike;
}

static void note_codes(const char *transcript)
{
    for (int i = 1; i < GCN_REFUSE_COUNT; i++) {
        const char *code = gcn_refusal_info((enum gcn_refusal)i)->code;
        run.reached[i] = run.reached[i] || strstr(transcript, code) != NULL;
    }
}

static void check_case(void *context, const struct wire_case *wire)
{
    struct gcn_buf out = {0};

    (void)context;
    wire_play(wire, NULL, 0, &out);
    const char *unmet = wire_unmet(wire->expect.ptr, out.ptr);
    if (unmet != NULL) {
        report(wire, "in one piece", unmet, out.ptr);
    } else if (run.codes || survives_cutting(wire, out.ptr)) {
        note_codes(out.ptr);
    }
    gcn_buf_finish(&out);
}

static void dump_case(void *context, const struct wire_case *wire)
{
    char path[4096];

    (void)context;
    snprintf(path, sizeof(path), "%s/wire-%04d", run.dump, run.n_dumped++);
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(wire->input.ptr, 1, wire->input.len, file) != wire->input.len ||
        fclose(file) != 0) {
        perror(path);
        exit(2);
    }
}

/* The rules about bytes: H, B and P, but for what only a full disk or 64 MiB can show. */
static void check_codes(void)
{
    for (int i = 1; i < GCN_REFUSE_COUNT; i++) {
        const char *code = gcn_refusal_info((enum gcn_refusal)i)->code;
        bool other = code[4] == 'T' || i == GCN_REFUSE_BODY_STORE ||
                     i == GCN_REFUSE_HEAD_LARGE || i == GCN_REFUSE_PARSER;
        if (!run.reached[i] && !other) {
            printf("no case is refused with %s (%s)\n", code,
                   gcn_refusal_info((enum gcn_refusal)i)->text);
            run.failed++;
        }
    }
}

int main(int argc, char **argv)
{
    int at = 1, n_cases = 0;

    run.codes = argc > at && strcmp(argv[at], "--codes") == 0;
    at += run.codes;
    if (argc > at + 1 && strcmp(argv[at], "--dump") == 0) {
        run.dump = argv[at + 1];
        at += 2;
    }
    for (; at < argc; at++) {
        run.path = argv[at];
        int n = wire_read(argv[at], run.dump != NULL ? dump_case : check_case, NULL);
        if (n < 0) {
            return 2;
        }
        n_cases += n;
    }
    if (run.codes) {
        check_codes();
    }
    gcn_head_pool_finish();
    printf("%d cases, %d failed\n", n_cases, run.failed);
    return run.failed == 0 && n_cases > 0 ? 0 : 1;
}
