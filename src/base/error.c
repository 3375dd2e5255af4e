/* SPDX-License-Identifier: MIT */
/*
 * Error texts for people. The first one recorded stays: it is nearest to the cause.
 */
#include <gcorn/base/error.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool gcn_error_set(struct gcn_error *err, const char *fmt, ...)
{
    va_list args;

    if (err->text[0] == '\0') {
        va_start(args, fmt);
        vsnprintf(err->text, sizeof(err->text), fmt, args);
        va_end(args);
    }
    return false;
}

bool gcn_error_set_errno(struct gcn_error *err, const char *fmt, ...)
{
    int saved = errno;
    va_list args;

    if (err->text[0] == '\0') {
        va_start(args, fmt);
        vsnprintf(err->text, sizeof(err->text), fmt, args);
        va_end(args);
        size_t len = strlen(err->text);
        snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(saved));
    }
    errno = saved;
    return false;
}

bool gcn_error_prefix(struct gcn_error *err, const char *fmt, ...)
{
    struct gcn_error whole = {{0}};
    va_list args;

    va_start(args, fmt);
    int len = vsnprintf(whole.text, sizeof(whole.text), fmt, args);
    va_end(args);
    if (len >= 0 && (size_t)len < sizeof(whole.text)) {
        snprintf(whole.text + len, sizeof(whole.text) - (size_t)len, ": %s", err->text);
        *err = whole;
    }
    return false;
}
