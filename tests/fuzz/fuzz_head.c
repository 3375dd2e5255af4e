/* SPDX-License-Identifier: MIT */
/*
 * Request heads: whatever is accepted is what an app may see, wherever it was cut.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>
#include <gcorn/http/head.h>

#include "http_options.h"

/* Scan with one cut at `cut`; the same verdict as in one piece. */
static enum gcn_refusal scan(const char *bytes, size_t size, size_t cut,
                             const struct gcn_http_limits *limits, size_t *len)
{
    struct gcn_head_scan scan = {0};
    enum gcn_refusal refusal = gcn_head_scan(&scan, bytes, cut, limits, len);

    if (refusal != GCN_REFUSE_NOTHING || *len > 0) {
        return refusal;
    }
    return gcn_head_scan(&scan, bytes, size, limits, len);
}

static void check_slice(const struct gcn_head *head, struct gcn_slice slice)
{
    const char *base = head->folded != NULL ? head->folded : head->raw.ptr;
    size_t len = head->folded != NULL ? head->folded_len : head->raw.len;

    GCN_ASSERT(slice.ptr == NULL || (slice.ptr >= base && slice.ptr + slice.len <= base + len));
    for (size_t i = 0; i < slice.len; i++) {
        GCN_ASSERT(slice.ptr[i] != '\r' && slice.ptr[i] != '\n' && slice.ptr[i] != '\0');
    }
}

static void check_head(const struct gcn_head *head, const struct gcn_http_limits *limits)
{
    check_slice(head, head->method);
    check_slice(head, head->target);
    check_slice(head, head->path);
    check_slice(head, head->query);
    check_slice(head, head->script_name);
    GCN_ASSERT(head->method.len > 0 && head->target.len > 0);
    GCN_ASSERT(head->n_fields <= limits->fields);
    GCN_ASSERT(!head->chunked || head->content_length < 0);
    GCN_ASSERT(head->content_length <= limits->body_max_bytes);
    GCN_ASSERT(head->trusted || (!head->scheme_given && head->script_name.ptr == NULL));
    for (uint32_t i = 0; i < head->n_fields; i++) {
        check_slice(head, head->fields[i].name);
        check_slice(head, head->fields[i].value);
        GCN_ASSERT(head->fields[i].name.len > 0);
        GCN_ASSERT(memchr(head->fields[i].name.ptr, ' ', head->fields[i].name.len) == NULL);
    }
}

static void check_copy(const struct gcn_head *head)
{
    struct gcn_head *copy = gcn_head_copy(head);

    GCN_ASSERT(gcn_slice_equal(head->raw, copy->raw) && head->raw.ptr != copy->raw.ptr);
    GCN_ASSERT(gcn_slice_equal(head->target, copy->target));
    GCN_ASSERT(gcn_slice_equal(head->path, copy->path));
    GCN_ASSERT(head->n_fields == copy->n_fields);
    for (uint32_t i = 0; i < head->n_fields; i++) {
        GCN_ASSERT(gcn_slice_equal(head->fields[i].name, copy->fields[i].name));
        GCN_ASSERT(gcn_slice_equal(head->fields[i].value, copy->fields[i].value));
    }
    gcn_head_unref(copy);
}

static void parse(const char *bytes, size_t len, const struct fuzz_options *options)
{
    char *exact = gcn_alloc(len);
    struct gcn_head *head = gcn_head_create();
    struct gcn_slice culprit = {NULL, 0};

    memcpy(exact, bytes, len);
    enum gcn_refusal refusal =
        gcn_head_parse(head, exact, len, &options->limits, options->trusted, &culprit);
    if (refusal == GCN_REFUSE_NOTHING) {
        check_head(head, &options->limits);
        check_copy(head);
    } else {
        const struct gcn_refusal_info *info = gcn_refusal_info(refusal);
        GCN_ASSERT(info->status >= 400 && info->code[4] != 'P' && info->code[4] != 'T');
        check_slice(head, (struct gcn_slice){culprit.ptr, 0});
        GCN_ASSERT(head->n_fields == 0);
    }
    gcn_head_unref(head);
    gcn_free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_options options = take_options(&data, &size);
    const char *bytes = (const char *)data;
    size_t len, cut_len;
    enum gcn_refusal refusal = scan(bytes, size, 0, &options.limits, &len);

    for (size_t cut = 1; cut <= size && cut < 300; cut++) {
        GCN_ASSERT(scan(bytes, size, cut, &options.limits, &cut_len) == refusal);
        GCN_ASSERT(cut_len == len);
    }
    if (refusal == GCN_REFUSE_NOTHING && len > 0) {
        GCN_ASSERT(len <= size && bytes[len - 1] == '\n');
        parse(bytes, len, &options);
    }
    return 0;
}
