/* SPDX-License-Identifier: MIT */
/*
 * YAML into values, shown as JSON; and what is said of a file that is none.
 */
#include <harness/check.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/base/mem.h>

#include <json.h>
#include <yaml_load.h>

/* Collects "line:column text", one a line. */
static void collect(void *context, int line, int column, const char *text)
{
    struct gcn_buf *errors = context;

    gcn_buf_printf(errors, "%s%d:%d %s", errors->len > 0 ? "\n" : "", line, column, text);
}

/* The document as JSON ("" if it is empty), or the errors. Freed by the caller. */
static char *load(struct gcn_slice text)
{
    struct gcn_arena arena = {0};
    struct gcn_buf out = {0}, errors = {0};
    struct gcn_error err = {{0}};
    const struct gcn_value *root;

    gcn_buf_append_str(&out, "");
    if (gcn_yaml_parse(text, &arena, &root, collect, &errors)) {
        if (root != NULL && !gcn_json_append(root, &out, &err)) {
            gcn_buf_append_str(&out, err.text);
        }
        gcn_arena_finish(&arena);
        gcn_buf_finish(&errors);
        return gcn_buf_take(&out);
    }
    gcn_arena_finish(&arena);
    gcn_buf_finish(&out);
    return gcn_buf_take(&errors);
}

static void assert_loads(const char *text, const char *expected)
{
    char *got = load(gcn_slice_of(text));

    assert_string_equal(got, expected);
    gcn_free(got);
}

static void documents_become_values(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", ""},
        {"# nothing\n", ""},
        {"---\n...\n", "null"},
        {"a: 1\nb: [x, 'y', \"z\\n\"]\n", "{\"a\": 1, \"b\": [\"x\", \"y\", \"z\\u000a\"]}"},
        {"a:\n  - b: c\n    d: e\n  -\n", "{\"a\": [{\"b\": \"c\", \"d\": \"e\"}, null]}"},
        {"a: |\n  x\n  y\n", "{\"a\": \"x\\u000ay\\u000a\"}"},
        {"a: &x [1, 2]\nb: *x\n", "{\"a\": [1, 2], \"b\": [1, 2]}"},
        {"a: &x 1\nb: &x 2\nc: *x\n", "{\"a\": 1, \"b\": 2, \"c\": 2}"},
        {"base: &b {x: 1, y: 2}\nd: {<<: *b, y: 3}\n",
         "{\"base\": {\"x\": 1, \"y\": 2}, \"d\": {\"y\": 3, \"x\": 1}}"},
        {"a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\n",
         "{\"a\": {\"x\": 1}, \"b\": {\"x\": 2, \"y\": 2}, \"c\": {\"x\": 1, \"y\": 2}}"},
        {"a: '<<'\n'<<': {x: 1}\n", "{\"a\": \"<<\", \"<<\": {\"x\": 1}}"},
        {"\xef\xbb\xbf"
         "a: 1\r\n",
         "{\"a\": 1}"},
        {"a: !!str 12\nb: !!int 13\n", "{\"a\": \"12\", \"b\": \"13\"}"},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_loads(cases[i].text, cases[i].expected);
    }
}

static void plain_scalars_get_their_types(void **state)
{
    assert_loads("[true, True, FALSE, null, ~, NULL, nil]",
                 "[true, true, false, null, null, null, \"nil\"]");
    assert_loads("{propagate: no, a: [yes, Yes, ON, off, OFF, n, 'no', \"on\"]}",
                 "{\"propagate\": false, \"a\": [true, true, true, false, false, \"n\", \"no\", "
                 "\"on\"]}");
    assert_loads("[0, -12, +3, 1.5, -1.5e+3, 1e3, 0x1f, 0o17, 017, 1., .5, 12:30, 1.2.3]",
                 "[0, -12, 3, 1.5, -1.5e+3, 1e3, 31, 15, \"017\", \"1.\", \".5\", \"12:30\", "
                 "\"1.2.3\"]");
    assert_loads("['true', \"1\", '']", "[\"true\", \"1\", \"\"]");
    (void)state;
}

