/* SPDX-License-Identifier: MIT */
/*
 * The rules for fields, and the table that says what each refusal means. llhttp may have been built
 * lenient, so nothing here relies on what it has checked.
 */
#include "policy.h"

#include <gcorn/base/die.h>
#include <gcorn/base/parse.h>

#include "bytes.h"

static const struct gcn_refusal_info infos[] = {
#define REFUSAL(name, ...) [GCN_REFUSE_##name] = {__VA_ARGS__},
#include <gcorn/http/refusal.def>
#undef REFUSAL
};

const struct gcn_refusal_info *gcn_refusal_info(enum gcn_refusal refusal)
{
    GCN_ASSERT(refusal > GCN_REFUSE_NOTHING && refusal < GCN_REFUSE_COUNT);
    return &infos[refusal];
}

/* The fields that gcorn itself reads. The values are bits of gcn_policy.seen. */
enum special {
    SPECIAL_NONE = 0,
    SPECIAL_HOST = 1,
    SPECIAL_LENGTH = 2,
    SPECIAL_CODING = 4,
    SPECIAL_TYPE = 8,
    SPECIAL_CONNECTION = 16,
    SPECIAL_EXPECT = 32,
    SPECIAL_PROXY = 64,
    SPECIAL_CLOSE = 128,      /* Connection says close */
    SPECIAL_KEEP_ALIVE = 256, /* Connection says keep-alive */
};

#define IS(name, lower) gcn_bytes_match(name, lower, sizeof(lower) - 1)

/* `name` is a token. The length alone sorts out nearly all other fields. */
static enum special special_of(struct gcn_slice name)
{
    switch (name.len) {
    case 4:
        return IS(name, "host") ? SPECIAL_HOST : SPECIAL_NONE;
    case 5:
        return IS(name, "proxy") ? SPECIAL_PROXY : SPECIAL_NONE;
    case 6:
        return IS(name, "expect") ? SPECIAL_EXPECT : SPECIAL_NONE;
    case 10:
        return IS(name, "connection") ? SPECIAL_CONNECTION : SPECIAL_NONE;
    case 12:
        return IS(name, "content-type") ? SPECIAL_TYPE : SPECIAL_NONE;
    case 14:
        return IS(name, "content-length") ? SPECIAL_LENGTH : SPECIAL_NONE;
    case 17:
        return IS(name, "transfer-encoding") ? SPECIAL_CODING : SPECIAL_NONE;
    default:
        return SPECIAL_NONE;
    }
}

/* Calls itself content-length, but is it one? RFC 9112 §6.3: digits, once. */
static enum gcn_refusal judge_length(struct gcn_policy *policy, struct gcn_slice value)
{
    if (policy->head->content_length >= 0) {
        return GCN_REFUSE_LENGTH_REPEATED;
    }
    if (!gcn_parse_digits(value, &policy->head->content_length)) {
        return GCN_REFUSE_LENGTH_MALFORMED;
    }
    return GCN_REFUSE_NOTHING;
}

/* True if one of the comma-separated members of `list` is `lower`. */
static bool list_has(struct gcn_slice list, const char *lower, size_t len)
{
    struct gcn_slice member, rest = list;
    bool more = true;

    while (more) {
        more = gcn_slice_cut(rest, ',', &member, &rest);
        if (gcn_bytes_match(gcn_slice_trim(member), lower, len)) {
            return true;
        }
    }
    return false;
}

/* Only "chunked", only once: a list is a chance to disagree with whoever is in front of us. */
static enum gcn_refusal judge_coding(struct gcn_policy *policy, struct gcn_slice value)
{
    struct gcn_head *head = policy->head;

    if (!gcn_head_is_http11(head)) {
        return GCN_REFUSE_CODING_VERSION;
    }
    if ((policy->seen & SPECIAL_CODING) != 0) {
        return GCN_REFUSE_CODING_REPEATED;
    }
    if (!IS(value, "chunked")) {
        return GCN_REFUSE_CODING_UNSUPPORTED;
    }
    head->chunked = true;
    return GCN_REFUSE_NOTHING;
}

