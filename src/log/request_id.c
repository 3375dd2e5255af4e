/* SPDX-License-Identifier: MIT */
/*
 * A process draws two random numbers once; its ids are a counter scattered by each. So an id costs
 * no system call, and those of one process cannot meet, because scattering is a bijection.
 */
#include <gcorn/log/request_id.h>

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include <gcorn/base/clock.h>

/* Process. */
static struct {
    bool prepared;
    bool seeded;
    uint64_t seeds[2];
    uint64_t count;
} ids;

static void forget_seeds(void)
{
    ids.seeded = false;
}

/* getrandom fails only where the kernel is older than we support; then the clock has to do. */
static void draw_seeds(void)
{
    if (!ids.prepared) {
        ids.prepared = true;
        pthread_atfork(NULL, NULL, forget_seeds);
    }
    if (getrandom(ids.seeds, sizeof(ids.seeds), 0) != (ssize_t)sizeof(ids.seeds)) {
        ids.seeds[0] = (uint64_t)gcn_clock_real_us();
        ids.seeds[1] = (uint64_t)gcn_clock_us();
    }
    ids.seeded = true;
}

/* Steele, Lea and Flood's finaliser ("Fast Splittable Pseudorandom Number Generators", 2014). */
static uint64_t scatter(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static void put_hex(char *out, uint64_t value)
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 15; i >= 0; i--) {
        out[i] = digits[value & 15];
        value >>= 4;
    }
}

void gcn_request_id_make(char out[GCN_REQUEST_ID_BYTES])
{
    if (!ids.seeded) {
        draw_seeds();
    }
    ids.count++;
    put_hex(out, scatter(ids.seeds[0] + ids.count));
    put_hex(out + 16, scatter(ids.seeds[1] ^ ids.count));
}

static bool is_id_byte(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("+-./:=@_~", byte) != NULL);
}

bool gcn_request_id_is_valid(struct gcn_slice id)
{
    for (size_t i = 0; i < id.len; i++) {
        if (!is_id_byte(id.ptr[i])) {
            return false;
        }
    }
    return id.len > 0 && id.len <= GCN_REQUEST_ID_MAX;
}
