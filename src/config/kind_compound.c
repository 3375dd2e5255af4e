/* SPDX-License-Identifier: MIT */
/*
 * Kinds that hold lists, maps and references into Python.
 */
#include "kind.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/net/addr.h>

#include "json.h"
#include "path.h"

/* An item list in the making, in the arena. */
struct items {
    const char **ptr;
    size_t n;
};

static struct items items_create(struct gcn_intake *in, size_t most)
{
    return (struct items){gcn_arena_alloc(in->arena, (most + 1) * sizeof(char *)), 0};
}

static void items_store(const struct items *items, void *member)
{
    *(struct gcn_strings *)member =
        (struct gcn_strings){items->n == 0 ? NULL : items->ptr, items->n};
}

static bool is_pattern(const char *path)
{
    return strpbrk(path, "*?[") != NULL;
}

/* What a row wants of each item of its list. */
static bool check_item(struct gcn_intake *in, const char *item)
{
    unsigned traits = in->row->traits;
    struct gcn_addr addr;

    if ((traits & GCN_TRAIT_PAIRS) && (item[0] == '=' || strchr(item, '=') == NULL)) {
        return gcn_error_set(in->expected, "NAME=VALUE");
    }
    if (traits & GCN_TRAIT_ADDRESS) {
        return gcn_addr_parse(gcn_slice_of(item), &addr, in->wrong);
    }
    if ((traits & GCN_TRAIT_EXISTS) && !is_pattern(item)) {
        const char *path = gcn_path_absolute(in->arena, in->start_dir, gcn_slice_of(item));
        if (access(path, F_OK) < 0) {
            return gcn_error_set_errno(in->expected, "an existing file, but %s", path);
        }
    }
    return true;
}

static bool add_item(struct gcn_intake *in, const struct gcn_value *value, struct items *items)
{
    in->item = (struct gcn_slice){NULL, 0};
    if (value->type != GCN_VALUE_TEXT || gcn_value_is_none(value)) {
        return gcn_error_set(in->expected, "text in each item of the list");
    }
    const char *item = gcn_intake_copy(in, gcn_text_strip(value->text));
    in->item = gcn_slice_of(item);
    if (!check_item(in, item)) {
        return false;
    }
    items->ptr[items->n++] = item;
    return true;
}

/* The text of a map's key or value; NULL with in->expected set if it has none. */
static const char *entry_text(struct gcn_intake *in, const struct gcn_value *value)
{
    if (value->type == GCN_VALUE_TEXT) {
        bool empty = gcn_value_is_none(value);
        return gcn_intake_copy(in, empty ? GCN_SLICE("") : value->text);
    }
    gcn_error_set(in->expected, "text for each name and value");
    return NULL;
}

static bool add_pair(struct gcn_intake *in, const struct gcn_value *const pair[2],
                     struct items *items)
{
    const char *key = entry_text(in, pair[0]), *text = entry_text(in, pair[1]);
    if (key == NULL || text == NULL) {
        return false;
    }
    if (key[0] == '\0' || strchr(key, '=') != NULL) {
        in->item = gcn_slice_of(key);
        return gcn_error_set(in->expected, "a name without = for each value");
    }
    size_t size = strlen(key) + strlen(text) + 2;
    char *item = gcn_arena_alloc(in->arena, size);
    stpcpy(stpcpy(stpcpy(item, key), "="), text);
    items->ptr[items->n++] = item;
    return true;
}

static bool accept_map_as_list(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    struct items items = items_create(in, value->n / 2);

    for (size_t i = 0; i + 1 < value->n; i += 2) {
        if (!add_pair(in, value->items + i, &items)) {
            return false;
        }
    }
    items_store(&items, member);
    return true;
}

bool gcn_accept_list(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    struct items items = items_create(in, value->type == GCN_VALUE_LIST ? value->n : 1);

    if (value->type == GCN_VALUE_DICT && (in->row->traits & GCN_TRAIT_PAIRS)) {
        return accept_map_as_list(in, value, member);
    }
    if (value->type == GCN_VALUE_TEXT && !gcn_value_is_none(value) && value->text.len > 0) {
        if (!add_item(in, value, &items)) {
            return false;
        }
    } else if (value->type == GCN_VALUE_LIST) {
        for (size_t i = 0; i < value->n; i++) {
            if (!add_item(in, value->items[i], &items)) {
                return false;
            }
        }
    } else if (!gcn_value_is_none(value) && value->type != GCN_VALUE_TEXT) {
        return gcn_error_set(in->expected, in->row->traits & GCN_TRAIT_PAIRS
                                               ? "a list of NAME=VALUE, or a map"
                                               : "text or a list of texts");
    }
    items_store(&items, member);
    return true;
}

