/* SPDX-License-Identifier: MIT */
/*
 * Parses a complete head. llhttp cuts it into fields; what it says is believed only where it agrees
 * with the lines as they stand in the head, because a package may have been built lenient. Then the
 * policy judges. When llhttp objects, the policy goes over the lines itself to name the rule.
 */
#include <gcorn/http/head.h>

#include <llhttp.h>

#include "head_private.h"
#include "policy.h"

/* One head on its way through llhttp. Lifetime: one call of gcn_head_parse. */
struct parse {
    struct gcn_head *head;   /* borrowed */
    const char *line;        /* where the next field line begins */
    const char *end;         /* of the head */
    struct gcn_slice target; /* that llhttp has to find as well */
    struct gcn_slice name;   /* of the field whose value is awaited; ptr NULL if none is */
};

/* llhttp knows a fixed list of methods and versions. What it reads instead of others, which the
   policy has taken: they change nothing about the fields. */
static const char stand_in[] = "GET / HTTP/1.1\r\n";

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    const struct parse *parse = parser->data;
    return at == parse->target.ptr && len == parse->target.len ? HPE_OK : HPE_USER;
}

/* The awaited value is [at, at + len), give or take blanks: it has to be the rest of its line. */
static int finish_field(struct parse *parse, const char *at, size_t len)
{
    const char *value = parse->name.ptr + parse->name.len + 1;
    struct gcn_head *head = parse->head;

    while (gcn_is_blank(*value)) { /* a CRLF follows at the latest */
        value++;
    }
    const char *stop = len > 0 ? at + len : value;
    if ((len > 0 && at != value) || stop + 2 > parse->end || stop[0] != '\r' || stop[1] != '\n') {
        return HPE_USER;
    }
    parse->line = stop + 2;
    while (stop > value && gcn_is_blank(stop[-1])) {
        stop--;
    }
    struct gcn_field *field =
        head->n_fields < head->cap_fields ? &head->fields[head->n_fields] : gcn_head_grow(head);
    field->name = parse->name;
    field->value = (struct gcn_slice){value, (size_t)(stop - value)};
    head->n_fields++;
    parse->name.ptr = NULL;
    return HPE_OK;
}

static int on_field(llhttp_t *parser, const char *at, size_t len)
{
    struct parse *parse = parser->data;

    /* Some versions report no value if it is empty. */
    if (parse->name.ptr != NULL && finish_field(parse, NULL, 0) != HPE_OK) {
        return HPE_USER;
    }
    if (at != parse->line || at[len] != ':') {
        return HPE_USER;
    }
    parse->name = (struct gcn_slice){at, len};
    return HPE_OK;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    struct parse *parse = parser->data;
    return parse->name.ptr != NULL ? finish_field(parse, at, len) : HPE_USER;
}

static int on_complete(llhttp_t *parser)
{
    struct parse *parse = parser->data;

    if (parse->name.ptr != NULL && finish_field(parse, NULL, 0) != HPE_OK) {
        return HPE_USER;
    }
    return parse->line + 2 == parse->end ? HPE_PAUSED : HPE_USER;
}

static const llhttp_settings_t callbacks = {
    .on_url = on_url,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_headers_complete = on_complete,
};

/* The fields of the head, whose request line is judged already and ends at `line`. */
static bool run_llhttp(struct gcn_head *head, struct gcn_slice text, const char *line)
{
    struct parse parse = {head, line, text.ptr + text.len, head->target, {NULL, 0}};
    llhttp_t parser;

    llhttp_init(&parser, HTTP_REQUEST, &callbacks);
    parser.data = &parse;
    llhttp_errno_t error = llhttp_execute(&parser, text.ptr, text.len);
    if (error != HPE_PAUSED && parse.line == line && parse.name.ptr == NULL) {
        parse.target = (struct gcn_slice){stand_in + 4, 1};
        llhttp_init(&parser, HTTP_REQUEST, &callbacks);
        parser.data = &parse;
        error = llhttp_execute(&parser, stand_in, sizeof(stand_in) - 1);
        if (error == HPE_OK) {
            error = llhttp_execute(&parser, line, (size_t)(parse.end - line));
        }
    }
    return error == HPE_PAUSED;
}

