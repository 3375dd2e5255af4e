/* SPDX-License-Identifier: MIT */
/*
 * systemd's variables, a line each: LISTEN_PID ("self": ours), LISTEN_FDS, WATCHDOG_USEC,
 * WATCHDOG_PID.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>
#include <gcorn/base/slice.h>
#include <gcorn/proc/systemd.h>

static void set(const char *name, const char *value)
{
    char own[16];

    snprintf(own, sizeof(own), "%d", (int)getpid());
    if (value[0] == '\0') {
        unsetenv(name);
    } else {
        setenv(name, strcmp(value, "self") == 0 ? own : value, 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"LISTEN_PID", "LISTEN_FDS", "WATCHDOG_USEC", "WATCHDOG_PID"};
    struct gcn_slice rest = {(const char *)data, size}, line;
    struct gcn_error err = {{0}};
    int n_fds = -1;

    for (size_t i = 0; i < GCN_COUNT(names); i++) {
        gcn_slice_cut(rest, '\n', &line, &rest);
        char *value = gcn_strndup(line.ptr, line.len);
        set(names[i], value);
        gcn_free(value);
    }
    bool good = gcn_systemd_take_fds(&n_fds, &err);
    GCN_ASSERT(n_fds >= 0 && n_fds <= 1024 && good == (err.text[0] == '\0'));
    GCN_ASSERT(n_fds == 0 || (good && getenv("LISTEN_FDS") == NULL));
    GCN_ASSERT(gcn_systemd_watchdog_ms() >= 0);
    return 0;
}
