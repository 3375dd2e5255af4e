/* SPDX-License-Identifier: MIT */
/*
 * Formats: what each name writes, what is refused, and that no value breaks a line.
 */
#include <regex.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <harness/check.h>
#include <harness/strict.h>

#include <gcorn/base/compiler.h>

#include "format.h"

static struct gcn_format format;
static char line[70000];

/* A field of the test's request. */
struct field {
    enum gcn_access_table table;
    const char *name;
    struct gcn_slice value;
};

static const struct field fields[] = {
    {GCN_ACCESS_REQUEST, "authorization", GCN_SLICE("Basic YWxpY2U6c2VjcmV0")},
    {GCN_ACCESS_REQUEST, "referer", GCN_SLICE("http://from/\"here\"")},
    {GCN_ACCESS_REQUEST, "user-agent", GCN_SLICE("curl/8\\")},
    {GCN_ACCESS_REQUEST, "host", GCN_SLICE("example.org")},
    {GCN_ACCESS_REQUEST, "x(y)", GCN_SLICE("nested")},
    {GCN_ACCESS_RESPONSE, "content-type", GCN_SLICE("text/plain; charset=utf-8")},
    {GCN_ACCESS_ENVIRON, "wsgi.url_scheme", GCN_SLICE("https")},
};

static struct gcn_slice find(const void *context, enum gcn_access_table table,
                             struct gcn_slice name)
{
    (void)context;
    for (size_t i = 0; i < GCN_COUNT(fields); i++) {
        if (fields[i].table == table &&
            gcn_slice_equal_nocase(gcn_slice_of(fields[i].name), name)) {
            return fields[i].value;
        }
    }
    return (struct gcn_slice){NULL, 0};
}

static const struct gcn_access_record usual = {
    .peer = GCN_SLICE("192.0.2.7"),
    .method = GCN_SLICE("GET"),
    .target = GCN_SLICE("/a%20b?x=1"),
    .path = GCN_SLICE("/a%20b"),
    .query = GCN_SLICE("x=1"),
    .request_id = GCN_SLICE("id-1"),
    .version_major = 1,
    .version_minor = 1,
    .complete = true,
    .status = 200,
    .body_bytes = 1234,
    .duration_us = 1002003,
    .queue_us = 456,
    .find = find,
};

/* A request that could not be parsed. */
static const struct gcn_access_record refused = {
    .peer = GCN_SLICE("192.0.2.7"),
    .line = GCN_SLICE("\x16\x03\x01 \"x"),
    .refusal = GCN_SLICE("GCN-H001"),
    .status = 400,
    .queue_us = -1,
};

static void compile(const char *source)
{
    struct gcn_error err = {{0}};

    if (!gcn_format_compile(&format, source, &err)) {
        fail_msg("%s", err.text);
    }
}

static struct gcn_slice print(const struct gcn_access_record *record)
{
    struct gcn_text text = {line, line + sizeof(line), false};

    gcn_format_print(&format, record, &text);
    assert_false(text.full);
    return (struct gcn_slice){line, (size_t)(text.at - line)};
}

static void assert_line(const char *source, const struct gcn_access_record *record,
                        const char *want)
{
    compile(source);
    struct gcn_slice got = print(record);
    assert_int_equal(got.ptr[got.len - 1], '\n');
    got.len--;
    assert_slice(got, want);
    gcn_format_finish(&format);
}

static void assert_matches(const char *source, const char *pattern)
{
    char whole[512];
    regex_t regex;

    snprintf(whole, sizeof(whole), "^%s\n$", pattern);
    assert_int_equal(regcomp(&regex, whole, REG_EXTENDED | REG_NOSUB), 0);
    compile(source);
    struct gcn_slice got = print(&usual);
    line[got.len] = '\0';
    if (regexec(&regex, line, 0, NULL, 0) != 0) {
        fail_msg("\"%s\" does not match %s", line, whole);
    }
    regfree(&regex);
    gcn_format_finish(&format);
}

