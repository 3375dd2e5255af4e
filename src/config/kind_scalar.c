/* SPDX-License-Identifier: MIT */
/*
 * Kinds that hold one number, word or text.
 */
#include "kind.h"

#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gcorn/base/parse.h>

#include "number.h"
#include "path.h"

const char *gcn_intake_copy(struct gcn_intake *in, struct gcn_slice text)
{
    return gcn_arena_strndup(in->arena, text.ptr, text.len);
}

bool gcn_word_take(struct gcn_slice *list, struct gcn_slice *word)
{
    gcn_slice_cut(*list, ' ', word, list);
    return word->len > 0;
}

bool gcn_accept_bool(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    bool *out = member;

    if (value->type == GCN_VALUE_BOOL) {
        *out = value->number != 0;
        return true;
    }
    if (value->type == GCN_VALUE_TEXT && gcn_truth_parse(in->dialect, value->text, out)) {
        return true;
    }
    return gcn_error_set(in->expected,
                         in->dialect == GCN_DIALECT_PYTHON ? "True or False" : "true or false");
}

/* "<what>, 0 or more" or "<what> from 1 to 10". Returns false. */
static bool expect_range(struct gcn_intake *in, const char *what)
{
    if (in->row->max == 0) {
        return gcn_error_set(in->expected, "%s, %" PRId64 " or more", what, in->row->min);
    }
    return gcn_error_set(in->expected, "%s from %" PRId64 " to %" PRId64, what, in->row->min,
                         in->row->max);
}

static bool is_in_range(const struct gcn_setting *row, int64_t number)
{
    return number >= row->min && (row->max == 0 || number <= row->max);
}

static enum gcn_number_form number_form(const struct gcn_intake *in)
{
    if (in->row->kind == GCN_KIND_MODE && in->dialect != GCN_DIALECT_PYTHON) {
        return GCN_NUMBER_OCTAL;
    }
    if (in->dialect == GCN_DIALECT_TEXT && !(in->row->traits & GCN_TRAIT_ANY_BASE)) {
        return GCN_NUMBER_DECIMAL;
    }
    return GCN_NUMBER_ANY_BASE;
}

static bool expect_number(struct gcn_intake *in)
{
    switch (in->row->kind) {
    case GCN_KIND_SECONDS:
        return expect_range(in, "whole seconds");
    case GCN_KIND_MODE:
        return gcn_error_set(in->expected, "permission bits, as %s",
                             in->dialect == GCN_DIALECT_PYTHON ? "0o022" : "022");
    default:
        return expect_range(in, "a whole number");
    }
}

/* What is wrong with a text that is no number in this dialect. Returns false. */
static bool refuse_text(struct gcn_intake *in, struct gcn_slice text)
{
    int64_t ignored;

    if (gcn_number_is_huge(text, number_form(in))) {
        return gcn_error_set(in->expected, "a number of at most 64 bits");
    }
    in->malformed = true;
    if (in->row->kind != GCN_KIND_MODE &&
        gcn_number_parse(text, GCN_NUMBER_DECIMAL, &ignored)) {
        text = gcn_text_strip(text);
        return gcn_error_set(in->wrong, "%.*s begins with 0 and could be octal: leave the 0 out",
                             (int)text.len, text.ptr);
    }
    return expect_number(in);
}

bool gcn_accept_int(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    int64_t number = value->number;

    if (value->type == GCN_VALUE_TEXT) {
        if (!gcn_number_parse(value->text, number_form(in), &number)) {
            return refuse_text(in, value->text);
        }
    } else if (value->type != GCN_VALUE_INT && value->type != GCN_VALUE_BOOL) {
        return expect_number(in);
    }
    if (!is_in_range(in->row, number)) {
        return expect_number(in);
    }
    *(int64_t *)member = number;
    return true;
}

bool gcn_accept_millis(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    int64_t millis;

    if (value->type == GCN_VALUE_INT) {
        millis = value->number > INT64_MAX / 1000 ? INT64_MAX : value->number * 1000;
    } else if (value->type != GCN_VALUE_TEXT || !gcn_millis_parse(value->text, &millis)) {
        in->malformed = true;
        return gcn_error_set(in->expected, "seconds, as 2 or 0.5");
    }
    if (!is_in_range(in->row, millis / 1000)) {
        return expect_range(in, "seconds");
    }
    *(int64_t *)member = millis;
    return true;
}

bool gcn_accept_size(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    int64_t bytes = value->number;

    if (value->type != GCN_VALUE_INT &&
        (value->type != GCN_VALUE_TEXT || !gcn_size_parse(value->text, &bytes))) {
        in->malformed = true;
        return gcn_error_set(in->expected, "a number of bytes, as 512, 64K, 10M or 1G");
    }
    if (!is_in_range(in->row, bytes)) {
        return expect_range(in, "a number of bytes");
    }
    *(int64_t *)member = bytes;
    return true;
}

/* The number in `value`, if there is one: an id or the digits of one. */
static bool parse_id(const struct gcn_value *value, int64_t *id)
{
    if (value->type == GCN_VALUE_INT) {
        *id = value->number;
    } else if (!gcn_parse_digits(gcn_text_strip(value->text), id)) {
        return false;
    }
    return true;
}

static bool check_id(struct gcn_intake *in, int64_t id, int64_t *out, const char *what)
{
    if (id < 0 || id >= UINT32_MAX) {
        return gcn_error_set(in->expected, "a %s's name or its number", what);
    }
    *out = id;
    return true;
}