static bool is_choice(const struct gcn_setting *row, struct gcn_slice word)
{
    struct gcn_slice list = gcn_slice_of(row->choices), choice;

    while (gcn_word_take(&list, &choice)) {
        if (gcn_slice_equal(choice, word)) {
            return true;
        }
    }
    return row->choices == NULL;
}

/* Add one word of a comma-separated list; empty ones are dropped. */
static bool add_word(struct gcn_intake *in, struct gcn_slice word, struct items *items)
{
    word = gcn_text_strip(word);
    if (word.len == 0) {
        return true;
    }
    char *item = gcn_arena_strndup(in->arena, word.ptr, word.len);
    if (in->row->choices != NULL) {
        for (char *at = item; *at != '\0'; at++) {
            *at = (char)tolower((unsigned char)*at);
        }
        if (!is_choice(in->row, gcn_slice_of(item))) {
            in->item = word;
            return gcn_error_set(in->expected, "one of: %s", in->row->choices);
        }
    }
    items->ptr[items->n++] = item;
    return true;
}

static size_t count_commas(struct gcn_slice text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += text.ptr[i] == ',';
    }
    return n;
}

static bool add_words(struct gcn_intake *in, struct gcn_slice text, struct items *items)
{
    struct gcn_slice word;

    while (text.len > 0) {
        gcn_slice_cut(text, ',', &word, &text);
        if (!add_word(in, word, items)) {
            return false;
        }
    }
    return true;
}

/* The items of text with commas; of a YAML list too, where nobody would expect commas. */
static bool read_words(struct gcn_intake *in, const struct gcn_value *value, struct items *items)
{
    if (gcn_value_is_none(value)) {
        *items = items_create(in, 0);
        return true;
    }
    if (value->type == GCN_VALUE_TEXT) {
        *items = items_create(in, count_commas(value->text) + 1);
        return add_words(in, value->text, items);
    }
    if (value->type != GCN_VALUE_LIST || in->dialect != GCN_DIALECT_YAML) {
        return gcn_error_set(in->expected, "text, with commas between the items");
    }
    *items = items_create(in, value->n);
    for (size_t i = 0; i < value->n; i++) {
        const struct gcn_value *item = value->items[i];
        if (item->type != GCN_VALUE_TEXT || count_commas(item->text) > 0) {
            return gcn_error_set(in->expected, "text without commas in each item of the list");
        }
        if (!add_word(in, item->text, items)) {
            return false;
        }
    }
    return true;
}

bool gcn_accept_csv(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    struct items items;

    if (!read_words(in, value, &items)) {
        return false;
    }
    for (size_t i = 0; in->row->choices != NULL && i < items.n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(items.ptr[i], items.ptr[j]) == 0) {
                return gcn_error_set(in->wrong, "%s is there twice", items.ptr[i]);
            }
        }
    }
    if (items.n == 0 && in->row->choices != NULL) {
        items.n = 1; /* there is room for one: see items_create */
        items.ptr[0] = in->row->fallback;
    }
    items_store(&items, member);
    return true;
}

bool gcn_accept_addrs(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    struct items items;
    struct gcn_network network;

    if (!read_words(in, value, &items)) {
        return false;
    }
    for (size_t i = 0; i < items.n; i++) {
        if (strcmp(items.ptr[i], "*") != 0 &&
            !gcn_network_parse(gcn_slice_of(items.ptr[i]), &network, in->wrong)) {
            return false;
        }
    }
    items_store(&items, member);
    return true;
}