static void each_name_writes_its_value(void **state)
{
    char pid[32];
    char angled[32];
    const struct {
        const char *source, *line;
    } cases[] = {
        {"%(h)s", "192.0.2.7"},
        {"%(client)s", "192.0.2.7"},
        {"%(l)s", "-"},
        {"%(u)s", "alice"},
        {"\"%(r)s\"", "\"GET /a%20b?x=1 HTTP/1.1\""},
        {"%(s)s", "200"},
        {"%(m)s", "GET"},
        {"%(U)s", "/a\\x20b"},
        {"\"%(U)s\"", "\"/a b\""},
        {"%(path)s", "/a%20b"},
        {"%(q)s", "x=1"},
        {"%(H)s", "HTTP/1.1"},
        {"%(b)s", "1234"},
        {"%(B)s", "1234"},
        {"%(f)s", "http://from/\\\"here\\\""},
        {"\"%(a)s\" .", "\"curl/8\\\\\" ."},
        {"%(T)s", "1"},
        {"%(M)s", "1002"},
        {"%(D)s", "1002003"},
        {"%(L)s", "1.002003"},
        {"%(p)s", angled},
        {"%(worker)s", pid},
        {"%(queue_time)s", "0.000456"},
        {"%(request_id)s", "id-1"},
        {"%(refusal)s", "-"},
        {"%(complete)s", "true"},
        {"%({Host}i)s", "example.org"},
        {"%({x(y)}i)s", "nested"},
        {"%({Content-Type}o)s", "text/plain; charset=utf-8"},
        {"%({wsgi.url_scheme}e)s", "https"},
        {"%({nothing}i)s%({nothing}o)s%({nothing}e)s", "---"},
        {"%(nothing)s %({a}x)s %({}i)s %()s %(hh)s", "- - - - -"},
        {"%%%(s)s%%", "%200%"},
        {"plain", "plain"},
        {"", ""},
    };
    (void)state;
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    snprintf(angled, sizeof(angled), "<%d>", (int)getpid());
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_line(cases[i].source, &usual, cases[i].line);
    }
}

static void times_have_their_layouts(void **state)
{
    (void)state;
    assert_matches("%(t)s", "\\[[0-3][0-9]/[A-Z][a-z]{2}/20[0-9]{2}:[0-2][0-9]:[0-5][0-9]:"
                            "[0-6][0-9] [+-][0-9]{4}\\]");
    assert_matches("%(time)s", "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]"
                               "\\.[0-9]{3}[+-][0-9]{2}:[0-9]{2}");
}

static void the_zone_of_the_machine_is_used(void **state)
{
    (void)state;
    setenv("TZ", "XYZ-5:30", 1);
    tzset();
    assert_matches("%(t)s", "\\[.* \\+0530\\]");
    assert_matches("%(time)s", ".*\\+05:30");
    unsetenv("TZ");
    tzset();
}

/* As Python's % writes them; see the comments for what it says. */
static void conversions_are_pythons(void **state)
{
    static const struct {
        const char *source, *line;
    } cases[] = {
        {"%(D)d|%(D)i|%(D)u|%(D)ld", "1002003|1002003|1002003|1002003"},
        {"%(s)5d|%(s)-5d|%(s)05d|%(s)+d|%(s) d", "  200|200  |00200|+200| 200"},
        {"%(s)-05d|%(s).5d|%(s)8.5d|%(s)+06d", "200  |00200|   00200|+00200"},
        {"%(s)x|%(s)X|%(s)o|%(s)#x|%(s)#X|%(s)#o|%(s)#06x", "c8|C8|310|0xc8|0XC8|0o310|0x00c8"},
        {"%(s)f|%(s).2f|%(s)8.1f|%(s)e|%(s).1E|%(s)g|%(s).2G",
         "200.000000|200.00|   200.0|2.000000e+02|2.0E+02|200|2E+02"},
        {"%(s)08.1f|%(s)+.0f", "000200.0|+200"},
        {"%(s)5s|%(s)-5s|%(s)05s|%(s).2s", "  200|200  |  200|20"},
        {"%(h)12s|%(h)-12s|%(h).3s|%(h)5.3s", "   192.0.2.7|192.0.2.7   |192|  192"},
        {"%(l)4s|%(nothing)3s|%(nothing)d", "   -|  -|-"},
        {"%(s)%", "%"},
        {"%(h).0s|%(h)0s", "|192.0.2.7"},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_line(cases[i].source, &usual, cases[i].line);
    }
}

