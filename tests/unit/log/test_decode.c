/* SPDX-License-Identifier: MIT */
/*
 * Percent escapes and the user name of Basic authorization.
 */
#include <harness/check.h>

#include <gcorn/base/compiler.h>

#include "decode.h"

static void a_path_is_decoded_byte_by_byte(void **state)
{
    static const struct {
        struct gcn_slice path, decoded;
    } cases[] = {
        {GCN_SLICE("/plain"), GCN_SLICE("/plain")},
        {GCN_SLICE("/a%20b"), GCN_SLICE("/a b")},
        {GCN_SLICE("/%41%4a%4A"), GCN_SLICE("/AJJ")},
        {GCN_SLICE("/%00%0a"), GCN_SLICE("/\0\n")},
        {GCN_SLICE("/%"), GCN_SLICE("/%")},
        {GCN_SLICE("/%4"), GCN_SLICE("/%4")},
        {GCN_SLICE("/%zz%4g"), GCN_SLICE("/%zz%4g")},
        {GCN_SLICE("/%2541"), GCN_SLICE("/%41")},
        {GCN_SLICE(""), GCN_SLICE("")},
    };
    char scratch[GCN_DECODE_BYTES];

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_true(gcn_slice_equal(gcn_decode_path(cases[i].path, scratch), cases[i].decoded));
    }
}

static void a_path_too_long_to_decode_is_cut(void **state)
{
    static char path[3 * GCN_DECODE_BYTES];
    char scratch[GCN_DECODE_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(path); i++) {
        path[i] = "%41"[i % 3];
    }
    assert_int_equal(gcn_decode_path((struct gcn_slice){path, sizeof(path)}, scratch).len,
                     GCN_DECODE_BYTES);
    memset(path, 'x', sizeof(path));
    path[0] = '%';
    assert_int_equal(gcn_decode_path((struct gcn_slice){path, sizeof(path)}, scratch).len,
                     GCN_DECODE_BYTES);
}

static void the_user_is_what_stands_before_the_colon(void **state)
{
    static const struct {
        const char *value;
        const char *user; /* NULL: none */
    } cases[] = {
        {"Basic YWxpY2U6c2VjcmV0", "alice"},   /* alice:secret */
        {"basic  YWxpY2U6c2VjcmV0 ", "alice"}, /* any case, blanks around */
        {"Basic YTpiOmM=", "a"},               /* a:b:c */
        {"Basic YWxpY2U=", "alice"},           /* no colon */
        {"Basic YWxpY2U", "alice"},            /* no padding */
        {"Basic OnNlY3JldA==", NULL},          /* :secret */
        {"Basic \xc3\xa9", NULL},
        {"Basic YW xpY2U", NULL},
        {"Basic", NULL},
        {"Basic ", NULL},
        {"Bearer YWxpY2U6c2VjcmV0", NULL},
        {"", NULL},
    };
    char scratch[GCN_DECODE_BYTES];

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_slice user = gcn_decode_user(gcn_slice_of(cases[i].value), scratch);
        if (cases[i].user == NULL) {
            assert_null(user.ptr);
        } else {
            assert_slice(user, cases[i].user);
        }
    }
    assert_null(gcn_decode_user((struct gcn_slice){NULL, 0}, scratch).ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_decoded_byte_by_byte),
        cmocka_unit_test(a_path_too_long_to_decode_is_cut),
        cmocka_unit_test(the_user_is_what_stands_before_the_colon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
