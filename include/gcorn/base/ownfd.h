/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that a process forked by the app (os.fork, multiprocessing) must not keep: listening
 * sockets, connections, epoll descriptors and the like. A copy of one would hold an address that a
 * restarted server wants, or keep a connection open that we have closed. What O_CLOFORK would do,
 * if there were one.
 */
#ifndef GCORN_BASE_OWNFD_H
#define GCORN_BASE_OWNFD_H

/* Remember `fd`, which was just opened; negative: nothing happens. Any thread. */
void gcn_ownfd_add(int fd);

/* Close `fd` and forget it, whether it was remembered or not. errno may change. Any thread. */
void gcn_ownfd_close(int fd);

/* Close all that are remembered. Thread: the only one, of a child that was just forked. */
void gcn_ownfd_close_all(void);

#endif
