/* SPDX-License-Identifier: MIT */
/*
 * Writing the line of a request: the steps of a compiled format, one after the other.
 */
#include "format.h"

#include <stdio.h>

#include <gcorn/base/clock.h>

#include "shape.h"

static const struct gcn_slice unknown = {NULL, 0};

static enum gcn_escape escape_of(enum gcn_frame frame)
{
    if (frame == GCN_FRAME_BARE) {
        return GCN_ESCAPE_BARE;
    }
    return frame == GCN_FRAME_WORD ? GCN_ESCAPE_WORD : GCN_ESCAPE_QUOTED;
}

static void put_unknown(struct gcn_text *text, enum gcn_frame frame)
{
    gcn_text_put_slice(text, frame == GCN_FRAME_JSON ? GCN_SLICE("null") : GCN_SLICE("-"));
}

/* Texts of ours that are no numbers get quotes in JSON. */
static void put_quote(struct gcn_text *text, enum gcn_frame frame)
{
    if (frame == GCN_FRAME_JSON) {
        gcn_text_put_byte(text, '"');
    }
}

/* Bring the texts of time up to date: once a second, not once a line. */
static void update_time(struct gcn_log_time *texts, time_t second)
{
    struct gcn_local_time local;
    const struct tm *tm = &local.tm;

    if (texts->second == second && texts->clf[0] != '\0') {
        return;
    }
    texts->second = second;
    gcn_clock_local(second, &local);
    snprintf(texts->iso, sizeof(texts->iso), "%04d-%02d-%02dT%02d:%02d:%02d", tm->tm_year + 1900,
             tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec);
    snprintf(texts->zone, sizeof(texts->zone), "%.3s:%.2s", local.zone, local.zone + 3);
    snprintf(texts->clf, sizeof(texts->clf), "[%02d/%s/%04d:%02d:%02d:%02d %s]", tm->tm_mday,
             gcn_clock_month(tm->tm_mon), tm->tm_year + 1900, tm->tm_hour, tm->tm_min, tm->tm_sec,
             local.zone);
}

static void put_clf_time(struct gcn_text *text, struct gcn_log_time *texts)
{
    update_time(texts, time(NULL));
    gcn_text_put_slice(text, gcn_slice_of(texts->clf));
}

static void put_iso_time(struct gcn_text *text, struct gcn_log_time *texts, enum gcn_frame frame)
{
    int64_t real_us = gcn_clock_real_us();

    update_time(texts, (time_t)(real_us / 1000000));
    put_quote(text, frame);
    gcn_text_put_slice(text, gcn_slice_of(texts->iso));
    gcn_text_put_byte(text, '.');
    gcn_text_put_number(text, (uint64_t)(real_us % 1000000 / 1000), 3);
    gcn_text_put_slice(text, gcn_slice_of(texts->zone));
    put_quote(text, frame);
}

static void put_protocol(struct gcn_text *text, const struct gcn_access_record *record)
{
    gcn_text_put(text, "HTTP/", 5);
    gcn_text_put_number(text, record->version_major, 1);
    gcn_text_put_byte(text, '.');
    gcn_text_put_number(text, record->version_minor, 1);
}

static void put_framed_protocol(struct gcn_text *text, const struct gcn_access_record *record,
                                enum gcn_frame frame)
{
    if (record->version_major == 0) {
        put_unknown(text, frame);
        return;
    }
    put_quote(text, frame);
    put_protocol(text, record);
    put_quote(text, frame);
}

static void put_pid(struct gcn_text *text, int pid)
{
    gcn_text_put_byte(text, '<');
    gcn_text_put_number(text, (uint64_t)pid, 1);
    gcn_text_put_byte(text, '>');
}

static void put_queue_time(struct gcn_text *text, int64_t us, enum gcn_frame frame)
{
    if (us < 0) {
        put_unknown(text, frame);
    } else {
        gcn_text_put_seconds(text, us);
    }
}

/* True if logfmt can have `value` without quotes. A lone dash would mean that it is unknown. */
static bool is_logfmt_word(struct gcn_slice value)
{
    return gcn_text_is_word(value) && gcn_slice_index(value, '=') == value.len &&
           !gcn_slice_equal(value, GCN_SLICE("-"));
}

/* A value that somebody else chose. */
static void put_value(struct gcn_text *text, struct gcn_slice value, enum gcn_frame frame)
{
    if (value.ptr == NULL) {
        put_unknown(text, frame);
        return;
    }
    bool quotes = frame == GCN_FRAME_JSON || (frame == GCN_FRAME_LOGFMT && !is_logfmt_word(value));
    if (quotes) {
        gcn_text_put_byte(text, '"');
    }
    gcn_text_escape(text, value, escape_of(frame));
    if (quotes) {
        gcn_text_put_byte(text, '"');
    }
}