static void a_precision_counts_characters_and_not_bytes(void **state)
{
    struct gcn_access_record record = usual;

    (void)state;
    record.method = GCN_SLICE("\xc3\xa9\xc3\xa8x");
    assert_line("%(m).2s|", &record, "\xc3\xa9\xc3\xa8|");
    assert_line("%(m)5s|", &record, "  \xc3\xa9\xc3\xa8x|");
}

static void what_cannot_be_meant_is_refused_with_its_column(void **state)
{
    static const struct {
        const char *source, *message;
    } cases[] = {
        {"%s", "% without a name (write %(name)s, or %% for a percent sign) at column 1"},
        {"x %", "% without a name (write %(name)s, or %% for a percent sign) at column 3"},
        {"%(h", "%( without ) at column 3"},
        {"%(h)", "a value without a conversion (write %(name)s) at column 5"},
        {"%(h)d", "conversion %d of \"h\", which is text (write %(h)s)"},
        {"%(L)f", "conversion %f of \"L\", which is text"},
        {"%(s)c", "unknown conversion %c of \"s\" (write %(s)s)"},
        {"%(h)r", "conversion %r of \"h\", which is text (write %(h)s)"},
        {"%(s)*d", "unknown conversion %* of \"s\""},
        {"%(s)1001d", "a width or precision above 1000 at column 5"},
        {"%(s).99999999999999999999d", "a width or precision above 1000"},
        {"%(s)\n", "unknown conversion %\n of \"s\""},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_error err = {{0}};
        assert_false(gcn_format_compile(&format, cases[i].source, &err));
        assert_contains(err.text, "access_log_format: ");
        assert_contains(err.text, cases[i].message);
        gcn_format_finish(&format);
    }
}

static void too_many_parts_are_refused(void **state)
{
    struct gcn_error err = {{0}};
    char source[6001] = "";

    (void)state;
    for (int i = 0; i < 1000; i++) {
        memcpy(source + (ptrdiff_t)6 * i, "%(s)s ", 7);
    }
    assert_false(gcn_format_compile(&format, source, &err));
    assert_contains(err.text, "more than 1000 parts");
    gcn_format_finish(&format);
}

static void combined_is_gunicorns_default_with_a_dash_for_unix_sockets(void **state)
{
    struct gcn_access_record record = usual;

    (void)state;
    assert_matches("combined",
                   "192\\.0\\.2\\.7 - alice \\[[^]]+\\] \"GET /a%20b\\?x=1 HTTP/1\\.1\" 200 1234 "
                   "\"http://from/\\\\\"here\\\\\"\" \"curl/8\\\\\\\\\"");
    record.peer = GCN_SLICE("");
    compile("combined");
    struct gcn_slice got = print(&record);
    assert_true(gcn_slice_has_prefix(got, "- - alice ["));
    gcn_format_finish(&format);
    assert_line("%(h)s.", &record, ".");
}

static void a_refused_request_has_its_line_and_dashes(void **state)
{
    (void)state;
    assert_line("%(h)s \"%(r)s\" %(m)s %(U)s %(q)s %(H)s %(s)s %(refusal)s %(queue_time)s",
                &refused, "192.0.2.7 \"\\u0016\\u0003\\u0001 \\\"x\" - - - - 400 GCN-H001 -");
}

