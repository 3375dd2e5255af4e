/* SPDX-License-Identifier: MIT */
/*
 * Filling the access log's record from a request and its response.
 */
#include "access.h"

#include <gcorn/log/notes.h>

enum { LINE_SHOWN = 2048 }; /* bytes of a request line that could not be parsed */

/* Where named values are found. Lifetime: the call. */
struct source {
    const struct gcn_head *head; /* NULL: there is none */
    const struct gcn_buf *notes; /* NULL: none were taken */
};

/* The last field of that name, as gunicorn has it. */
static struct gcn_slice find_field(const struct gcn_head *head, struct gcn_slice name)
{
    for (uint32_t i = head->n_fields; i > 0; i--) {
        if (gcn_slice_equal_nocase(head->fields[i - 1].name, name)) {
            return head->fields[i - 1].value;
        }
    }
    return (struct gcn_slice){NULL, 0};
}

static struct gcn_slice find(const void *context, enum gcn_access_table table,
                             struct gcn_slice name)
{
    const struct source *source = context;

    if (table == GCN_ACCESS_REQUEST) {
        return source->head == NULL ? (struct gcn_slice){NULL, 0} : find_field(source->head, name);
    }
    return source->notes == NULL ? (struct gcn_slice){NULL, 0}
                                 : gcn_note_find(source->notes, table, name);
}

/* An empty slice that is known. */
static struct gcn_slice known(struct gcn_slice slice)
{
    return slice.ptr == NULL ? GCN_SLICE("") : slice;
}

static void set_head(struct gcn_access_record *record, const struct gcn_head *head)
{
    record->method = head->method;
    record->target = head->target;
    record->path = known(head->path);
    record->query = known(head->query);
    record->version_major = head->version_major;
    record->version_minor = head->version_minor;
}

void gcn_access_log_finished(struct gcn_access *access, const struct gcn_request *req,
                             const struct gcn_response *res, int64_t duration_us, bool complete)
{
    const struct source source = {req->head, &res->notes};
    struct gcn_access_record record = {
        .peer = gcn_slice_of(req->peer->host),
        .complete = complete,
        .status = res->status,
        .body_bytes = res->body_bytes,
        .duration_us = duration_us,
        .queue_us = gcn_request_queue_us(req),
        .now_us = req->began_us + duration_us,
        .find = find,
        .context = &source,
    };

    set_head(&record, req->head);
    if (req->id.len > 0) {
        record.request_id = req->id;
    }
    gcn_access_log(access, &record);
}

/* What was read of a request up to the end of its first line. */
static struct gcn_slice first_line(struct gcn_slice input)
{
    struct gcn_slice line, rest;

    gcn_slice_cut(input, '\n', &line, &rest);
    if (line.len > 0 && line.ptr[line.len - 1] == '\r') {
        line.len--;
    }
    line.len = line.len < LINE_SHOWN ? line.len : LINE_SHOWN;
    return line;
}

void gcn_access_log_refused(struct gcn_access *access, const struct gcn_refused *what,
                            int64_t now_us)
{
    const struct gcn_refusal_info *info = gcn_refusal_info(what->refusal);
    const struct source source = {what->req == NULL ? NULL : what->req->head, NULL};
    struct gcn_access_record record = {
        .peer = gcn_slice_of(what->peer->host),
        .refusal = gcn_slice_of(info->code),
        .complete = true,
        .status = info->status,
        .body_bytes = what->body_bytes,
        .queue_us = -1,
        .now_us = now_us,
        .find = find,
        .context = &source,
    };

    if (what->req != NULL) {
        set_head(&record, what->req->head);
    } else {
        record.line = first_line(what->input);
    }
    gcn_access_log(access, &record);
}