/* "KEY=value KEY=value": how the table writes the default of a map. */
static void accept_pairs_text(struct gcn_intake *in, struct gcn_slice text, void *member)
{
    struct gcn_slice rest = text, entry, key, tail;
    size_t most = 1, n = 0;

    for (size_t i = 0; i < text.len; i++) {
        most += text.ptr[i] == ' ';
    }
    struct gcn_pair *pairs = gcn_arena_alloc(in->arena, most * sizeof(*pairs));
    while (gcn_word_take(&rest, &entry)) {
        gcn_slice_cut(entry, '=', &key, &tail);
        pairs[n++] = (struct gcn_pair){gcn_intake_copy(in, key), gcn_intake_copy(in, tail)};
    }
    *(struct gcn_pairs *)member = (struct gcn_pairs){pairs, n};
}

bool gcn_accept_dict(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    if (value->type == GCN_VALUE_TEXT && in->dialect == GCN_DIALECT_TEXT) {
        accept_pairs_text(in, value->text, member);
        return true;
    }
    if (value->type != GCN_VALUE_DICT) {
        return gcn_error_set(in->expected, "a map of texts to texts");
    }
    struct gcn_pair *pairs = gcn_arena_alloc(in->arena, (value->n / 2 + 1) * sizeof(*pairs));
    for (size_t i = 0; i + 1 < value->n; i += 2) {
        struct gcn_pair *pair = &pairs[i / 2];
        pair->key = entry_text(in, value->items[i]);
        pair->value = entry_text(in, value->items[i + 1]);
        if (pair->key == NULL || pair->value == NULL) {
            return false;
        }
    }
    *(struct gcn_pairs *)member = (struct gcn_pairs){value->n == 0 ? NULL : pairs, value->n / 2};
    return true;
}

bool gcn_accept_tree(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    struct gcn_pyref *out = member;

    if (value->type == GCN_VALUE_OBJECT) {
        *out = (struct gcn_pyref){gcn_intake_copy(in, value->text), value->object};
        return true;
    }
    if (value->type != GCN_VALUE_DICT) {
        return gcn_error_set(in->expected, "a map");
    }
    struct gcn_buf json = {0};
    bool ok = gcn_json_append(value, &json, in->expected);
    *out = (struct gcn_pyref){ok && value->n > 0 ? gcn_intake_copy(in, gcn_buf_slice(&json)) : NULL,
                              NULL};
    gcn_buf_finish(&json);
    return ok;
}

/* Two identifiers or more with dots, or once a colon, between them: pkg.mod.attr, pkg.mod:attr. */
static bool is_dotted_name(struct gcn_slice text)
{
    bool start = true, colon = false;
    size_t parts = 1;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte == '.' || byte == ':') {
            if (start || (byte == ':' && colon)) {
                return false;
            }
            colon = colon || byte == ':';
            start = true;
            parts++;
            continue;
        }
        bool letter = isalpha(byte) || byte == '_' || byte >= 0x80;
        if (!letter && (start || !isdigit(byte))) {
            return false;
        }
        start = false;
    }
    return !start && parts > 1;
}

bool gcn_accept_hook(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    struct gcn_pyref *out = member;
    struct gcn_slice text = gcn_text_strip(value->text);

    if (gcn_value_is_none(value)) {
        *out = (struct gcn_pyref){NULL, NULL};
        return true;
    }
    if (value->type == GCN_VALUE_OBJECT) {
        *out = (struct gcn_pyref){gcn_intake_copy(in, value->text), value->object};
        return true;
    }
    if (value->type != GCN_VALUE_TEXT || !is_dotted_name(text)) {
        return gcn_error_set(in->expected, in->dialect == GCN_DIALECT_PYTHON
                                               ? "a function, or its name as \"module.name\""
                                               : "the name of a function as \"module:name\"");
    }
    *out = (struct gcn_pyref){gcn_intake_copy(in, text), NULL};
    return true;
}

bool gcn_accept_class(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    struct gcn_pyref *out = member;
    struct gcn_slice text = gcn_text_strip(value->text);

    if (value->type == GCN_VALUE_OBJECT) {
        *out = (struct gcn_pyref){gcn_intake_copy(in, value->text), value->object};
        return true;
    }
    if (value->type != GCN_VALUE_TEXT || text.len == 0) {
        return gcn_error_set(in->expected, "a class or its name");
    }
    *out = (struct gcn_pyref){gcn_intake_copy(in, text), NULL};
    return true;
}