static const char *member_text(const char *name, const struct gcn_access_record *record,
                               const char *key)
{
    static struct strict_member member;

    compile(name);
    member.key.len = 0;
    struct gcn_slice got = print(record);
    int n = strict_read(strcmp(name, "json") == 0, got, key, &member);
    gcn_format_finish(&format);
    if (n != 18 || member.key.len == 0) {
        fail_msg("%d members, or no %s, in %.*s", n, key, (int)got.len, got.ptr);
    }
    member.value[member.len] = '\0';
    return member.value;
}

static void json_and_logfmt_have_every_member(void **state)
{
    static const struct {
        const char *key, *value, *refused_json, *refused_logfmt;
    } cases[] = {
        {"remote_addr", "192.0.2.7", "192.0.2.7", "192.0.2.7"},
        {"method", "GET", "null", "-"},
        {"host", "example.org", "null", "-"},
        {"path", "/a%20b", "null", "-"},
        {"query", "x=1", "null", "-"},
        {"protocol", "HTTP/1.1", "null", "-"},
        {"status", "200", "400", "400"},
        {"bytes", "1234", "0", "0"},
        {"duration", "1.002003", "0.000000", "0.000000"},
        {"queue_time", "0.000456", "null", "-"},
        {"referer", "http://from/\"here\"", "null", "-"},
        {"user_agent", "curl/8\\", "null", "-"},
        {"request_id", "id-1", "null", "-"},
        {"complete", "true", "false", "false"},
        {"user", "alice", "null", "-"},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        const char *key = cases[i].key;
        assert_string_equal(member_text("json", &usual, key), cases[i].value);
        assert_string_equal(member_text("logfmt", &usual, key), cases[i].value);
        assert_string_equal(member_text("json", &refused, key), cases[i].refused_json);
        assert_string_equal(member_text("logfmt", &refused, key), cases[i].refused_logfmt);
    }
    assert_string_equal(member_text("json", &usual, "refusal"), "null");
    assert_string_equal(member_text("json", &refused, "refusal"), "GCN-H001");
}

static void a_lone_dash_is_told_from_nothing_in_logfmt(void **state)
{
    struct gcn_access_record record = usual;

    (void)state;
    record.query = GCN_SLICE("-");
    compile("logfmt");
    struct gcn_slice got = print(&record);
    line[got.len] = '\0';
    assert_contains(line, " query=\"-\" ");
    record.query = GCN_SLICE("");
    got = print(&record);
    line[got.len] = '\0';
    assert_contains(line, " query=\"\" ");
    gcn_format_finish(&format);
}

/* Bytes that are likely to be special, from a fixed sequence. */
static size_t make_hostile(char *out, size_t cap, uint64_t *seed)
{
    static const char special[] =
        "\"\\=,{} \t\r\n\0\x1b\x7f\xc2\x85\xe2\x80\xa8\xff\xf0\x9f\x98\x80[]%-:";
    size_t len = 0;

    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    size_t want = (*seed >> 33) % cap;
    while (len < want) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        out[len++] = special[(*seed >> 33) % (sizeof(special) - 1)];
    }
    return len;
}

/* Every text of the record is `hostile`. */
static struct gcn_slice hostile;

static struct gcn_slice find_hostile(const void *context, enum gcn_access_table table,
                                     struct gcn_slice name)
{
    (void)context;
    (void)table;
    (void)name;
    return hostile;
}

static void hostile_values_read_back_and_never_break_a_line(void **state)
{
    static const char *const keys[] = {"path", "host", "referer", "user_agent", "request_id"};
    static struct strict_member member;
    char bytes[60], expected[300];
    uint64_t seed = 1;

    (void)state;
    for (int i = 0; i < 4000; i++) {
        hostile = (struct gcn_slice){bytes, make_hostile(bytes, sizeof(bytes), &seed)};
        struct gcn_access_record record = usual;
        record.method = record.target = record.path = record.query = record.request_id = hostile;
        record.find = find_hostile;
        bool json = i % 2 == 0;
        compile(json ? "json" : "logfmt");
        assert_int_equal(strict_read(json, print(&record), keys[i % 5], &member), 18);
        gcn_format_finish(&format);
        size_t want = strict_expected(hostile, expected);
        assert_int_equal(member.len, want);
        assert_memory_equal(member.value, expected, want);
    }
}

