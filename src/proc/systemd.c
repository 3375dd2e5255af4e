/* SPDX-License-Identifier: MIT */
/*
 * The protocols are a few variables and a datagram; libsystemd would be a large guest for that.
 */
#include <gcorn/proc/systemd.h>

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gcorn/base/log.h>
#include <gcorn/base/parse.h>

enum { MESSAGE_BYTES = 1024, MAX_FDS = 1024 };

/* The number in the variable `name`. False if it is not set or no number. */
static bool read_number(const char *name, int64_t *out)
{
    const char *text = getenv(name);
    return text != NULL && gcn_parse_digits(gcn_slice_of(text), out);
}

bool gcn_systemd_take_fds(int *n_fds, struct gcn_error *err)
{
    int64_t pid = 0, n = 0;
    bool given = getenv("LISTEN_PID") != NULL;

    *n_fds = 0;
    if (given && !read_number("LISTEN_PID", &pid)) {
        return gcn_error_set(err, "LISTEN_PID should be a number, as systemd sets it");
    }
    if (!given || pid != getpid()) {
        return true; /* whatever else is set is another process's */
    }
    if (!read_number("LISTEN_FDS", &n) || n > MAX_FDS) {
        return gcn_error_set(err, "LISTEN_FDS should be a number up to %d, as systemd sets it",
                             MAX_FDS);
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    *n_fds = (int)n;
    return true;
}

/*
 * The address that NOTIFY_SOCKET names; its length, or 0. A leading '@' is the abstract namespace.
 */
static socklen_t notify_address(struct sockaddr_un *out)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path == NULL ? 0 : strlen(path);

    if (len < 2 || len >= sizeof(out->sun_path) || (path[0] != '/' && path[0] != '@')) {
        return 0;
    }
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(out->sun_path, path, len);
    if (path[0] == '@') {
        out->sun_path[0] = '\0';
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    }
    return (socklen_t)sizeof(*out);
}

void gcn_systemd_notify(const char *fmt, ...)
{
    struct sockaddr_un address;
    char message[MESSAGE_BYTES];
    va_list args;

    socklen_t address_len = notify_address(&address);
    if (address_len == 0) {
        return;
    }
    va_start(args, fmt);
    int n = vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof(message) ? (size_t)n : sizeof(message) - 1;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || sendto(fd, message, len, MSG_NOSIGNAL | MSG_DONTWAIT, (void *)&address,
                         address_len) < 0) {
        gcn_debug("systemd could not be told \"%.*s\"", (int)strcspn(message, "\n"), message);
    }
    if (fd >= 0) {
        close(fd);
    }
}

int64_t gcn_systemd_watchdog_ms(void)
{
    int64_t usec, pid;

    if (!read_number("WATCHDOG_USEC", &usec) || usec == 0) {
        return 0;
    }
    if (getenv("WATCHDOG_PID") != NULL && (!read_number("WATCHDOG_PID", &pid) || pid != getpid())) {
        return 0;
    }
    return usec < 2000 ? 1 : usec / 1000;
}