/* GCN_ATOM_LINE: only a format of the user has it, so there are no quotes to add. */
static void put_line(struct gcn_text *text, const struct gcn_access_record *record,
                     enum gcn_frame frame)
{
    if (record->method.ptr == NULL) {
        put_value(text, record->line, frame);
        return;
    }
    gcn_text_escape(text, record->method, escape_of(frame));
    gcn_text_put_byte(text, ' ');
    gcn_text_escape(text, record->target, escape_of(frame));
    gcn_text_put_byte(text, ' ');
    put_protocol(text, record);
}

static struct gcn_slice find(const struct gcn_access_record *record, enum gcn_access_table table,
                             struct gcn_slice name)
{
    return record->find == NULL ? unknown : record->find(record->context, table, name);
}

/* The value of an atom that somebody else chose. `scratch` (GCN_DECODE_BYTES) is for decoding. */
static struct gcn_slice value_of(const struct gcn_step *step,
                                 const struct gcn_access_record *record, char *scratch)
{
    switch (step->atom) {
    case GCN_ATOM_PEER:
        return record->peer;
    case GCN_ATOM_CLIENT:
        return record->peer.len == 0 ? unknown : record->peer;
    case GCN_ATOM_USER:
        return gcn_decode_user(find(record, GCN_ACCESS_REQUEST, GCN_SLICE("authorization")),
                               scratch);
    case GCN_ATOM_METHOD:
        return record->method;
    case GCN_ATOM_PATH:
        return gcn_decode_path(record->path, scratch);
    case GCN_ATOM_RAW_PATH:
        return record->path;
    case GCN_ATOM_QUERY:
        return record->query;
    case GCN_ATOM_REQUEST_FIELD:
        return find(record, GCN_ACCESS_REQUEST, step->text);
    case GCN_ATOM_RESPONSE_FIELD:
        return find(record, GCN_ACCESS_RESPONSE, step->text);
    case GCN_ATOM_ENVIRON:
        return find(record, GCN_ACCESS_ENVIRON, step->text);
    case GCN_ATOM_REQUEST_ID:
        return record->request_id;
    case GCN_ATOM_REFUSAL:
        return record->refusal;
    default:
        return unknown;
    }
}

static uint64_t number_of(const struct gcn_format *format, enum gcn_atom atom,
                          const struct gcn_access_record *record)
{
    uint64_t us = record->duration_us < 0 ? 0 : (uint64_t)record->duration_us;

    switch (atom) {
    case GCN_ATOM_STATUS:
        return (uint64_t)record->status;
    case GCN_ATOM_BYTES:
        return (uint64_t)record->body_bytes;
    case GCN_ATOM_SECONDS:
        return us / 1000000;
    case GCN_ATOM_MILLIS:
        return us / 1000;
    case GCN_ATOM_MICROS:
        return us;
    default:
        return (uint64_t)format->pid;
    }
}

static void put_number(struct gcn_text *text, const struct gcn_step *step, uint64_t value)
{
    if (step->conversion == 's') {
        gcn_text_put_number(text, value, 1);
    } else {
        gcn_shape_number(text, value, step);
    }
}

static void put_step(struct gcn_format *format, const struct gcn_step *step,
                     const struct gcn_access_record *record, struct gcn_text *text)
{
    switch (step->atom) {
    case GCN_ATOM_LITERAL:
        gcn_text_put_slice(text, step->text);
        break;
    case GCN_ATOM_LINE:
        put_line(text, record, step->frame);
        break;
    case GCN_ATOM_TIME:
        put_clf_time(text, &format->time);
        break;
    case GCN_ATOM_ISO_TIME:
        put_iso_time(text, &format->time, step->frame);
        break;
    case GCN_ATOM_PROTOCOL:
        put_framed_protocol(text, record, step->frame);
        break;
    case GCN_ATOM_PID:
        put_pid(text, format->pid);
        break;
    case GCN_ATOM_DECIMAL:
        gcn_text_put_seconds(text, record->duration_us);
        break;
    case GCN_ATOM_QUEUE:
        put_queue_time(text, record->queue_us, step->frame);
        break;
    case GCN_ATOM_COMPLETE:
        gcn_text_put_slice(text, record->complete ? GCN_SLICE("true") : GCN_SLICE("false"));
        break;
    case GCN_ATOM_STATUS:
    case GCN_ATOM_BYTES:
    case GCN_ATOM_SECONDS:
    case GCN_ATOM_MILLIS:
    case GCN_ATOM_MICROS:
    case GCN_ATOM_WORKER:
        put_number(text, step, number_of(format, step->atom, record));
        break;
    default:
        put_value(text, value_of(step, record, format->scratch), step->frame);
        break;
    }
}

void gcn_format_print(struct gcn_format *format, const struct gcn_access_record *record,
                      struct gcn_text *text)
{
    for (size_t i = 0; i < format->n_steps && !text->full; i++) {
        const struct gcn_step *step = &format->steps[i];
        char *start = text->at;
        put_step(format, step, record, text);
        if (GCN_UNLIKELY(step->is_shaped)) {
            gcn_shape_text(text, start, step);
        }
    }
}