/* The one expectation that is known is ignored from HTTP/1.0 clients. RFC 9110 §10.1.1. */
static enum gcn_refusal judge_expect(struct gcn_policy *policy, struct gcn_slice value)
{
    if (!IS(value, "100-continue")) {
        return GCN_REFUSE_EXPECTATION;
    }
    policy->head->expect_continue = gcn_head_is_http11(policy->head);
    return GCN_REFUSE_NOTHING;
}

static enum gcn_refusal judge_host(struct gcn_policy *policy, struct gcn_slice value)
{
    if ((policy->seen & SPECIAL_HOST) != 0) {
        return GCN_REFUSE_HOST_REPEATED;
    }
    policy->host = value;
    return gcn_authority_is_valid(value) ? GCN_REFUSE_NOTHING : GCN_REFUSE_HOST_MALFORMED;
}

static void note_connection(struct gcn_policy *policy, struct gcn_slice value)
{
    if (list_has(value, "close", 5)) {
        policy->seen |= SPECIAL_CLOSE;
    }
    if (list_has(value, "keep-alive", 10)) {
        policy->seen |= SPECIAL_KEEP_ALIVE;
    }
}

static enum gcn_refusal judge_special(struct gcn_policy *policy, enum special special,
                                      struct gcn_slice value, bool *keep)
{
    switch (special) {
    case SPECIAL_HOST:
        return judge_host(policy, value);
    case SPECIAL_LENGTH:
        return judge_length(policy, value);
    case SPECIAL_CODING:
        return judge_coding(policy, value);
    case SPECIAL_TYPE:
        return (policy->seen & SPECIAL_TYPE) != 0 ? GCN_REFUSE_TYPE_REPEATED : GCN_REFUSE_NOTHING;
    case SPECIAL_CONNECTION:
        note_connection(policy, value);
        return GCN_REFUSE_NOTHING;
    case SPECIAL_EXPECT:
        return judge_expect(policy, value);
    case SPECIAL_PROXY:
        /* It would become HTTP_PROXY, which many HTTP clients obey (CVE-2016-5385 and kin). */
        *keep = false;
        return GCN_REFUSE_NOTHING;
    default:
        return GCN_REFUSE_NOTHING;
    }
}

/* A field of a trusted peer that says which scheme the client used. */
static enum gcn_refusal judge_scheme(struct gcn_policy *policy, const struct gcn_field *field)
{
    struct gcn_head *head = policy->head;

    for (size_t i = 0; i < policy->limits->n_scheme_fields; i++) {
        const struct gcn_scheme_field *row = &policy->limits->scheme_fields[i];
        if ((row->name[0] | 0x20) != (field->name.ptr[0] | 0x20) ||
            !gcn_slice_equal_nocase(field->name, gcn_slice_of(row->name))) {
            continue;
        }
        bool https = gcn_slice_equal(field->value, gcn_slice_of(row->value));
        if (head->scheme_given && head->https != https) {
            return GCN_REFUSE_SCHEME_FIELDS;
        }
        head->scheme_given = true;
        head->https = https;
    }
    return GCN_REFUSE_NOTHING;
}

static bool is_forwarder(const struct gcn_policy *policy, struct gcn_slice name)
{
    for (size_t i = 0; policy->head->trusted && i < policy->limits->n_forwarder_headers; i++) {
        const char *allowed = policy->limits->forwarder_headers[i];
        if (strcmp(allowed, "*") == 0 || gcn_slice_equal_nocase(name, gcn_slice_of(allowed))) {
            return true;
        }
    }
    return false;
}

/*
 * A name with an underscore: '-' and '_' are the same in an environ, so that such a field can pose
 * as another one which a proxy in front has removed or set.
 */
