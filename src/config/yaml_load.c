/* SPDX-License-Identifier: MIT */
/*
 * libyaml's events into a tree of values.
 */
#include "yaml_load.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/mem.h>

enum {
    MAX_DEPTH = 32,
    MAX_WEIGHT = 20000, /* values with every alias written out: no billion laughs */
    MAX_ANCHORS = 1000,
};

struct anchor {
    const char *name;
    const struct gcn_value *value;
};

/* One parse. Lifetime: the call. */
struct loader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one, valid while has_event */
    bool has_event;
    struct gcn_slice text;
    struct gcn_arena *arena;
    struct anchor anchors[MAX_ANCHORS];
    size_t n_anchors;
    size_t depth;
    size_t work; /* values made and pairs merged: bounds the time, as weight bounds the result */
    gcn_yaml_error_fn on_error;
    void *context;
    bool failed;
};

/* A growing list of children; `items` is on the heap until the node is finished. */
struct children {
    const struct gcn_value **items;
    size_t n, cap;
};

static int mark_line(const yaml_mark_t *mark)
{
    return (int)mark->line + 1;
}

static int mark_column(const yaml_mark_t *mark)
{
    return (int)mark->column + 1;
}

GCN_PRINTF(3, 4)
static bool fail_at(struct loader *loader, const yaml_mark_t *mark, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    loader->on_error(loader->context, mark_line(mark), mark_column(mark), text);
    loader->failed = true;
    return false;
}

/* The byte at a mark, which counts characters; NUL behind the end. */
static char byte_at(struct gcn_slice text, const yaml_mark_t *mark)
{
    struct gcn_slice line = {NULL, 0};
    size_t at = 0, column = 0;

    for (size_t i = 0; i <= mark->line; i++) {
        gcn_slice_cut(text, '\n', &line, &text);
    }
    while (at < line.len &&
           (column < mark->column || ((unsigned char)line.ptr[at] & 0xc0) == 0x80)) {
        at++;
        column += at < line.len && ((unsigned char)line.ptr[at] & 0xc0) != 0x80;
    }
    return at < line.len ? line.ptr[at] : '\0';
}

/* What to do about it, where a text that YAML takes for something else stands unquoted; else "". */
static const char *hint(const yaml_parser_t *parser, struct gcn_slice text, char room[64])
{
    struct gcn_slice line = {NULL, 0}, key, value;
    const yaml_mark_t *mark = &parser->problem_mark;

    if (gcn_slice_has_prefix(gcn_slice_of(parser->context), "while parsing a flow node") &&
        byte_at(text, mark) == ':') {
        return "; between brackets, text that begins with : needs quotes";
    }
    for (size_t i = 0; i <= mark->line; i++) {
        gcn_slice_cut(text, '\n', &line, &text);
    }
    if (!gcn_slice_cut(line, ':', &key, &value)) {
        return "";
    }
    value = gcn_text_strip(value);
    if (value.len == 0 || strchr("-*%@`", value.ptr[0]) == NULL) {
        return "";
    }
    snprintf(room, 64, "; text that begins with %c needs quotes", value.ptr[0]);
    return room;
}

/* The mark of the byte at `offset`. Columns are characters, as libyaml counts them. */
static yaml_mark_t mark_of(struct gcn_slice text, size_t offset)
{
    yaml_mark_t mark = {.index = offset};

    for (size_t i = 0; i < offset; i++) {
        if (text.ptr[i] == '\n') {
            mark.line++;
            mark.column = 0;
        } else {
            mark.column += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
        }
    }
    return mark;
}

/* The bytes are not what YAML is made of; libyaml tells no line of them. */
static bool fail_reader(struct loader *loader)
{
    const yaml_parser_t *parser = &loader->parser;
    struct gcn_slice text = loader->text;
    size_t at = parser->problem_offset < text.len ? parser->problem_offset : text.len - 1;

    /* A byte that continues no character: what is wrong is the one that began it. */
    if (strstr(parser->problem, "trailing") != NULL && at > 0) {
        for (at--; at > 0 && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;) {
            at--;
        }
    }
    yaml_mark_t mark = mark_of(text, at);
    if (strstr(parser->problem, "control") != NULL) {
        return fail_at(loader, &mark, "U+%04X: %s", (unsigned)parser->problem_value,
                       parser->problem);
    }
    return fail_at(loader, &mark, "the byte 0x%02x is no UTF-8; save the file as UTF-8",
                   (unsigned char)text.ptr[at]);
}

