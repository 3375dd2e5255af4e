/* SPDX-License-Identifier: MIT */
/*
 * Clients on kept connections: each sends a request when it has the answer to its last one. Prints
 * the number of answers, and the median and p99 of how long one took, in microseconds. wrk corrects
 * its percentiles for requests that it would have sent while it waited: there a few pauses of the
 * machine, a hundredth of the time in all, decide about the p99. These are the times that the
 * clients saw.
 *
 *   clients PORT CONNECTIONS SECONDS
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 1024, MAX_US = 1000000 };

static const char request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
static uint64_t sent_at[MAX_CONNECTIONS];
static uint32_t counts[MAX_US + 1]; /* [latency in microseconds] */

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
        die("connect");
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static void ask(int fd, uint32_t number)
{
    sent_at[number] = now_us();
    if (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) != sizeof(request) - 1) {
        die("send");
    }
}

/* What `hundredths` of the answers took at most. */
static uint32_t percentile(uint64_t answers, uint64_t hundredths)
{
    uint64_t seen = 0;

    for (uint32_t us = 0; us < MAX_US; us++) {
        seen += counts[us];
        if (seen * 100 >= answers * hundredths) {
            return us;
        }
    }
    return MAX_US;
}

int main(int argc, char **argv)
{
    static int fds[MAX_CONNECTIONS];
    struct epoll_event events[64];
    char answer[65536];
    uint64_t answers = 0;

    if (argc != 4) {
        fprintf(stderr, "usage: clients PORT CONNECTIONS SECONDS\n");
        return 2;
    }
    uint32_t n = (uint32_t)atoi(argv[2]);
    int epoll = epoll_create1(0);
    if (n > MAX_CONNECTIONS || epoll < 0) {
        die("connections");
    }
    for (uint32_t i = 0; i < n; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = i}};
        fds[i] = connect_to((uint16_t)atoi(argv[1]));
        epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event);
        ask(fds[i], i);
    }
    uint64_t end = now_us() + (uint64_t)(atof(argv[3]) * 1e6);
    while (now_us() < end) {
        int ready = epoll_wait(epoll, events, 64, 1000);
        for (int i = 0; i < ready; i++) {
            uint32_t number = events[i].data.u32;
            if (recv(fds[number], answer, sizeof(answer), 0) <= 0) {
                die("recv");
            }
            uint64_t us = now_us() - sent_at[number];
            counts[us < MAX_US ? us : MAX_US]++;
            answers++;
            ask(fds[number], number);
        }
    }
    printf("%llu %u %u\n", (unsigned long long)answers, percentile(answers, 50), percentile(answers, 99));
    return 0;
}