static enum gcn_refusal judge_underscore(struct gcn_policy *policy, const struct gcn_field *field,
                                         bool *keep)
{
    if (is_forwarder(policy, field->name)) {
        if (!gcn_slice_equal_nocase(field->name, GCN_SLICE("SCRIPT_NAME"))) {
            return GCN_REFUSE_NOTHING;
        }
        bool repeated = policy->head->script_name.ptr != NULL;
        policy->head->script_name = field->value;
        return repeated ? GCN_REFUSE_SCRIPT_NAME : GCN_REFUSE_NOTHING;
    }
    if (policy->limits->header_map == GCN_HEADER_MAP_REFUSE) {
        return GCN_REFUSE_UNDERSCORE;
    }
    *keep = policy->limits->header_map == GCN_HEADER_MAP_DANGEROUS;
    return GCN_REFUSE_NOTHING;
}

/* Why a name that is no token is refused. */
static enum gcn_refusal name_fault(struct gcn_slice name)
{
    if (name.len == 0) {
        return GCN_REFUSE_FIELD_LINE;
    }
    return gcn_slice_trim(name).len < name.len ? GCN_REFUSE_FIELD_NAME_SPACE
                                               : GCN_REFUSE_FIELD_NAME;
}

enum gcn_refusal gcn_policy_field(struct gcn_policy *policy, const struct gcn_field *field,
                                  bool *keep)
{
    enum gcn_refusal refusal = GCN_REFUSE_NOTHING;
    int common = gcn_bytes_common(field->name);

    *keep = true;
    policy->culprit = field->name;
    if ((common & GCN_BYTE_TOKEN) == 0 || field->name.len == 0) {
        return name_fault(field->name);
    }
    if (!gcn_bytes_are_value(field->value)) {
        bool has_cr = gcn_slice_index(field->value, '\r') < field->value.len;
        return has_cr ? GCN_REFUSE_BARE_CR : GCN_REFUSE_FIELD_CONTROL;
    }
    if (policy->head->trusted && (refusal = judge_scheme(policy, field)) != GCN_REFUSE_NOTHING) {
        return refusal;
    }
    if ((common & GCN_BYTE_PLAIN) == 0) {
        return judge_underscore(policy, field, keep);
    }
    enum special special = special_of(field->name);
    if (special != SPECIAL_NONE) {
        refusal = judge_special(policy, special, field->value, keep);
        policy->culprit = field->value;
        policy->seen |= special;
    }
    return refusal;
}

static enum gcn_refusal judge_framing(const struct gcn_policy *policy)
{
    const struct gcn_head *head = policy->head;

    if (head->chunked && head->content_length >= 0) {
        return GCN_REFUSE_LENGTH_AND_CODING;
    }
    return head->content_length > policy->limits->body_max_bytes ? GCN_REFUSE_BODY_LARGE
                                                                 : GCN_REFUSE_NOTHING;
}

static enum gcn_refusal judge_missing_host(struct gcn_policy *policy)
{
    policy->culprit = policy->host;
    if (policy->host.ptr == NULL) {
        return gcn_head_is_http11(policy->head) ? GCN_REFUSE_HOST_MISSING : GCN_REFUSE_NOTHING;
    }
    if (policy->authority.ptr != NULL && !gcn_slice_equal_nocase(policy->authority, policy->host)) {
        return GCN_REFUSE_HOST_MISMATCH;
    }
    return GCN_REFUSE_NOTHING;
}

/* '/' or "%2F", which it is once PATH_INFO is decoded. */
static bool begins_with_slash(struct gcn_slice path)
{
    if (path.len > 2 && path.ptr[0] == '%') {
        return path.ptr[1] == '2' && (path.ptr[2] | 0x20) == 'f';
    }
    return path.len > 0 && path.ptr[0] == '/';
}