/* Say what libyaml found, in words for whoever wrote the file. */
static bool fail_parser(struct loader *loader)
{
    const yaml_parser_t *parser = &loader->parser;
    yaml_mark_t mark = parser->problem_mark;

    if (parser->error == YAML_READER_ERROR) {
        return fail_reader(loader);
    }
    if (byte_at(loader->text, &mark) == '\t') {
        return fail_at(loader, &mark, "a tab may not indent; use blanks");
    }
    char room[64];
    const char *problem = parser->problem == NULL ? "not YAML" : parser->problem;
    const char *context = parser->context == NULL ? "" : parser->context;
    return fail_at(loader, &mark, "%s%s%s%s", problem, context[0] == '\0' ? "" : ", ", context,
                   hint(parser, loader->text, room));
}

static bool next_event(struct loader *loader)
{
    if (loader->has_event) {
        yaml_event_delete(&loader->event);
        loader->has_event = false;
    }
    if (!yaml_parser_parse(&loader->parser, &loader->event)) {
        return fail_parser(loader);
    }
    loader->has_event = true;
    return true;
}

static bool count_work(struct loader *loader, size_t more)
{
    loader->work += more;
    if (loader->work > MAX_WEIGHT) {
        return fail_at(loader, &loader->event.start_mark, "more than %d values", MAX_WEIGHT);
    }
    return true;
}

/* A tag of YAML's own says no more than the kind of the setting does; another is not understood. */
static bool check_tag(struct loader *loader, const yaml_char_t *tag)
{
    static const char *const own[] = {YAML_NULL_TAG,  YAML_BOOL_TAG, YAML_STR_TAG, YAML_INT_TAG,
                                      YAML_FLOAT_TAG, YAML_SEQ_TAG,  YAML_MAP_TAG};
    struct gcn_slice text = gcn_slice_of((const char *)tag);
    bool known = text.len <= 1;

    for (size_t i = 0; i < GCN_COUNT(own) && !known; i++) {
        known = gcn_slice_equal(text, gcn_slice_of(own[i]));
    }
    return known || fail_at(loader, &loader->event.start_mark, "%.*s: tags are not understood",
                            (int)text.len, text.ptr);
}

static struct gcn_value *create_value(struct loader *loader, enum gcn_value_type type)
{
    struct gcn_value *value = gcn_arena_alloc(loader->arena, sizeof(*value));

    value->type = type;
    value->weight = 1;
    value->line = mark_line(&loader->event.start_mark);
    value->column = mark_column(&loader->event.start_mark);
    return value;
}

/* Remember the value under its anchor; a later anchor of the same name wins, as YAML has it. */
static bool keep_anchor(struct loader *loader, const char *name, const struct gcn_value *value)
{
    if (name == NULL) {
        return true;
    }
    if (loader->n_anchors == MAX_ANCHORS) {
        return fail_at(loader, &loader->event.start_mark, "more than %d anchors", MAX_ANCHORS);
    }
    loader->anchors[loader->n_anchors++] = (struct anchor){name, value};
    return true;
}

static const char *copy_anchor(struct loader *loader, const yaml_char_t *name)
{
    const char *text = (const char *)name;

    return text == NULL ? NULL : gcn_arena_strndup(loader->arena, text, strlen(text));
}

/* An anchor is known when its value is complete, so a value cannot contain itself. */
static const struct gcn_value *find_alias(struct loader *loader)
{
    const char *name = (const char *)loader->event.data.alias.anchor;

    for (size_t i = loader->n_anchors; i > 0; i--) {
        if (strcmp(loader->anchors[i - 1].name, name) == 0) {
            return loader->anchors[i - 1].value;
        }
    }
    fail_at(loader, &loader->event.start_mark, "*%s: no complete value has this anchor", name);
    return NULL;
}

static void children_push(struct children *children, const struct gcn_value *value)
{
    if (children->n == children->cap) {
        children->cap = children->cap == 0 ? 16 : 2 * children->cap;
        children->items = gcn_realloc(children->items, children->cap * sizeof(*children->items));
    }
    children->items[children->n++] = value;
}

