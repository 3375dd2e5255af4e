/* SPDX-License-Identifier: MIT */
/*
 * Server, Date and Connection are the same for nearly all responses of a second. They are kept as
 * one text, so that a response fetches one piece of memory and not one for each name and value.
 */
#include "server_lines.h"

#include <string.h>
#include <time.h>

#include "date.h"

enum { SERVER_NAME_MAX = 100, TEXT_BYTES = 320 };

/* Thread: the text for connections that are kept, in the second `at`, with these words. */
static _Thread_local struct {
    time_t at;
    const char *server_name, *keepalive;
    size_t len;
    char text[TEXT_BYTES];
} kept;

static char *put(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    return at + len;
}

#define PUT(at, literal) put((at), (literal), sizeof(literal) - 1)

/* From the end of the status line on. Returns the length. */
static size_t write_common(const struct gcn_response *res, char *text)
{
    char *at = PUT(text, "\r\nServer: ");

    at = put(at, res->server_name, strnlen(res->server_name, SERVER_NAME_MAX));
    at = PUT(at, "\r\nDate: ");
    at = put(at, gcn_date_now(), GCN_DATE_BYTES);
    if (res->upgrade) {
        at = PUT(at, "\r\nConnection: upgrade\r\n");
    } else if (!gcn_response_keeps(res)) {
        at = PUT(at, "\r\nConnection: close\r\n");
    } else {
        at = PUT(at, "\r\nConnection: keep-alive\r\n");
        if (res->keepalive.len > 0) {
            at = put(at, res->keepalive.ptr, res->keepalive.len);
        }
    }
    return (size_t)(at - text);
}

static void prepend_kept(struct gcn_response *res)
{
    time_t now = time(NULL);

    if (GCN_UNLIKELY(kept.at != now || kept.server_name != res->server_name ||
                     kept.keepalive != res->keepalive.ptr)) {
        kept.len = write_common(res, kept.text);
        kept.at = now;
        kept.server_name = res->server_name;
        kept.keepalive = res->keepalive.ptr;
    }
    gcn_out_prepend(&res->out, kept.text, kept.len);
}

void gcn_server_lines_prepend(struct gcn_response *res)
{
    char text[TEXT_BYTES];

    if (res->chunked) {
        static const char line[] = "Transfer-Encoding: chunked\r\n";
        gcn_out_prepend(&res->out, line, sizeof(line) - 1);
    }
    if (GCN_LIKELY(gcn_response_keeps(res))) {
        prepend_kept(res);
    } else {
        gcn_out_prepend(&res->out, text, write_common(res, text));
    }
    char *at = PUT(text, "HTTP/1.");
    *at++ = (char)('0' + res->version_minor);
    *at++ = ' ';
    at = put(at, res->status_line, res->status_len);
    gcn_out_prepend(&res->out, text, (size_t)(at - text));
}