/* PATH_INFO is what follows SCRIPT_NAME: nothing, or something that begins with '/'. PEP 3333. */
static enum gcn_refusal judge_script_name(struct gcn_policy *policy)
{
    struct gcn_slice script = policy->head->script_name;
    struct gcn_slice path = policy->head->path;

    if (script.len == 0) {
        return GCN_REFUSE_NOTHING;
    }
    policy->culprit = script;
    if (path.len < script.len || memcmp(path.ptr, script.ptr, script.len) != 0) {
        return GCN_REFUSE_SCRIPT_NAME;
    }
    struct gcn_slice rest = {path.ptr + script.len, path.len - script.len};
    bool fits = rest.len == 0 || begins_with_slash(rest) || script.ptr[script.len - 1] == '/';
    return fits ? GCN_REFUSE_NOTHING : GCN_REFUSE_SCRIPT_NAME;
}

enum gcn_refusal gcn_policy_finish(struct gcn_policy *policy)
{
    struct gcn_head *head = policy->head;
    enum gcn_refusal refusal;

    if ((refusal = judge_missing_host(policy)) != GCN_REFUSE_NOTHING ||
        (refusal = judge_framing(policy)) != GCN_REFUSE_NOTHING ||
        (refusal = judge_script_name(policy)) != GCN_REFUSE_NOTHING) {
        return refusal;
    }
    /* A client takes what follows a 2xx to CONNECT for a tunnel: never read it as a request. */
    bool closes =
        (policy->seen & SPECIAL_CLOSE) != 0 || gcn_slice_equal(head->method, GCN_SLICE("CONNECT"));
    head->keep_alive =
        !closes && (gcn_head_is_http11(head) || (policy->seen & SPECIAL_KEEP_ALIVE) != 0);
    return GCN_REFUSE_NOTHING;
}

enum gcn_refusal gcn_policy_split(struct gcn_slice line, struct gcn_field *field,
                                  struct gcn_slice *culprit)
{
    *culprit = line;
    if (line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t')) {
        return GCN_REFUSE_FOLDING;
    }
    if (!gcn_slice_cut(line, ':', &field->name, &field->value) || field->name.len == 0) {
        return gcn_slice_index(line, '\r') < line.len ? GCN_REFUSE_BARE_CR : GCN_REFUSE_FIELD_LINE;
    }
    *culprit = field->name;
    if (gcn_slice_trim(field->name).len < field->name.len) {
        return GCN_REFUSE_FIELD_NAME_SPACE;
    }
    field->value = gcn_slice_trim(field->value);
    return gcn_slice_index(line, '\r') < line.len ? GCN_REFUSE_BARE_CR : GCN_REFUSE_NOTHING;
}

/* RFC 9110 §6.5.1: not what frames, routes, authenticates or describes the message. */
static bool is_forbidden_trailer(struct gcn_slice name)
{
    static const struct gcn_slice names[] = {
        {"host", 4},          {"content-length", 14},   {"transfer-encoding", 17},
        {"trailer", 7},       {"authorization", 13},    {"te", 2},
        {"content-type", 12}, {"content-encoding", 16}, {"content-range", 13},
        {"cookie", 6},        {"connection", 10},       {"expect", 6},
    };
    for (size_t i = 0; i < GCN_COUNT(names); i++) {
        if (gcn_slice_equal_nocase(name, names[i])) {
            return true;
        }
    }
    return false;
}

enum gcn_refusal gcn_policy_trailer(struct gcn_slice line)
{
    struct gcn_field field;
    struct gcn_slice culprit;

    if (gcn_policy_split(line, &field, &culprit) != GCN_REFUSE_NOTHING ||
        !gcn_bytes_are(field.name, GCN_BYTE_TOKEN) || !gcn_bytes_are_value(field.value)) {
        return GCN_REFUSE_TRAILER;
    }
    return is_forbidden_trailer(field.name) ? GCN_REFUSE_TRAILER_FORBIDDEN : GCN_REFUSE_NOTHING;
}
