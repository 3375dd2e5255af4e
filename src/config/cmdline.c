/* SPDX-License-Identifier: MIT */
/*
 * Options, parsed with getopt_long. Two things are done before it sees a word. Abbreviations are
 * written out, because gunicorn's own options must win where gcorn's extra ones begin alike. And
 * getopt_long is told to stop at words that are no options ("+"), so that it never reorders argv.
 */
#include <gcorn/config/cmdline.h>

#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>
#include <gcorn/proc/exitcode.h>

#include "cmdline.h"
#include "kind.h"
#include "spelling.h"
#include "suggest.h"

enum { MAX_SPELLINGS = 512, FIRST_LONG = 256 };

/* One parse. Lifetime: the call. */
struct parser {
    struct gcn_cmdline *cmdline;
    struct gcn_draft *draft;
    const struct gcn_place *place;
    int argc;
    char **argv; /* getopt's copy of the pointers; the strings are not written to */
    struct gcn_spelling spellings[MAX_SPELLINGS];
    struct option longs[MAX_SPELLINGS]; /* longs[i].val is FIRST_LONG + the spelling's index */
    char shorts[2 * MAX_SPELLINGS];
    size_t n_spellings, n_longs, n_shorts;
};

void gcn_cmdline_finish(struct gcn_cmdline *cmdline)
{
    gcn_free(cmdline->options);
    *cmdline = (struct gcn_cmdline){0};
}

const struct gcn_value *gcn_cmdline_find(const struct gcn_cmdline *cmdline, enum gcn_setting_id id)
{
    for (size_t i = cmdline->n_options; i > 0; i--) {
        if (cmdline->options[i - 1].row->id == id) {
            return &cmdline->options[i - 1].value;
        }
    }
    return NULL;
}

static const char *long_name(struct parser *parser, const struct gcn_spelling *spelling)
{
    return gcn_draft_format(parser->draft, "%s%.*s", spelling->is_negated ? "no-" : "",
                            (int)spelling->name.len, spelling->name.ptr);
}

static bool add_spelling(void *context, const struct gcn_spelling *spelling)
{
    static const int has_arg[] = {
        [GCN_ARGUMENT_NONE] = no_argument,
        [GCN_ARGUMENT_REQUIRED] = required_argument,
        [GCN_ARGUMENT_OPTIONAL] = optional_argument,
    };
    struct parser *parser = context;
    size_t index = parser->n_spellings++;

    GCN_ASSERT(index < MAX_SPELLINGS - 1);
    parser->spellings[index] = *spelling;
    if (spelling->name.len > 1) {
        parser->longs[parser->n_longs++] = (struct option){
            .name = long_name(parser, spelling),
            .has_arg = has_arg[spelling->argument],
            .val = FIRST_LONG + (int)index,
        };
        return true;
    }
    parser->shorts[parser->n_shorts++] = spelling->name.ptr[0];
    if (spelling->argument == GCN_ARGUMENT_REQUIRED) {
        parser->shorts[parser->n_shorts++] = ':';
    }
    return true;
}

/*
 * getopt's own conventions: "+" stops at words, ":" tells a missing value from an unknown option.
 */
static void build_tables(struct parser *parser)
{
    memcpy(parser->shorts, "+:", 2);
    parser->n_shorts = 2;
    gcn_spellings_walk(add_spelling, parser);
    parser->shorts[parser->n_shorts] = '\0';
    parser->longs[parser->n_longs] = (struct option){0};
}

GCN_PRINTF(3, 4)
static void usage_error(struct parser *parser, const char *flag, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    gcn_draft_error(parser->draft, GCN_EXIT_USAGE, parser->place, "%s: %s", flag, text);
}

/* What a word that may be an abbreviated option matches. */
struct matches {
    const char *exact;
    const char *first; /* of those that begin so */
    const char *second;
    struct gcn_suggestion near;
};

static struct matches match_long(struct parser *parser, struct gcn_slice name, bool extra)
{
    struct matches found = {.near = gcn_suggest_start(name)};