/* A line of the default format has as many blanks and quotes as it should, whatever is in it. */
static void hostile_values_cannot_forge_a_field_of_the_default_format(void **state)
{
    char bytes[60];
    uint64_t seed = 7;

    (void)state;
    compile("%(h)s %(l)s %(u)s %(t)s \"%(r)s\" %(s)s %(b)s \"%(f)s\" \"%(a)s\" %(U)s %(q)s");
    for (int i = 0; i < 4000; i++) {
        hostile = (struct gcn_slice){bytes, make_hostile(bytes, sizeof(bytes), &seed)};
        struct gcn_access_record record = usual;
        record.method = record.target = record.path = record.query = hostile;
        record.find = find_hostile;
        struct gcn_slice got = print(&record);
        bool in_quotes = false;
        int blanks = 0, quotes = 0;
        for (size_t k = 0; k < got.len; k++) {
            assert_true(got.ptr[k] != '\n' || k == got.len - 1);
            if (got.ptr[k] == '\\') {
                k++;
            } else if (got.ptr[k] == '"') {
                in_quotes = !in_quotes;
                quotes++;
            } else {
                blanks += got.ptr[k] == ' ' && !in_quotes;
            }
        }
        assert_int_equal(quotes, 6);
        assert_int_equal(blanks, 11); /* between 11 values, and one in the time */
    }
    gcn_format_finish(&format);
}

static void a_json_format_of_ones_own_is_json_whatever_the_values(void **state)
{
    static struct strict_member member;
    char bytes[60];
    uint64_t seed = 3;

    (void)state;
    compile("{\"ua\":\"%(a)s\",\"line\":\"%(r)s\",\"status\":%(s)s,\"path\":\"%(U)s\"}");
    for (int i = 0; i < 2000; i++) {
        hostile = (struct gcn_slice){bytes, make_hostile(bytes, sizeof(bytes), &seed)};
        struct gcn_access_record record = usual;
        record.method = record.target = record.path = hostile;
        record.find = find_hostile;
        assert_int_equal(strict_read(true, print(&record), NULL, &member), 4);
    }
    gcn_format_finish(&format);
}

static void a_line_that_does_not_fit_is_told(void **state)
{
    (void)state;
    compile("%(h)s \"%(r)s\" %(s)20d %(a)30s");
    size_t whole = print(&usual).len;
    for (size_t cap = 0; cap <= whole; cap++) {
        struct gcn_text text = {line, line + cap, false};
        line[cap] = '#';
        gcn_format_print(&format, &usual, &text);
        assert_int_equal(text.full, cap < whole);
        assert_int_equal(line[cap], '#');
    }
    gcn_format_finish(&format);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_writes_its_value),
        cmocka_unit_test(times_have_their_layouts),
        cmocka_unit_test(the_zone_of_the_machine_is_used),
        cmocka_unit_test(conversions_are_pythons),
        cmocka_unit_test(a_precision_counts_characters_and_not_bytes),
        cmocka_unit_test(what_cannot_be_meant_is_refused_with_its_column),
        cmocka_unit_test(too_many_parts_are_refused),
        cmocka_unit_test(combined_is_gunicorns_default_with_a_dash_for_unix_sockets),
        cmocka_unit_test(a_refused_request_has_its_line_and_dashes),
        cmocka_unit_test(json_and_logfmt_have_every_member),
        cmocka_unit_test(a_lone_dash_is_told_from_nothing_in_logfmt),
        cmocka_unit_test(hostile_values_read_back_and_never_break_a_line),
        cmocka_unit_test(hostile_values_cannot_forge_a_field_of_the_default_format),
        cmocka_unit_test(a_json_format_of_ones_own_is_json_whatever_the_values),
        cmocka_unit_test(a_line_that_does_not_fit_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
