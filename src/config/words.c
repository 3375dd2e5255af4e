/* SPDX-License-Identifier: MIT */
/*
 * Shell words.
 */
#include "words.h"

#include <string.h>

/* Where the reader stands. Lifetime: the call. */
struct reader {
    const char *at;
    char *out; /* next byte of the word being copied */
    struct gcn_error *err;
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool read_single_quoted(struct reader *reader)
{
    const char *end = strchr(reader->at, '\'');
    if (end == NULL) {
        return gcn_error_set(reader->err, "a ' is not closed");
    }
    size_t len = (size_t)(end - reader->at);
    memcpy(reader->out, reader->at, len);
    reader->out += len;
    reader->at = end + 1;
    return true;
}

static bool read_double_quoted(struct reader *reader)
{
    while (*reader->at != '"') {
        if (reader->at[0] == '\\' && (reader->at[1] == '"' || reader->at[1] == '\\')) {
            reader->at++;
        }
        if (*reader->at == '\0') {
            return gcn_error_set(reader->err, "a \" is not closed");
        }
        *reader->out++ = *reader->at++;
    }
    reader->at++;
    return true;
}

/* One word, which begins at reader->at, behind reader->out. */
static bool read_word(struct reader *reader)
{
    while (*reader->at != '\0' && !is_blank(*reader->at)) {
        char byte = *reader->at++;
        if (byte == '\'' || byte == '"') {
            if (byte == '"' ? !read_double_quoted(reader) : !read_single_quoted(reader)) {
                return false;
            }
            continue;
        }
        if (byte == '\\') {
            byte = *reader->at;
            if (byte == '\0') {
                return gcn_error_set(reader->err, "nothing follows the last backslash");
            }
            reader->at++;
        }
        *reader->out++ = byte;
    }
    return true;
}

bool gcn_words_split(struct gcn_arena *arena, const char *text, const char *const **words,
                     size_t *n, struct gcn_error *err)
{
    size_t len = strlen(text);
    const char **list = gcn_arena_alloc(arena, (len / 2 + 2) * sizeof(char *));
    struct reader reader = {text, gcn_arena_alloc(arena, 2 * len + 1), err};

    *n = 0;
    for (;;) {
        while (is_blank(*reader.at)) {
            reader.at++;
        }
        if (*reader.at == '\0') {
            break;
        }
        list[(*n)++] = reader.out;
        if (!read_word(&reader)) {
            return false;
        }
        *reader.out++ = '\0';
    }
    list[*n] = NULL;
    *words = list;
    return true;
}