/* Judge the fields that llhttp found, and close the gaps that dropped ones leave. */
static enum gcn_refusal judge_fields(struct gcn_policy *policy)
{
    struct gcn_head *head = policy->head;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < head->n_fields; i++) {
        bool keep;
        enum gcn_refusal refusal = gcn_policy_field(policy, &head->fields[i], &keep);
        if (GCN_UNLIKELY(refusal != GCN_REFUSE_NOTHING)) {
            return refusal;
        }
        if (GCN_UNLIKELY(kept != i)) {
            head->fields[kept] = head->fields[i];
        }
        kept += keep;
    }
    head->n_fields = kept;
    return gcn_policy_finish(policy);
}

/* llhttp stopped: find the rule, line by line. `text` begins with the first field line. */
static enum gcn_refusal diagnose(struct gcn_policy *policy, struct gcn_slice text)
{
    struct gcn_slice line, rest = text;

    while (gcn_slice_cut(rest, '\n', &line, &rest) && line.len > 1) {
        struct gcn_field field;
        bool keep;
        line.len--; /* the CR */
        enum gcn_refusal refusal = gcn_policy_split(line, &field, &policy->culprit);
        if (refusal == GCN_REFUSE_NOTHING && gcn_is_blank(*rest.ptr)) {
            return GCN_REFUSE_FOLDING; /* rather than judge half a value; `rest` ends in CRLF */
        }
        if (refusal == GCN_REFUSE_NOTHING) {
            refusal = gcn_policy_field(policy, &field, &keep);
        }
        if (refusal != GCN_REFUSE_NOTHING) {
            return refusal;
        }
    }
    enum gcn_refusal refusal = gcn_policy_finish(policy);
    return refusal != GCN_REFUSE_NOTHING ? refusal : GCN_REFUSE_PARSER;
}

static enum gcn_refusal parse_text(struct gcn_policy *policy, struct gcn_slice text)
{
    size_t lf = gcn_slice_index(text, '\n');
    struct gcn_slice line = {text.ptr, lf - 1};
    struct gcn_slice fields = {text.ptr + lf + 1, text.len - lf - 1};
    enum gcn_refusal refusal = gcn_policy_request_line(policy, line);

    if (refusal != GCN_REFUSE_NOTHING) {
        return refusal;
    }
    return run_llhttp(policy->head, text, fields.ptr) ? judge_fields(policy)
                                                      : diagnose(policy, fields);
}

/* Begin, or begin again, with a head that nothing is known of. */
static void begin(struct gcn_policy *policy, struct gcn_slice raw, bool trusted)
{
    struct gcn_head *head = policy->head;

    *policy = (struct gcn_policy){.head = head, .limits = policy->limits};
    gcn_head_reset(head);
    head->trusted = trusted;
    head->raw = raw;
}

static struct gcn_slice text_of(const struct gcn_head *head)
{
    return head->folded != NULL ? (struct gcn_slice){head->folded, head->folded_len} : head->raw;
}

/*
 * llhttp objects to what the rules take: 8.1 does to a TAB behind the digits of a Content-Length.
 */
static enum gcn_refusal parse_trimmed(struct gcn_policy *policy)
{
    struct gcn_head *head = policy->head;
    size_t len;
    char *text = gcn_head_trim(text_of(head), &len);

    begin(policy, head->raw, head->trusted);
    head->folded = text;
    head->folded_len = len;
    return parse_text(policy, text_of(head));
}

enum gcn_refusal gcn_head_parse(struct gcn_head *head, const char *bytes, size_t len,
                                const struct gcn_http_limits *limits, bool trusted,
                                struct gcn_slice *culprit)
{
    struct gcn_policy policy = {.head = head, .limits = limits};

    begin(&policy, (struct gcn_slice){bytes, len}, trusted);
    gcn_head_rewrite(head, limits);
    enum gcn_refusal refusal = parse_text(&policy, text_of(head));
    if (GCN_UNLIKELY(refusal == GCN_REFUSE_PARSER)) {
        refusal = parse_trimmed(&policy);
    }
    if (refusal != GCN_REFUSE_NOTHING) {
        head->n_fields = 0;
        if (culprit != NULL) {
            *culprit = policy.culprit;
        }
    }
    return refusal;
}
