/* SPDX-License-Identifier: MIT */
/*
 * The end of a daemon's start: the standard streams belong to others again.
 */
#include <gcorn/worker/worker.h>

#include <fcntl.h>
#include <unistd.h>

#include <gcorn/base/log.h>
#include <gcorn/config/settings.h>
#include <gcorn/log/access.h>
#include <gcorn/log/errorlog.h>
#include <gcorn/proc/daemonize.h>

void gcn_worker_detach(const struct gcn_settings *settings, struct gcn_access *access)
{
    bool inherit = settings->enable_stdio_inheritance;
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null_fd < 0) {
        gcn_warn_errno("cannot open /dev/null, so the daemon keeps the standard streams of whoever "
                       "started it");
        return;
    }
    gcn_log_detach(null_fd, inherit);
    if (!inherit) {
        gcn_access_detach(access, null_fd);
    }
    gcn_daemon_detach_stdio(null_fd, inherit || gcn_log_is_capturing());
    close(null_fd);
}
