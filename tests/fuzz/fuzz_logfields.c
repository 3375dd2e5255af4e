/* SPDX-License-Identifier: MIT */
/*
 * What the log decodes of a request: Basic authorization, percent escapes, and ids that somebody
 * else has made. A user name encoded again is the input; an accepted id needs no escaping anywhere.
 */
#include "fuzz.h"

#include <ctype.h>
#include <string.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>
#include <gcorn/log/request_id.h>

#include "decode.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Is `encoded` the base64 of a text that begins with `user`, as far as whole groups go? */
static bool encodes(struct gcn_slice encoded, struct gcn_slice user)
{
    for (size_t i = 0; i + 3 <= user.len; i += 3) {
        const unsigned char *at = (const unsigned char *)user.ptr + i;
        unsigned bits = (unsigned)at[0] << 16 | (unsigned)at[1] << 8 | at[2];
        for (size_t group = 0; group < 4; group++) {
            size_t place = i / 3 * 4 + group;
            char digit = digits[bits >> (18 - 6 * group) & 63];
            if (place >= encoded.len || encoded.ptr[place] != digit) {
                return false;
            }
        }
    }
    return true;
}

static void check_user(struct gcn_slice text, char *scratch)
{
    struct gcn_slice user = gcn_decode_user(text, scratch), scheme, rest;

    GCN_ASSERT(user.len <= GCN_DECODE_BYTES && gcn_slice_index(user, ':') == user.len);
    if (user.len > 0) {
        gcn_slice_cut(text, ' ', &scheme, &rest);
        GCN_ASSERT(gcn_slice_equal_nocase(scheme, GCN_SLICE("basic")));
        GCN_ASSERT(encodes(gcn_slice_trim(rest), user));
    }
}

static void check_path(struct gcn_slice text, char *scratch)
{
    struct gcn_slice path = gcn_decode_path(text, scratch);

    GCN_ASSERT(path.len <= text.len);
    GCN_ASSERT(path.ptr == text.ptr || path.len <= GCN_DECODE_BYTES);
}

static void check_id(struct gcn_slice text)
{
    bool valid = gcn_request_id_is_valid(text);

    for (size_t i = 0; valid && i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        GCN_ASSERT(byte < 0x7f && isgraph(byte) && byte != '"' && byte != '\\' && byte != '%');
    }
    GCN_ASSERT(!valid || (text.len > 0 && text.len <= GCN_REQUEST_ID_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* In memory of their own, so that an access behind their ends is seen. */
    char *bytes = gcn_alloc(size), *scratch = gcn_alloc(GCN_DECODE_BYTES);
    struct gcn_slice text = {bytes, size};

    memcpy(bytes, data, size);
    check_user(text, scratch);
    check_path(text, scratch);
    check_id(text);
    gcn_free(bytes);
    gcn_free(scratch);
    return 0;
}