static void wrong_documents_are_reported_with_their_place(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"a: 1\na: 2\nb: 3\nb: 4\n", "2:1 a: this key is already at 1:1\n"
                                     "4:1 b: this key is already at 3:1"},
        {"a:\n  b: 1\n  b: 2\n", "3:3 b: this key is already at 2:3"},
        {"d: {<<: {a: 1}, <<: {b: 1}}\n", "1:17 <<: this key is already at 1:5"},
        {"d: {<<: 3}\n", "1:10 << needs a map, or a list of maps"},
        {"a:\n\tb: 1\n", "2:1 a tab may not indent; use blanks"},
        {"a: \xc3\xa4\xc3\xb6\nb:\n\tc: 1\n", "3:1 a tab may not indent; use blanks"},
        {"\xc3\xa4: \t@\n", "1:5 found character that cannot start any token, while scanning for "
                            "the next token; text that begins with @ needs quotes"},
        {"a: %(h)s\n", "1:4 found character that cannot start any token, while scanning for the "
                       "next token; text that begins with % needs quotes"},
        {"a: -\n", "1:4 block sequence entries are not allowed in this context; text that begins "
                   "with - needs quotes"},
        {"a: *\n", "1:5 did not find expected alphabetic or numeric character, while scanning an "
                   "alias; text that begins with * needs quotes"},
        {"a: [::1]:80\n", "1:5 did not find expected node content, while parsing a flow node; "
                          "between brackets, text that begins with : needs quotes"},
        {"a: b: c\n", "1:5 mapping values are not allowed in this context"},
        {"a: [1, 2\n", "2:1 did not find expected ',' or ']', while parsing a flow sequence"},
        {"a: 'x\n", "2:1 found unexpected end of stream, while scanning a quoted scalar"},
        {"a: *x\n", "1:4 *x: no complete value has this anchor"},
        {"a: &x [*x]\n", "1:8 *x: no complete value has this anchor"},
        {"a: !env HOME\n", "1:4 !env: tags are not understood"},
        {"a: !<tag:example.org,2000:x> y\n", "1:4 tag:example.org,2000:x: tags are not understood"},
        {"a: !!binary aGk=\n", "1:4 tag:yaml.org,2002:binary: tags are not understood"},
        {"a: !!python/int 3\n", "1:4 tag:yaml.org,2002:python/int: tags are not understood"},
        {"a: 1\n---\nb: 2\n", "2:1 a second document begins here"},
        {"a: \"\\0\"\n", "1:4 a NUL byte has no place in a setting"},
        {"a: \"\xff\"\n", "1:5 the byte 0xff is no UTF-8; save the file as UTF-8"},
        {"\xc3\xa4: 1\nb: \xc3\xa4 gr\xfc\xdf"
         "e\n",
         "2:8 the byte 0xfc is no UTF-8; save the file as UTF-8"},
        {"a: gr\xe4n\n", "1:6 the byte 0xe4 is no UTF-8; save the file as UTF-8"},
        {"a: 1\r\nb: \xe2\x82", "2:4 the byte 0xe2 is no UTF-8; save the file as UTF-8"},
        {"\xff\xfe"
         "a",
         "1:1 the byte 0xff is no UTF-8; save the file as UTF-8"},
        {"a: 1\nb: x\x01\n", "2:5 U+0001: control characters are not allowed"},
        {"a: \xed\xa0\x80\n", "1:4 the byte 0xed is no UTF-8; save the file as UTF-8"},
        {"a: \xc0\x80\n", "1:4 the byte 0xc0 is no UTF-8; save the file as UTF-8"},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_loads(cases[i].text, cases[i].expected);
    }
}

static void aliases_cannot_blow_up(void **state)
{
    struct gcn_buf text = {0};

    gcn_buf_append_str(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
        gcn_buf_printf(&text, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
                       i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    char *got = load(gcn_buf_slice(&text));
    assert_contains(got, "more than 20000 values, with every alias written out");
    gcn_free(got);
    gcn_buf_finish(&text);
    (void)state;
}

static void size_and_depth_are_bounded(void **state)
{
    struct gcn_buf text = {0};

    for (int i = 0; i < 40; i++) {
        gcn_buf_append_byte(&text, '[');
    }
    char *got = load(gcn_buf_slice(&text));
    assert_string_equal(got, "1:33 nested deeper than 32");
    gcn_free(got);

    gcn_buf_finish(&text);
    for (int i = 0; i < 20001; i++) {
        gcn_buf_append_str(&text, "- x\n");
    }
    got = load(gcn_buf_slice(&text));
    assert_string_equal(got, "20000:3 more than 20000 values");
    gcn_free(got);
    gcn_buf_finish(&text);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_become_values),
        cmocka_unit_test(plain_scalars_get_their_types),
        cmocka_unit_test(wrong_documents_are_reported_with_their_place),
        cmocka_unit_test(aliases_cannot_blow_up),
        cmocka_unit_test(size_and_depth_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
