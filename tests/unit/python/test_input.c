/* SPDX-License-Identifier: MIT */
/*
 * wsgi.input: the same answers from a body in memory and from one in a file.
 */
#include "harness/check.h"

#include <stdlib.h>

#include <gcorn/base/compiler.h>

#include "harness/pystage.h"

static struct gcn_stage *const stage = &gcn_pystage.stage;

static int start(GCN_UNUSED void **state)
{
    return gcn_pystage_start(GCORN_TEST_APPS) < 0 ? -1 : gcn_pystage_load("environs");
}

static int stop(GCN_UNUSED void **state)
{
    return gcn_pystage_stop();
}

/* repr() of the expression, a list mostly, with `i` the input whose bytes are `body`. */
static const char *evaluate(const char *expression, const char *body)
{
    struct gcn_buf request = {0};

    gcn_buf_printf(&request, "POST /evaluate?%s HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n",
                   expression, strlen(body));
    gcn_buf_append_str(&request, body);
    const char *reply = gcn_pystage_play_text(request.ptr);
    gcn_buf_finish(&request);
    return gcn_pystage_body(reply);
}

static const struct {
    const char *body, *expression, *answer;
} rows[] = {
    {"abc", "[i.read(),i.read(),i.read(5)]", "[b'abc', b'', b'']"},
    {"abc", "[i.read(2),i.read(2),i.read(2)]", "[b'ab', b'c', b'']"},
    {"abc", "[i.read(0),i.read(-1)]", "[b'', b'abc']"},
    {"abc", "[i.read(None),i.readline(None)]", "[b'abc', b'']"},
    {"abc", "i.read(10**30)", "b'abc'"},
    {"abc", "i.read(-10**30)", "b'abc'"},
    {"abc", "i.read(True)", "b'a'"},
    {"", "[i.read(),i.readline(),i.readlines(),list(i)]", "[b'', b'', [], []]"},
    {"a%0Ab", "i.read()", "b'a%0Ab'"},
    {"a\nb\n\nc", "list(i)", "[b'a\\n', b'b\\n', b'\\n', b'c']"},
    {"a\nb\n\nc", "i.readlines()", "[b'a\\n', b'b\\n', b'\\n', b'c']"},
    {"a\nb\n\nc", "i.readlines(1)", "[b'a\\n', b'b\\n', b'\\n', b'c']"},
    {"a\nb", "[i.readline(),i.readline(),i.readline()]", "[b'a\\n', b'b', b'']"},
    {"abcd\nef", "[i.readline(2),i.readline(2),i.readline(2),i.readline(2)]",
     "[b'ab', b'cd', b'\\n', b'ef']"},
    {"abcd\nef", "[i.readline(0),i.readline(-3),i.read()]", "[b'', b'abcd\\n', b'ef']"},
    {"a\nb\nc", "[next(i),i.read(1),i.readline(),i.read()]", "[b'a\\n', b'b', b'\\n', b'c']"},
    {"abcd\nef", "[i.read(size=1),i.readline(size=2),i.readline(size=None)]", "[b'a', b'bc', b'd\\n']"},
    {"a\nb", "[i.readlines(hint=1),i.readlines(size=1),i.readlines('a')]", "[[b'a\\n', b'b'], [], []]"},
    {"ab", "hasattr(i,'close')", "False"},
    {"ab", "iter(i)+is+i", "True"},
};

static void reads_are_exact(GCN_UNUSED void **state)
{
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        assert_string_equal(evaluate(rows[i].expression, rows[i].body), rows[i].answer);
    }
}

static void reads_from_a_file_are_the_same(GCN_UNUSED void **state)
{
    stage->body_in_file = true;
    reads_are_exact(NULL);
}

static void bad_sizes_are_type_errors(GCN_UNUSED void **state)
{
    static const char *const calls[] = {"i.read(1.5)",     "i.read('1')", "i.readline(1.5)",
                                        "i.readlines(1,2)", "i.read(1,2)", "i.readline([])",
                                        "i.read(hint=1)", "i.read(1,size=1)", "i.read(size='')"};

    for (size_t i = 0; i < GCN_COUNT(calls); i++) {
        evaluate(calls[i], "abc");
        assert_contains(gcn_pystage_log(), "TypeError: read");
    }
}

/* `len` bytes with a line end after each `line` bytes. The caller frees. */
static char *make_body(size_t len, size_t line)
{
    char *body = malloc(len + 1);
    assert_non_null(body);
    for (size_t i = 0; i < len; i++) {
        body[i] = (i + 1) % line == 0 ? '\n' : (char)('a' + i % 26);
    }
    body[len] = '\0';
    return body;
}

/* Sizes around the window of 64 KiB, in lines shorter and longer than it. */
static void windows_do_not_show(GCN_UNUSED void **state)
{
    static const size_t lens[] = {65535, 65536, 65537, 200000};
    static const size_t lines[] = {100, 65536, 65537, 150000};
    static const char *const expressions[] = {
        "__import__('zlib').crc32(i.read())",
        "__import__('zlib').crc32(b''.join(i))",
        "__import__('zlib').crc32(b''.join(iter(lambda:i.read(7777),b'')))",
        "__import__('zlib').crc32(b''.join(iter(lambda:i.read(65536),b'')))",
        "__import__('zlib').crc32(b''.join(iter(lambda:i.readline(1000),b'')))",
        "__import__('zlib').crc32(i.read(10)%2Bi.read(70000)%2Bi.readline()%2Bi.read())",
    };

    for (size_t n = 0; n < GCN_COUNT(lens) * GCN_COUNT(lines); n++) {
        char *body = make_body(lens[n % GCN_COUNT(lens)], lines[n / GCN_COUNT(lens)]);
        char expected[32];
        stage->body_in_file = false;
        snprintf(expected, sizeof(expected), "%s", evaluate(expressions[0], body));
        stage->body_in_file = true;
        for (size_t i = 0; i < GCN_COUNT(expressions); i++) {
            assert_string_equal(evaluate(expressions[i], body), expected);
        }
        free(body);
    }
}

static void threads_of_the_app_may_read(GCN_UNUSED void **state)
{
    static const char read_all[] =
        "[t.start()or+t.join()for+t+in+[__import__('threading').Thread(target=lambda:scratch."
        "update(n=len(i.read())))]]and+scratch['n']";
    char *body = make_body(300000, 80);

    stage->body_in_file = true;
    assert_string_equal(evaluate(read_all, body), "300000");
    free(body);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, gcn_pystage_reset)
    const struct CMUnitTest tests[] = {
        TEST(reads_are_exact),
        TEST(reads_from_a_file_are_the_same),
        TEST(bad_sizes_are_type_errors),
        TEST(windows_do_not_show),
        TEST(threads_of_the_app_may_read),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
