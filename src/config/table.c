/* SPDX-License-Identifier: MIT */
/*
 * The settings table in memory.
 */
#include <gcorn/config/table.h>

#include <gcorn/base/die.h>

static const struct gcn_setting rows[GCN_N_SETTINGS] = {
#define SETTING(n, k, ...)                                           \
    [GCN_SETTING_##n] = {.name = #n,                                 \
                         .id = GCN_SETTING_##n,                      \
                         .kind = GCN_KIND_##k,                       \
                         .offset = offsetof(struct gcn_settings, n), \
                         __VA_ARGS__},
#include <gcorn/config/settings.def>
#undef SETTING
};

const struct gcn_setting *gcn_setting_get(enum gcn_setting_id id)
{
    GCN_ASSERT((unsigned)id < GCN_N_SETTINGS);
    return &rows[id];
}

const struct gcn_setting *gcn_setting_find(struct gcn_slice name)
{
    for (size_t i = 0; i < GCN_N_SETTINGS; i++) {
        if (gcn_slice_equal(name, gcn_slice_of(rows[i].name))) {
            return &rows[i];
        }
    }
    return NULL;
}