    for (size_t i = 0; i < parser->n_longs; i++) {
        const char *candidate = parser->longs[i].name;
        bool is_extra = parser->spellings[parser->longs[i].val - FIRST_LONG].is_extra;
        if (gcn_slice_equal(name, gcn_slice_of(candidate))) {
            found.exact = candidate;
        }
        gcn_suggest_offer(&found.near, gcn_slice_of(candidate));
        if (is_extra == extra && strncmp(candidate, name.ptr, name.len) == 0) {
            found.second = found.first != NULL && found.second == NULL ? candidate : found.second;
            found.first = found.first == NULL ? candidate : found.first;
        }
    }
    return found;
}

static void report_unknown(struct parser *parser, const char *word, size_t name_len,
                           struct gcn_slice near)
{
    const char *flag = gcn_draft_format(parser->draft, "%.*s", (int)name_len + 2, word);

    if (near.len > 0) {
        usage_error(parser, flag, "there is no such option; did you mean --%.*s?", (int)near.len,
                    near.ptr);
    } else {
        usage_error(parser, flag, "there is no such option");
    }
}

/*
 * Write out the long option argv[at] if it is abbreviated. False if it is no option at all, or
 * could be several; that is reported.
 */
static bool expand_long(struct parser *parser, int at)
{
    const char *word = parser->argv[at];
    struct gcn_slice name, value;
    bool has_value = gcn_slice_cut(gcn_slice_of(word + 2), '=', &name, &value);
    struct matches found = match_long(parser, name, false);

    if (found.exact == NULL && found.first == NULL) {
        found = match_long(parser, name, true);
    }
    if (found.exact != NULL) {
        return true;
    }
    if (found.first == NULL) {
        report_unknown(parser, word, name.len, found.near.best);
        return false;
    }
    if (found.second != NULL) {
        const char *flag = gcn_draft_format(parser->draft, "--%.*s", (int)name.len, name.ptr);
        usage_error(parser, flag, "could be --%s or --%s", found.first, found.second);
        return false;
    }
    size_t size = strlen(found.first) + value.len + 4;
    char *full = gcn_arena_alloc(&parser->draft->settings->arena, size);
    snprintf(full, size, "--%s%s%.*s", found.first, has_value ? "=" : "", (int)value.len,
             value.len > 0 ? value.ptr : "");
    parser->argv[at] = full;
    return true;
}

/* As argparse: "-w=4" is "-w4". */
static void expand_short(struct parser *parser, int at)
{
    const char *word = parser->argv[at];

    if (word[2] == '=' && word[3] != '\0') {
        size_t size = strlen(word);
        char *full = gcn_arena_alloc(&parser->draft->settings->arena, size);
        snprintf(full, size, "-%c%s", word[1], word + 3);
        parser->argv[at] = full;
    }
}

static void add_option(struct parser *parser, const struct gcn_setting *row, const char *flag,
                       struct gcn_slice text)
{
    struct gcn_cmdline *cmdline = parser->cmdline;

    cmdline->options =
        gcn_realloc(cmdline->options, (cmdline->n_options + 1) * sizeof(*cmdline->options));
    cmdline->options[cmdline->n_options++] =
        (struct gcn_option){row, gcn_value_of_text(text), flag};
}

/*
 * As argparse: a word that looks like an option is no value, unless it has a blank or is a number.
 */
static bool looks_like_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && !isdigit((unsigned char)word[1]) &&
           strchr(word, ' ') == NULL;
}

/* True if `word` is a choice or a synonym of the row: the value of an optional argument. */
static bool is_choice_word(struct parser *parser, const struct gcn_setting *row, const char *word)
{
    struct gcn_error ignored = {{0}}, notice = {{0}};
    struct gcn_value value = gcn_value_of_text(gcn_slice_of(word));
    struct gcn_intake in = {
        .row = row,
        .arena = &parser->draft->settings->arena,
        .expected = &ignored,
        .notice = &notice,
    };
    int index;

    return gcn_accept_enum(&in, &value, &index);
}

