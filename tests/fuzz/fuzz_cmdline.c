/* SPDX-License-Identifier: MIT */
/*
 * A command line and GCORN_CMD_ARGS. The input's first line is the variable, each further line a
 * word of the command line. Any words give settings or messages with an exit code.
 */
#include "fuzz.h"

#include <string.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>
#include <gcorn/config/cmdline.h>
#include <gcorn/config/load.h>
#include <gcorn/config/print.h>

enum { MAX_WORDS = 32 };

static void check_failure(const struct gcn_load_failure *failure)
{
    GCN_ASSERT(failure->exit_code == 1 || failure->exit_code == 2);
    GCN_ASSERT(failure->text.len > 0);
    for (size_t i = 0; i < failure->text.len; i++) {
        unsigned char byte = (unsigned char)failure->text.ptr[i];
        GCN_ASSERT(byte == '\n' || (byte >= 0x20 && byte != 0x7f));
    }
}

static void check_settings(const struct gcn_settings *settings)
{
    struct gcn_buf shown = {0};

    GCN_ASSERT(settings->app != NULL);
    GCN_ASSERT(settings->chdir != NULL && settings->chdir[0] == '/');
    GCN_ASSERT(settings->workers >= 0 && settings->workers <= 4096);
    gcn_print_config(settings, &shown);
    gcn_buf_finish(&shown);
}

static void load(const struct gcn_load_request *request)
{
    struct gcn_load_failure failure = {0};
    struct gcn_settings *settings = NULL;
    struct gcn_action action;

    if (!gcn_cmdline_action(request, &action, &failure)) {
        check_failure(&failure);
        GCN_ASSERT(failure.exit_code == 2);
        gcn_load_failure_finish(&failure);
        return;
    }
    if (action.kind != GCN_ACTION_SERVE) {
        return;
    }
    if (gcn_settings_load(&settings, request, &failure)) {
        check_settings(settings);
    } else {
        check_failure(&failure);
    }
    gcn_load_failure_finish(&failure);
    gcn_settings_destroy(settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char name[] = "GCORN_CMD_ARGS=";
    const char *argv[MAX_WORDS + 2] = {"gcorn"};
    char *text = gcn_alloc(size + sizeof(name));
    const char *env[] = {text, NULL};
    size_t n = 1;

    memcpy(text, name, sizeof(name) - 1);
    memcpy(text + sizeof(name) - 1, data, size);
    text[sizeof(name) - 1 + size] = '\0';
    for (char *at = strchr(text, '\n'); at != NULL && n <= MAX_WORDS; at = strchr(at, '\n')) {
        *at++ = '\0';
        argv[n++] = at;
    }
    load(&(struct gcn_load_request){.argv = argv, .env = env, .start_dir = "/"});
    gcn_free(text);
    return 0;
}
