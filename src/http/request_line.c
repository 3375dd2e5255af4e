/* SPDX-License-Identifier: MIT */
/*
 * The request line: method, target in one of its four forms, version.
 */
#include "policy.h"

#include "bytes.h"

enum {
    METHOD_MIN = 3, /* of a conventional method, as gunicorn has it */
    METHOD_MAX = 20,
};

static enum gcn_refusal judge_method(struct gcn_policy *policy, struct gcn_slice method)
{
    int common = gcn_bytes_common(method);

    policy->culprit = method;
    if (method.len == 0 || (common & GCN_BYTE_TOKEN) == 0) {
        return GCN_REFUSE_METHOD;
    }
    bool conventional =
        (common & GCN_BYTE_METHOD) != 0 && method.len >= METHOD_MIN && method.len <= METHOD_MAX;
    if (!conventional && !policy->limits->permit_unconventional_http_method) {
        return GCN_REFUSE_METHOD_UNCONVENTIONAL;
    }
    policy->head->method = method;
    return GCN_REFUSE_NOTHING;
}

/* "HTTP/" digit "." digit and nothing else. RFC 9112 §2.3. */
static enum gcn_refusal judge_version(struct gcn_policy *policy, struct gcn_slice text)
{
    struct gcn_head *head = policy->head;

    policy->culprit = text;
    if (text.len != 8 || memcmp(text.ptr, "HTTP/", 5) != 0 || text.ptr[6] != '.' ||
        !gcn_byte_is(text.ptr[5], GCN_BYTE_DIGIT) || !gcn_byte_is(text.ptr[7], GCN_BYTE_DIGIT)) {
        return GCN_REFUSE_VERSION;
    }
    head->version_major = (uint8_t)(text.ptr[5] - '0');
    head->version_minor = (uint8_t)(text.ptr[7] - '0');
    if (head->version_major != 1 && !policy->limits->permit_unconventional_http_version) {
        return GCN_REFUSE_VERSION_UNSUPPORTED;
    }
    return GCN_REFUSE_NOTHING;
}

static void set_path(struct gcn_head *head, struct gcn_slice path_and_query)
{
    gcn_slice_cut(path_and_query, '?', &head->path, &head->query);
}

/* host ":" port, both there. The app gets an empty path. RFC 9112 §3.2.3. */
static enum gcn_refusal judge_authority_form(struct gcn_policy *policy, struct gcn_slice target)
{
    bool has_port = gcn_byte_is(target.ptr[target.len - 1], GCN_BYTE_DIGIT) &&
                    memrchr(target.ptr, ':', target.len) != NULL;

    if (!has_port || target.ptr[0] == ':' || !gcn_authority_is_valid(target)) {
        return GCN_REFUSE_AUTHORITY_FORM;
    }
    policy->head->path = (struct gcn_slice){target.ptr + target.len, 0};
    policy->authority = target;
    return GCN_REFUSE_NOTHING;
}

/* The scheme and "://" of an absolute target; false if it is neither http nor https. */
static bool skip_scheme(struct gcn_slice *text)
{
    for (size_t len = 4; len <= 5; len++) {
        struct gcn_slice scheme = {text->ptr, len};
        struct gcn_slice rest = {text->ptr + len, text->len - len};
        if (text->len > len && gcn_slice_equal_nocase(scheme, (struct gcn_slice){"https", len}) &&
            gcn_slice_skip(&rest, "://")) {
            *text = rest;
            return true;
        }
    }
    return false;
}

/* The authority ends at the first '/' or '?'. RFC 9112 §3.2.2, RFC 9110 §4.2. */
static enum gcn_refusal judge_absolute_form(struct gcn_policy *policy, struct gcn_slice target)
{
    struct gcn_slice rest = target;

    if (!skip_scheme(&rest)) {
        return GCN_REFUSE_TARGET_FORM;
    }
    size_t slash = gcn_slice_index(rest, '/');
    size_t mark = gcn_slice_index(rest, '?');
    size_t len = slash < mark ? slash : mark;
    struct gcn_slice authority = {rest.ptr, len};
    if (len == 0 || authority.ptr[0] == ':' || !gcn_authority_is_valid(authority)) {
        return GCN_REFUSE_ABSOLUTE_FORM;
    }
    policy->authority = authority;
    set_path(policy->head, (struct gcn_slice){rest.ptr + len, rest.len - len});
    return GCN_REFUSE_NOTHING;
}

static enum gcn_refusal judge_target(struct gcn_policy *policy, struct gcn_slice target)
{
    struct gcn_head *head = policy->head;

    policy->culprit = target;
    if (target.len == 0) {
        return GCN_REFUSE_REQUEST_LINE;
    }
    if (!gcn_bytes_are(target, GCN_BYTE_TARGET)) {
        return GCN_REFUSE_TARGET_BYTE;
    }
    if (gcn_slice_index(target, '#') < target.len) {
        return GCN_REFUSE_FRAGMENT;
    }
    head->target = target;
    if (gcn_slice_equal(head->method, GCN_SLICE("CONNECT"))) {
        return judge_authority_form(policy, target);
    }
    if (target.ptr[0] == '/') {
        set_path(head, target);
        return GCN_REFUSE_NOTHING;
    }
    if (target.len > 1 || target.ptr[0] != '*') {
        return judge_absolute_form(policy, target);
    }
    head->path = target;
    return gcn_slice_equal(head->method, GCN_SLICE("OPTIONS")) ? GCN_REFUSE_NOTHING
                                                               : GCN_REFUSE_ASTERISK_FORM;
}

enum gcn_refusal gcn_policy_request_line(struct gcn_policy *policy, struct gcn_slice line)
{
    struct gcn_slice method, target, version, rest;
    enum gcn_refusal refusal;

    policy->culprit = line;
    if (gcn_slice_equal(line, GCN_SLICE("PRI * HTTP/2.0"))) {
        return GCN_REFUSE_H2_PREFACE;
    }
    if (!gcn_slice_cut(line, ' ', &method, &rest) || !gcn_slice_cut(rest, ' ', &target, &version)) {
        return GCN_REFUSE_REQUEST_LINE;
    }
    if ((refusal = judge_method(policy, method)) != GCN_REFUSE_NOTHING ||
        (refusal = judge_target(policy, target)) != GCN_REFUSE_NOTHING) {
        return refusal;
    }
    return judge_version(policy, version);
}