static bool is_same_key(const struct gcn_value *a, const struct gcn_value *b)
{
    return a->type == GCN_VALUE_TEXT && b->type == GCN_VALUE_TEXT &&
           gcn_slice_equal(a->text, b->text);
}

static const struct gcn_value *find_key(const struct children *map, const struct gcn_value *key)
{
    for (size_t i = 0; i < map->n; i += 2) {
        if (is_same_key(map->items[i], key)) {
            return map->items[i];
        }
    }
    return NULL;
}

static bool is_merge_key(const struct gcn_value *key)
{
    return key->type == GCN_VALUE_TEXT && key->plain && gcn_slice_equal(key->text, GCN_SLICE("<<"));
}

/* Take over the pairs of `source` whose keys `map` does not have. */
static bool merge_map(struct loader *loader, struct children *map, const struct gcn_value *source)
{
    if (source->type != GCN_VALUE_DICT) {
        return fail_at(loader, &loader->event.start_mark, "<< needs a map, or a list of maps");
    }
    if (!count_work(loader, source->n)) {
        return false;
    }
    for (size_t i = 0; i + 1 < source->n; i += 2) {
        if (find_key(map, source->items[i]) == NULL) {
            children_push(map, source->items[i]);
            children_push(map, source->items[i + 1]);
        }
    }
    return true;
}

static bool merge(struct loader *loader, struct children *map, const struct gcn_value *source)
{
    if (source->type != GCN_VALUE_LIST) {
        return merge_map(loader, map, source);
    }
    for (size_t i = 0; i < source->n; i++) {
        if (!merge_map(loader, map, source->items[i])) {
            return false;
        }
    }
    return true;
}

/* Move the children into the node. */
static bool finish_node(struct loader *loader, struct gcn_value *node, struct children *children)
{
    size_t bytes = children->n * sizeof(*children->items);

    if (children->n > 0) {
        const struct gcn_value **items = gcn_arena_alloc(loader->arena, bytes);
        memcpy(items, children->items, bytes);
        node->items = items;
        node->n = children->n;
    }
    for (size_t i = 0; i < children->n; i++) {
        node->weight += children->items[i]->weight;
    }
    if (node->weight > MAX_WEIGHT) {
        return fail_at(loader, &loader->event.start_mark,
                       "more than %d values, with every alias written out", MAX_WEIGHT);
    }
    return true;
}

static const struct gcn_value *load_node(struct loader *loader);

static bool load_items(struct loader *loader, struct children *list)
{
    while (next_event(loader)) {
        if (loader->event.type == YAML_SEQUENCE_END_EVENT) {
            return true;
        }
        const struct gcn_value *item = load_node(loader);
        if (item == NULL) {
            return false;
        }
        children_push(list, item);
    }
    return false;
}

/* The pairs of a map. What << brings comes behind them all, so that they win. */
static bool load_pairs(struct loader *loader, struct children *map, struct children *sources)
{
    while (next_event(loader)) {
        if (loader->event.type == YAML_MAPPING_END_EVENT) {
            return true;
        }
        yaml_mark_t mark = loader->event.start_mark;
        const struct gcn_value *key = load_node(loader);
        const struct gcn_value *value =
            key != NULL && next_event(loader) ? load_node(loader) : NULL;
        if (value == NULL) {
            return false;
        }
        bool is_merge = is_merge_key(key);
        const struct gcn_value *earlier = find_key(is_merge ? sources : map, key);
        if (earlier != NULL) { /* go on: a person wants to hear of all of them */
            fail_at(loader, &mark, "%.*s: this key is already at %d:%d", (int)key->text.len,
                    key->text.ptr, earlier->line, earlier->column);
            continue;
        }
        children_push(is_merge ? sources : map, key);
        children_push(is_merge ? sources : map, value);
    }
    return false;
}

static bool load_map(struct loader *loader, struct children *map)
{
    struct children sources = {0};
    bool ok = load_pairs(loader, map, &sources);

    for (size_t i = 1; ok && i < sources.n; i += 2) {
        ok = merge(loader, map, sources.items[i]);
    }
    gcn_free(sources.items);
    return ok;
}

