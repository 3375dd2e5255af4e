/* SPDX-License-Identifier: MIT */
/*
 * Heads of responses do not depend on what was said before: whatever order they come in, each is
 * the same as in a thread that has not made any yet, and so are the faults that are found.
 */
#include "harness/check.h"

#include <pthread.h>
#include <stdlib.h>

#include <gcorn/http/response.h>

enum { HEADS = 3000, FIELDS_MAX = 24 };

static const char *const statuses[] = {"200 OK",         "200 OK",           "404 Not Found",
                                       "204 No Content", "205 Reset Content", "304 Not Modified"};
static char long_value[300];
static const char *const pool[][2] = {
    {"Content-Type", "text/plain"},  {"Content-Type", "text/html"},  {"content-type", "text/plain"},
    {"Content-Length", "0"},         {"Content-Length", "13"},       {"Content-Length", "14"},
    {"content-length", "13"},        {"Content-Length", " 13 "},     {"Content-Length", "x"},
    {"X-Empty", ""},                 {"X-Blank", " a "},             {"X-Blank", "a"},
    {"X-Long", long_value},          {"Server", "mine"},             {"Connection", "close"},
    {"Connection", "upgrade"},       {"Upgrade", "websocket"},       {"X-A", "1"},
    {"X-A", "2"},                    {"X-Bad", "a\rb"},              {"X Bad", "a"},
    {"Set-Cookie", "a=1; HttpOnly"}, {"Set-Cookie", "b=2; HttpOnly"}, {"X-AB", ""},
};

/* One head, and what became of it. */
struct head {
    size_t status;
    size_t n_fields;
    size_t fields[FIELDS_MAX];
    bool ends_early; /* start_response is called again, with the same */
    bool hints;      /* early hints are sent behind it */
    bool keeps;
    char text[1 << 14];
    size_t len;
};

static void note(struct head *head, const char *bytes, size_t len)
{
    assert_true(head->len + len < sizeof(head->text));
    memcpy(head->text + head->len, bytes, len);
    head->len += len;
}

struct keeper {
    struct gcn_sink sink;
    struct head *head;
};

static enum gcn_sink_result submit(struct gcn_sink *sink, struct gcn_response *res,
                                   struct gcn_out *out)
{
    struct head *head = GCN_CONTAINER_OF(sink, struct keeper, sink)->head;

    (void)res;
    for (struct gcn_piece *piece = out->first; piece != NULL; piece = piece->next) {
        note(head, piece->ptr, piece->len);
    }
    gcn_out_clear(out);
    return GCN_SINK_OK;
}

static void say(struct head *head, struct gcn_response *res)
{
    enum gcn_response_fault fault =
        gcn_response_begin(res, gcn_slice_of(statuses[head->status]));
    assert_int_equal(fault, GCN_RESPONSE_OK);
    for (size_t i = 0; i < head->n_fields; i++) {
        const char *const *field = pool[head->fields[i]];
        fault = gcn_response_field(res, gcn_slice_of(field[0]), gcn_slice_of(field[1]));
        note(head, &(char){(char)('0' + (int)fault)}, 1);
    }
}

static void *play(void *data)
{
    static const struct gcn_slice hint[1][2] = {{GCN_SLICE("Link"), GCN_SLICE("</a>")}};
    struct head *head = data;
    struct keeper keeper = {.sink = {submit}, .head = head};
    struct gcn_response res;

    head->len = 0;
    gcn_response_init(&res, &keeper.sink);
    res.http11 = true;
    res.version_minor = 1;
    res.may_keep = head->keeps;
    res.head_only = true; /* no body, so that any length is right */
    say(head, &res);
    if (head->ends_early) {
        say(head, &res);
    }
    if (head->hints) {
        assert_int_equal(gcn_response_early_hints(&res, hint, 1), GCN_RESPONSE_OK);
    }
    gcn_response_end(&res);
    gcn_response_finish(&res);
    gcn_out_pool_finish();
    /* The clock may have moved on between the two that are compared. */
    char *date = memmem(head->text, head->len, "Date: ", 6);
    if (date != NULL) {
        memset(date + 6, '0', 29);
    }
    return NULL;
}

static size_t below(size_t limit)
{
    return (size_t)random() % limit;
}

/* Heads of few kinds that often differ in one field only, as those of an app. */
static void change(struct head *head)
{
    if (below(4) == 0) {
        head->status = below(GCN_COUNT(statuses));
    }
    if (below(8) == 0) {
        head->n_fields = below(4) == 0 ? below(FIELDS_MAX) : below(4);
    }
    for (size_t i = 0; i < head->n_fields; i++) {
        if (below(6) == 0 || head->fields[i] >= GCN_COUNT(pool)) {
            head->fields[i] = below(GCN_COUNT(pool));
        }
    }
    head->ends_early = below(10) == 0;
    head->hints = below(10) == 0;
    head->keeps = below(5) != 0;
}

static void a_head_does_not_depend_on_those_before(GCN_UNUSED void **state)
{
    static struct head here, fresh;

    memset(long_value, 'v', sizeof(long_value) - 1);
    srandom(1);
    for (int i = 0; i < HEADS; i++) {
        pthread_t thread;
        change(&here);
        fresh = here;
        play(&here);
        assert_int_equal(pthread_create(&thread, NULL, play, &fresh), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        if (here.len != fresh.len || memcmp(here.text, fresh.text, here.len) != 0) {
            fail_msg("head %d:\n%.*s\nand in a new thread:\n%.*s", i, (int)here.len, here.text,
                     (int)fresh.len, fresh.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_does_not_depend_on_those_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
