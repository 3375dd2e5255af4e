/* SPDX-License-Identifier: MIT */
/*
 * gcorn: a pre-fork WSGI server.
 */
#include <unistd.h>

#include <gcorn/base/error.h>
#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/proc/stdio.h>
#include <gcorn/proc/title.h>

#include "cli.h"

/* Process lifetime: what the rest borrows. */
static struct {
    char **argv;
    const char *const *env;
} process;

/*
 * The environment as it is now. raw_env and Python change the process's own later; a reload must
 * not see that.
 */
static const char *const *copy_environment(void)
{
    size_t n = 0;

    while (environ[n] != NULL) {
        n++;
    }
    const char **copy = gcn_alloc_zero(n + 1, sizeof(*copy));
    for (size_t i = 0; i < n; i++) {
        copy[i] = gcn_strdup(environ[i]);
    }
    return copy;
}

int main(int argc, char **argv)
{
    struct gcn_error err = {{0}};

    if (!gcn_stdio_fill(&err)) {
        gcn_error("%s", err.text);
        return GCN_EXIT_ERROR;
    }
    process.argv = gcn_title_init(argc, argv);
    process.env = copy_environment();
    return gcn_cli_run((const char *const *)process.argv, process.env);
}