static void take_setting(struct parser *parser, const struct gcn_spelling *spelling,
                         const char *flag)
{
    const struct gcn_setting *row = spelling->row;

    if (spelling->argument == GCN_ARGUMENT_NONE) {
        add_option(parser, row, flag,
                   spelling->is_negated ? GCN_SLICE("false") : GCN_SLICE("true"));
        return;
    }
    const char *text = optarg;
    if (text == NULL && optind < parser->argc &&
        is_choice_word(parser, row, parser->argv[optind])) {
        text = parser->argv[optind++];
    }
    bool is_separate = text != NULL && optind > 1 && text == parser->argv[optind - 1];
    if (is_separate && looks_like_option(text)) {
        usage_error(parser, flag, "%s: expected a value (%s)", text, gcn_kind_metavar(row));
        return;
    }
    add_option(parser, row, flag, gcn_slice_of(text == NULL ? row->bare : text));
}

static const struct gcn_spelling *find_spelling(const struct parser *parser, int code)
{
    if (code >= FIRST_LONG) {
        return &parser->spellings[code - FIRST_LONG];
    }
    for (size_t i = 0; i < parser->n_spellings; i++) {
        if (parser->spellings[i].name.len == 1 && parser->spellings[i].name.ptr[0] == code) {
            return &parser->spellings[i];
        }
    }
    return NULL;
}

static const char *show_flag(struct parser *parser, const struct gcn_spelling *spelling)
{
    return gcn_draft_format(parser->draft, "%s%s", spelling->name.len == 1 ? "-" : "--",
                            long_name(parser, spelling));
}

/* getopt_long said ':' (no value) or '?' (an unknown letter, or a value where none belongs). */
static void report_getopt(struct parser *parser, int verdict)
{
    const struct gcn_spelling *spelling = find_spelling(parser, optopt);

    if (spelling == NULL) {
        usage_error(parser, gcn_draft_format(parser->draft, "-%c", optopt),
                    "there is no such option");
    } else if (verdict == ':') {
        usage_error(parser, show_flag(parser, spelling), "expected a value%s%s%s",
                    spelling->row == NULL ? "" : " (",
                    spelling->row == NULL ? "" : gcn_kind_metavar(spelling->row),
                    spelling->row == NULL ? "" : ")");
    } else {
        usage_error(parser, show_flag(parser, spelling), "takes no value");
    }
}

/* The next option, which begins at argv[optind] or is the next letter of a bundle there. */
static void take_option(struct parser *parser)
{
    int code = getopt_long(parser->argc, parser->argv, parser->shorts, parser->longs, NULL);
    if (code == ':' || code == '?') {
        report_getopt(parser, code);
        return;
    }
    const struct gcn_spelling *spelling = find_spelling(parser, code);
    GCN_ASSERT(spelling != NULL);
    if (spelling->row == NULL) {
        struct gcn_action *action = &parser->cmdline->action;
        action->kind = spelling->action;
        snprintf(action->argument, sizeof(action->argument), "%s", optarg == NULL ? "" : optarg);
        return;
    }
    take_setting(parser, spelling, show_flag(parser, spelling));
}

static void take_word(struct parser *parser, const char *word)
{
    struct gcn_cmdline *cmdline = parser->cmdline;

    if (cmdline->n_words++ == 0) {
        cmdline->app = word;
    }
}

/* Options and words in turn, until the end or an action. */
static void parse_all(struct parser *parser)
{
    while (optind < parser->argc && parser->cmdline->action.kind == GCN_ACTION_SERVE) {
        const char *word = parser->argv[optind];
        if (word[0] != '-' || word[1] == '\0') {
            take_word(parser, word);
            optind++;
        } else if (strcmp(word, "--") == 0) {
            for (optind++; optind < parser->argc; optind++) {
                take_word(parser, parser->argv[optind]);
            }
        } else if (word[1] == '-' && !expand_long(parser, optind)) {
            optind++;
        } else {
            expand_short(parser, optind);
            take_option(parser);
        }
    }
}

