/* SPDX-License-Identifier: MIT */
/*
 * Reason phrases.
 */
#include <gcorn/http/response.h>

const char *gcn_status_reason(int status)
{
    switch (status) {
#define STATUS(code, reason)                                                                       \
    case code:                                                                                     \
        return reason;
#include <gcorn/http/status.def>
#undef STATUS
    default:
        return "Unknown";
    }
}