bool gcn_accept_user(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    int64_t id;

    if (gcn_value_is_none(value)) {
        *(int64_t *)member = (int64_t)geteuid();
        return true;
    }
    if (value->type != GCN_VALUE_INT && value->type != GCN_VALUE_TEXT) {
        return gcn_error_set(in->expected, "a user's name or its number");
    }
    if (!parse_id(value, &id)) {
        const struct passwd *entry = getpwnam(gcn_intake_copy(in, gcn_text_strip(value->text)));
        if (entry == NULL) {
            return gcn_error_set(in->expected, "a user of this system");
        }
        id = (int64_t)entry->pw_uid;
    }
    return check_id(in, id, member, "user");
}

bool gcn_accept_group(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    int64_t id;

    if (gcn_value_is_none(value)) {
        *(int64_t *)member = (int64_t)getegid();
        return true;
    }
    if (value->type != GCN_VALUE_INT && value->type != GCN_VALUE_TEXT) {
        return gcn_error_set(in->expected, "a group's name or its number");
    }
    if (!parse_id(value, &id)) {
        const struct group *entry = getgrnam(gcn_intake_copy(in, gcn_text_strip(value->text)));
        if (entry == NULL) {
            return gcn_error_set(in->expected, "a group of this system");
        }
        id = (int64_t)entry->gr_gid;
    }
    return check_id(in, id, member, "group");
}

/* The index of `word` among the row's choices, or -1. */
static int find_choice(const struct gcn_setting *row, struct gcn_slice word)
{
    struct gcn_slice list = gcn_slice_of(row->choices), choice;

    for (int i = 0; gcn_word_take(&list, &choice); i++) {
        if (row->traits & GCN_TRAIT_EXACT_CASE ? gcn_slice_equal(choice, word)
                                               : gcn_slice_equal_nocase(choice, word)) {
            return i;
        }
    }
    return -1;
}

static int find_synonym(const struct gcn_setting *row, struct gcn_slice word)
{
    struct gcn_slice list = gcn_slice_of(row->synonyms), entry, synonym, choice;

    while (gcn_word_take(&list, &entry)) {
        gcn_slice_cut(entry, '=', &synonym, &choice);
        if (gcn_slice_equal_nocase(synonym, word)) {
            return find_choice(row, choice);
        }
    }
    return -1;
}

/* The word that stands for a value of another type than text: synonyms are named after it. */
static struct gcn_slice enum_word(const struct gcn_value *value)
{
    switch (value->type) {
    case GCN_VALUE_TEXT:
        return gcn_value_is_none(value) ? GCN_SLICE("none") : gcn_text_strip(value->text);
    case GCN_VALUE_NONE:
        return GCN_SLICE("none");
    case GCN_VALUE_BOOL:
        return value->number ? GCN_SLICE("true") : GCN_SLICE("false");
    default:
        return GCN_SLICE("");
    }
}

bool gcn_accept_enum(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    struct gcn_slice word = enum_word(value);
    const struct gcn_setting *row = in->row;
    int index = find_choice(row, word);

    if (index < 0) {
        index = find_synonym(row, word);
    }
    if (index < 0 && gcn_slice_equal(word, GCN_SLICE("none"))) {
        index = find_choice(row, gcn_slice_of(row->fallback));
    }
    if (index < 0 && (row->traits & GCN_TRAIT_LENIENT) && value->type == GCN_VALUE_TEXT) {
        index = find_choice(row, gcn_slice_of(row->fallback));
        gcn_error_set(in->notice, "is none of: %s; %s is used", row->choices, row->fallback);
    }
    if (index < 0) {
        return gcn_error_set(in->expected, "one of: %s", row->choices);
    }
    *(int *)member = index;
    return true;
}

bool gcn_accept_string(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    const char **out = member;

    if (gcn_value_is_none(value)) {
        *out = in->row->traits & GCN_TRAIT_NEVER_NONE ? in->row->fallback : NULL;
        return true;
    }
    if (value->type != GCN_VALUE_TEXT) {
        return gcn_error_set(in->expected, "text");
    }
    *out = gcn_intake_copy(in, gcn_text_strip(value->text));
    return true;
}

bool gcn_accept_path(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    const char **out = member;

    if (!gcn_accept_string(in, value, member)) {
        return false;
    }
    if (*out != NULL && (*out)[0] == '\0') {
        *out = NULL;
    }
    return true;
}

bool gcn_accept_dir(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    struct stat info;

    if (value->type != GCN_VALUE_TEXT || gcn_value_is_none(value)) {
        return gcn_error_set(in->expected, "the path of a directory");
    }
    const char *path = gcn_path_absolute(in->arena, in->start_dir, value->text);
    if (stat(path, &info) < 0) {
        return gcn_error_set_errno(in->expected, "an existing directory, but %s", path);
    }
    if (!S_ISDIR(info.st_mode)) {
        return gcn_error_set(in->expected, "a directory, but %s is none", path);
    }
    *(const char **)member = path;
    return true;
}

bool gcn_accept_any(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    struct gcn_buf shown = {0};

    gcn_value_show(value, &shown);
    *(const char **)member = gcn_intake_copy(in, gcn_buf_slice(&shown));
    gcn_buf_finish(&shown);
    return true;
}