void gcn_cmdline_parse(struct gcn_cmdline *cmdline, struct gcn_draft *draft,
                       const struct gcn_place *place, int argc, const char *const *argv)
{
    struct parser *parser = gcn_alloc_zero(1, sizeof(*parser));

    *cmdline = (struct gcn_cmdline){0};
    parser->cmdline = cmdline;
    parser->draft = draft;
    parser->place = place;
    parser->argc = argc;
    parser->argv = gcn_arena_alloc(&draft->settings->arena, ((size_t)argc + 1) * sizeof(char *));
    for (int i = 0; i < argc; i++) {
        parser->argv[i] =
            (char *)(uintptr_t)argv[i]; /* getopt_long's prototype; it does not write */
    }
    build_tables(parser);
    opterr = 0;
    optind = 0; /* glibc and musl: forget what an earlier parse left behind */
    getopt_long(1, parser->argv, parser->shorts, parser->longs, NULL); /* sets optind to 1 */
    optind = 1;
    parse_all(parser);
    gcn_free(parser);
}

/* All occurrences of a LIST option as one value. */
static void apply_list(const struct gcn_cmdline *cmdline, struct gcn_draft *draft,
                       const struct gcn_place *place, size_t last)
{
    const struct gcn_option *option = &cmdline->options[last];
    const struct gcn_value **items =
        gcn_arena_alloc(&draft->settings->arena, (last + 1) * sizeof(*items));
    struct gcn_value list = {.type = GCN_VALUE_LIST, .items = items};

    for (size_t i = 0; i <= last; i++) {
        if (cmdline->options[i].row == option->row) {
            items[list.n++] = &cmdline->options[i].value;
        }
    }
    gcn_draft_set(draft, option->row, &list, place);
}

static bool is_last(const struct gcn_cmdline *cmdline, size_t index)
{
    for (size_t i = index + 1; i < cmdline->n_options; i++) {
        if (cmdline->options[i].row == cmdline->options[index].row) {
            return false;
        }
    }
    return true;
}

void gcn_cmdline_apply(const struct gcn_cmdline *cmdline, struct gcn_draft *draft,
                       const struct gcn_place *place)
{
    for (size_t i = 0; i < cmdline->n_options; i++) {
        const struct gcn_option *option = &cmdline->options[i];
        struct gcn_place at = *place;
        at.text = place->text == NULL ? option->flag
                                      : gcn_draft_format(draft, "%s %s", place->text, option->flag);
        if (option->row->kind != GCN_KIND_LIST) {
            gcn_draft_set(draft, option->row, &option->value, &at);
        } else if (is_last(cmdline, i)) {
            apply_list(cmdline, draft, &at, i);
        }
    }
}

bool gcn_cmdline_action(const struct gcn_load_request *request, struct gcn_action *out,
                        struct gcn_load_failure *failure)
{
    struct gcn_draft draft;
    struct gcn_cmdline cmdline;
    struct gcn_place place = {GCN_LAYER_CMDLINE, GCN_DIALECT_TEXT, NULL};
    int argc = 0;

    while (request->argv[argc] != NULL) {
        argc++;
    }
    gcn_draft_init(&draft, request);
    gcn_cmdline_parse(&cmdline, &draft, &place, argc, request->argv);
    /*
     * Help is what a wrong option asks for, whichever of the two comes first: as argparse has it.
     */
    bool ok = draft.exit_code == 0 || cmdline.action.kind == GCN_ACTION_HELP ||
              cmdline.action.kind == GCN_ACTION_VERSION;
    if (ok) {
        *out = cmdline.action;
    } else {
        failure->text = draft.errors;
        failure->exit_code = draft.exit_code;
        draft.errors = (struct gcn_buf){0};
    }
    gcn_cmdline_finish(&cmdline);
    gcn_draft_finish(&draft);
    return ok;
}
