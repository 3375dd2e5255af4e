/* SPDX-License-Identifier: MIT */
/*
 * A stage with an interpreter.
 */
#include "harness/pystage.h"

#include <stdio.h>
#include <string.h>

#include <gcorn/base/log.h>
#include <gcorn/python/python.h>

struct gcn_pystage gcn_pystage;

static void keep_line(GCN_UNUSED void *context, GCN_UNUSED enum gcn_log_level level,
                      const char *line, size_t len, size_t offset)
{
    gcn_buf_append(&gcn_pystage.log, line + offset, len - offset);
}

int gcn_pystage_start(const char *dir)
{
    static const char *const argv[] = {"gcorn", "--flag", "spec", NULL};
    const struct gcn_py_options options = {
        .chdir = dir,
        .argv = argv,
        .sendfile = true,
        .server_software = "gcorn/test",
    };
    struct gcn_error err = {{0}};

    gcn_log_set_writer(keep_line, NULL);
    if (!gcn_py_start(&options, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    return 0;
}

int gcn_pystage_load(const char *spec)
{
    struct gcn_error err = {{0}};
    int code = 0;

    gcn_pystage.app = gcn_py_app_load(spec, &err, &code);
    if (gcn_pystage.app == NULL) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    gcn_stage_init(&gcn_pystage.stage, gcn_pystage.app);
    return 0;
}

int gcn_pystage_stop(void)
{
    gcn_stage_finish(&gcn_pystage.stage);
    gcn_py_app_destroy(gcn_pystage.app);
    gcn_py_stop();
    gcn_buf_finish(&gcn_pystage.log);
    gcn_head_pool_finish();
    gcn_out_pool_finish();
    return 0;
}

int gcn_pystage_reset(GCN_UNUSED void **state)
{
    gcn_stage_finish(&gcn_pystage.stage);
    gcn_stage_init(&gcn_pystage.stage, gcn_pystage.app);
    return 0;
}

const char *gcn_pystage_play_text(const char *request)
{
    gcn_pystage.log.len = 0;
    return gcn_stage_play(&gcn_pystage.stage, request, strlen(request));
}

const char *gcn_pystage_play(const char *method, const char *target, int minor)
{
    char request[2048];

    snprintf(request, sizeof(request), "%s %s HTTP/1.%d\r\nHost: h\r\n\r\n", method, target, minor);
    return gcn_pystage_play_text(request);
}

const char *gcn_pystage_log(void)
{
    gcn_buf_append(&gcn_pystage.log, "", 0);
    return gcn_pystage.log.len == 0 ? "" : gcn_pystage.log.ptr;
}

const char *gcn_pystage_body(const char *reply)
{
    const char *end = strstr(reply, "\r\n\r\n");
    return end == NULL ? "(no head)" : end + 4;
}
