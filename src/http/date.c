/* SPDX-License-Identifier: MIT */
/*
 * The Date field's value. Weekday and month names are English whatever the locale is.
 */
#include "date.h"

#include <stdio.h>
#include <time.h>

#include <gcorn/base/clock.h>

/* Thread: the text of the second `at`. */
static _Thread_local struct {
    time_t at;
    char text[64];
} cached;

static void format(time_t now)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    struct tm utc;

    gmtime_r(&now, &utc);
    snprintf(cached.text, sizeof(cached.text), "%s, %02d %s %04d %02d:%02d:%02d GMT",
             days[utc.tm_wday], utc.tm_mday, gcn_clock_month(utc.tm_mon), utc.tm_year + 1900,
             utc.tm_hour, utc.tm_min, utc.tm_sec);
    cached.at = now;
}

const char *gcn_date_now(void)
{
    time_t now = time(NULL);
    if (now != cached.at || cached.text[0] == '\0') {
        format(now);
    }
    return cached.text;
}
