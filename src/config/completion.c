/* SPDX-License-Identifier: MIT */
/*
 * Completions: options with their texts, words for choices, files for paths.
 */
#include <gcorn/config/print.h>

#include <string.h>

#include "kind.h"
#include "spelling.h"

/* What may follow an option. */
enum follows {
    FOLLOWS_NOTHING,
    FOLLOWS_WORDS,
    FOLLOWS_FILE,
    FOLLOWS_DIR,
    FOLLOWS_TEXT,
};

static enum follows follows_of(const struct gcn_spelling *spelling)
{
    if (spelling->argument == GCN_ARGUMENT_NONE) {
        return FOLLOWS_NOTHING;
    }
    if (spelling->row == NULL || spelling->row->choices != NULL) {
        return FOLLOWS_WORDS;
    }
    const char *metavar = gcn_kind_metavar(spelling->row);
    if (strcmp(metavar, "FILE") == 0 || strcmp(metavar, "PATH") == 0 ||
        spelling->row->id == GCN_SETTING_config) {
        return FOLLOWS_FILE;
    }
    return strcmp(metavar, "DIR") == 0 ? FOLLOWS_DIR : FOLLOWS_TEXT;
}

static const char *words_of(const struct gcn_spelling *spelling)
{
    if (spelling->row != NULL) {
        return spelling->row->choices;
    }
    return spelling->action == GCN_ACTION_COMPLETION ? "bash zsh fish" : "settings man";
}

/* The first sentence of the help, for lists that show one line. */
static struct gcn_slice text_of(const struct gcn_spelling *spelling)
{
    static const char *const actions[] = {
        [GCN_ACTION_SERVE] = "",
        [GCN_ACTION_HELP] = "Show all options and exit",
        [GCN_ACTION_VERSION] = "Show the version and exit",
        [GCN_ACTION_COMPLETION] = "Print the completion for a shell and exit",
        [GCN_ACTION_DOCS] = "Print a page of the documentation and exit",
    };
    struct gcn_slice help =
        gcn_slice_of(spelling->row == NULL ? actions[spelling->action] : spelling->row->help);

    for (size_t i = 0; i < help.len; i++) {
        if (help.ptr[i] == '.' && (i + 1 == help.len || help.ptr[i + 1] == ' ')) {
            help.len = i;
        }
    }
    return help;
}

static void put_option(const struct gcn_spelling *spelling, struct gcn_buf *out)
{
    gcn_buf_printf(out, "%s%s%.*s", spelling->name.len == 1 ? "-" : "--",
                   spelling->is_negated ? "no-" : "", (int)spelling->name.len, spelling->name.ptr);
}

/* --- bash --- */

static bool put_bash_option(void *context, const struct gcn_spelling *spelling)
{
    struct gcn_buf *out = context;

    put_option(spelling, out);
    gcn_buf_append_byte(out, ' ');
    return true;
}

static bool put_bash_case(void *context, const struct gcn_spelling *spelling)
{
    struct gcn_buf *out = context;
    enum follows follows = follows_of(spelling);

    if (follows == FOLLOWS_NOTHING) {
        return true;
    }
    gcn_buf_append_str(out, "    ");
    put_option(spelling, out);
    gcn_buf_append_str(out, ") ");
    if (follows == FOLLOWS_WORDS) {
        gcn_buf_printf(out, "COMPREPLY=($(compgen -W \"%s\" -- \"$cur\")); ", words_of(spelling));
    } else if (follows == FOLLOWS_DIR) {
        gcn_buf_append_str(out, "compopt -o dirnames; ");
    }
    gcn_buf_append_str(out, "return ;;\n"); /* files are what bash completes by itself */
    return true;
}

static void put_bash(struct gcn_buf *out)
{
    gcn_buf_append_str(out,
                       "# bash completion for gcorn, made by gcorn --print-completion bash\n"
                       "_gcorn() {\n"
                       "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                       "    COMPREPLY=()\n"
                       "    if [[ $cur == = ]]; then cur=; fi\n" /* --x=value is three words */
                       "    if [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
                       "    case $prev in\n");
    gcn_spellings_walk(put_bash_case, out);
    gcn_buf_append_str(out, "    esac\n"
                            "    [[ $cur == -* ]] && COMPREPLY=($(compgen -W \"");
    gcn_spellings_walk(put_bash_option, out);
    gcn_buf_append_str(out, "\" -- \"$cur\"))\n"
                            "}\n"
                            "complete -o default -F _gcorn gcorn\n");
}

