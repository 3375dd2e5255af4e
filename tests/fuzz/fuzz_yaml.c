/* SPDX-License-Identifier: MIT */
/*
 * gcorn.yaml: any bytes give settings or messages, never both; loading them again gives the same.
 */
#include "fuzz.h"

#include <string.h>

#include <gcorn/base/die.h>
#include <gcorn/config/print.h>

#include "../../src/config/env.h"
#include "../../src/config/file.h"
#include "../../src/config/json.h"
#include "../../src/config/yaml_load.h"

static const struct gcn_load_request request = {.start_dir = "/"};

/* Every message is one line of text that a terminal can be given. */
static void check_messages(const struct gcn_draft *draft)
{
    GCN_ASSERT((draft->exit_code == 0) == (draft->errors.len == 0));
    for (size_t i = 0; i < draft->errors.len; i++) {
        unsigned char byte = (unsigned char)draft->errors.ptr[i];
        GCN_ASSERT(byte == '\n' || (byte >= 0x20 && byte != 0x7f));
    }
}

/* The settings as text, or the messages. */
static void load(struct gcn_slice text, struct gcn_buf *out)
{
    struct gcn_draft draft;

    gcn_draft_init(&draft, &request);
    gcn_defaults_apply(&draft);
    gcn_file_apply_yaml(&draft, "gcorn.yaml", text);
    check_messages(&draft);
    gcn_print_config(draft.settings, out);
    gcn_buf_append(out, draft.errors.ptr, draft.errors.len);
    gcn_draft_finish(&draft);
}

static void ignore_error(void *context, int line, int column, const char *text)
{
    (void)context;
    GCN_ASSERT(line >= 0 && column >= 0 && text[0] != '\0');
}

/* The whole tree, as logconfig_dict would take it. */
static void write_json(struct gcn_slice text)
{
    struct gcn_arena arena = {0};
    struct gcn_error err = {{0}};
    struct gcn_buf json = {0};
    const struct gcn_value *root;

    if (gcn_yaml_parse(text, &arena, &root, ignore_error, NULL) && root != NULL) {
        bool ok = gcn_json_append(root, &json, &err);
        GCN_ASSERT(ok == (err.text[0] == '\0'));
    }
    gcn_buf_finish(&json);
    gcn_arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gcn_slice text = {(const char *)data, size};
    struct gcn_buf first = {0}, second = {0};

    load(text, &first);
    load(text, &second);
    GCN_ASSERT(gcn_slice_equal(gcn_buf_slice(&first), gcn_buf_slice(&second)));
    gcn_buf_finish(&first);
    gcn_buf_finish(&second);
    write_json(text);
    return 0;
}