static const struct gcn_value *load_scalar(struct loader *loader)
{
    struct gcn_value *value = create_value(loader, GCN_VALUE_TEXT);
    size_t len = loader->event.data.scalar.length;
    const char *text = (const char *)loader->event.data.scalar.value;

    if (!check_tag(loader, loader->event.data.scalar.tag) || !count_work(loader, 1)) {
        return NULL;
    }
    if (memchr(text, '\0', len) != NULL) {
        fail_at(loader, &loader->event.start_mark, "a NUL byte has no place in a setting");
        return NULL;
    }
    value->text = (struct gcn_slice){gcn_arena_strndup(loader->arena, text, len), len};
    value->plain = loader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                   loader->event.data.scalar.tag == NULL;
    const char *anchor = copy_anchor(loader, loader->event.data.scalar.anchor);
    return keep_anchor(loader, anchor, value) ? value : NULL;
}

static const struct gcn_value *load_collection(struct loader *loader, enum gcn_value_type type)
{
    bool is_map = type == GCN_VALUE_DICT;
    struct gcn_value *node = create_value(loader, type);
    struct children children = {0};
    const char *anchor = copy_anchor(loader, is_map ? loader->event.data.mapping_start.anchor
                                                    : loader->event.data.sequence_start.anchor);

    if (!count_work(loader, 1) ||
        !check_tag(loader, is_map ? loader->event.data.mapping_start.tag
                                  : loader->event.data.sequence_start.tag)) {
        return NULL;
    }
    if (++loader->depth > MAX_DEPTH) {
        fail_at(loader, &loader->event.start_mark, "nested deeper than %d", MAX_DEPTH);
        return NULL;
    }
    bool ok = is_map ? load_map(loader, &children) : load_items(loader, &children);
    loader->depth--;
    ok = ok && finish_node(loader, node, &children) && keep_anchor(loader, anchor, node);
    gcn_free(children.items);
    return ok ? node : NULL;
}

/* The value that begins with the current event; NULL if it failed. */
static const struct gcn_value *load_node(struct loader *loader)
{
    switch (loader->event.type) {
    case YAML_SCALAR_EVENT:
        return load_scalar(loader);
    case YAML_ALIAS_EVENT:
        return find_alias(loader);
    case YAML_SEQUENCE_START_EVENT:
        return load_collection(loader, GCN_VALUE_LIST);
    case YAML_MAPPING_START_EVENT:
        return load_collection(loader, GCN_VALUE_DICT);
    default:
        fail_at(loader, &loader->event.start_mark, "not what belongs here");
        return NULL;
    }
}

/* STREAM-START (DOCUMENT-START node DOCUMENT-END)? STREAM-END */
static void load_stream(struct loader *loader, const struct gcn_value **out)
{
    if (!next_event(loader) || !next_event(loader)) {
        return;
    }
    if (loader->event.type == YAML_STREAM_END_EVENT) {
        return;
    }
    if (!next_event(loader)) {
        return;
    }
    *out = load_node(loader);
    if (*out == NULL || !next_event(loader) || !next_event(loader)) {
        return;
    }
    if (loader->event.type != YAML_STREAM_END_EVENT) {
        fail_at(loader, &loader->event.start_mark, "a second document begins here");
    }
}

bool gcn_yaml_parse(struct gcn_slice text, struct gcn_arena *arena, const struct gcn_value **out,
                    gcn_yaml_error_fn on_error, void *context)
{
    struct loader *loader = gcn_alloc_zero(1, sizeof(*loader));

    *out = NULL;
    gcn_slice_skip(&text, "\xef\xbb\xbf"); /* a byte order mark, from an editor */
    loader->text = text;
    loader->arena = arena;
    loader->on_error = on_error;
    loader->context = context;
    if (!yaml_parser_initialize(&loader->parser)) {
        on_error(context, 0, 0, "out of memory");
        gcn_free(loader);
        return false;
    }
    yaml_parser_set_encoding(&loader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&loader->parser, (const unsigned char *)text.ptr, text.len);
    load_stream(loader, out);
    if (loader->has_event) {
        yaml_event_delete(&loader->event);
    }
    yaml_parser_delete(&loader->parser);
    bool ok = !loader->failed;
    gcn_free(loader);
    return ok;
}