/* --- zsh --- */

/* Text inside single quotes and [ ] of _arguments. */
static void put_zsh_text(struct gcn_slice text, struct gcn_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'') {
            gcn_buf_append_str(out, "'\\''");
            continue;
        }
        if (strchr("[]:\\", text.ptr[i]) != NULL) {
            gcn_buf_append_byte(out, '\\');
        }
        gcn_buf_append_byte(out, text.ptr[i]);
    }
}

static bool put_zsh_option(void *context, const struct gcn_spelling *spelling)
{
    static const char *const tails[] = {
        [FOLLOWS_NOTHING] = "",          [FOLLOWS_WORDS] = ":value:(",
        [FOLLOWS_FILE] = ":file:_files", [FOLLOWS_DIR] = ":directory:_files -/",
        [FOLLOWS_TEXT] = ":value: ",
    };
    struct gcn_buf *out = context;
    enum follows follows = follows_of(spelling);
    bool repeats = spelling->row != NULL && spelling->row->kind == GCN_KIND_LIST;

    gcn_buf_append_str(out, repeats ? "    '*" : "    '");
    put_option(spelling, out);
    if (follows != FOLLOWS_NOTHING && spelling->name.len > 1) {
        gcn_buf_append_byte(out, '='); /* --x=value and --x value */
    }
    gcn_buf_append_byte(out, '[');
    gcn_buf_append_str(out, spelling->row != NULL && spelling->is_negated ? "Not: " : "");
    put_zsh_text(text_of(spelling), out);
    gcn_buf_append_byte(out, ']');
    if (spelling->argument == GCN_ARGUMENT_OPTIONAL) {
        gcn_buf_append_byte(out, ':'); /* two colons: optional */
    }
    gcn_buf_append_str(out, tails[follows]);
    if (follows == FOLLOWS_WORDS) {
        gcn_buf_printf(out, "%s)", words_of(spelling));
    }
    gcn_buf_append_str(out, "' \\\n");
    return true;
}

static void put_zsh(struct gcn_buf *out)
{
    gcn_buf_append_str(out, "#compdef gcorn\n"
                            "# zsh completion for gcorn, made by gcorn --print-completion zsh\n"
                            "_arguments -s \\\n");
    gcn_spellings_walk(put_zsh_option, out);
    /* No words, and not a message: with one, zsh lists options and inserts none. */
    gcn_buf_append_str(out, "    '*:app:()'\n");
}

/* --- fish --- */

static void put_fish_text(struct gcn_slice text, struct gcn_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'' || text.ptr[i] == '\\') {
            gcn_buf_append_byte(out, '\\');
        }
        gcn_buf_append_byte(out, text.ptr[i]);
    }
}

static bool put_fish_option(void *context, const struct gcn_spelling *spelling)
{
    struct gcn_buf *out = context;
    enum follows follows = follows_of(spelling);
    bool is_short = spelling->name.len == 1;

    gcn_buf_printf(out, "complete -c gcorn %s %s%.*s", is_short ? "-s" : "-l",
                   spelling->is_negated ? "no-" : "", (int)spelling->name.len, spelling->name.ptr);
    if (follows == FOLLOWS_WORDS) {
        gcn_buf_printf(out, " -x -a '%s'", words_of(spelling));
    } else if (follows == FOLLOWS_DIR) {
        gcn_buf_append_str(out, " -x -a '(__fish_complete_directories)'");
    } else if (follows != FOLLOWS_NOTHING) {
        gcn_buf_append_str(out, follows == FOLLOWS_FILE ? " -r" : " -x");
    }
    gcn_buf_append_str(out, " -d '");
    gcn_buf_append_str(out, spelling->row != NULL && spelling->is_negated ? "Not: " : "");
    put_fish_text(text_of(spelling), out);
    gcn_buf_append_str(out, "'\n");
    return true;
}

static void put_fish(struct gcn_buf *out)
{
    gcn_buf_append_str(out, "# fish completion for gcorn, made by gcorn --print-completion fish\n");
    gcn_spellings_walk(put_fish_option, out);
}

bool gcn_print_completion(struct gcn_buf *out, const char *shell)
{
    static const struct {
        const char *shell;
        void (*put)(struct gcn_buf *out);
    } shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};

    for (size_t i = 0; i < GCN_COUNT(shells); i++) {
        if (strcmp(shell, shells[i].shell) == 0) {
            shells[i].put(out);
            return true;
        }
    }
    return false;
}
