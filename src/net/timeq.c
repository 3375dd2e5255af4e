/* SPDX-License-Identifier: MIT */
/*
 * The parts of the deadline queues that are not on every request's path.
 */
#include <gcorn/net/timeq.h>

void gcn_timeq_init(struct gcn_timeq *queue, int64_t span_us)
{
    gcn_list_init(&queue->list);
    queue->span_us = span_us;
}

static struct gcn_timeq_entry *first_entry(const struct gcn_timeq *queue)
{
    struct gcn_list *link = queue->span_us == 0 ? NULL : gcn_list_first(&queue->list);
    return link == NULL ? NULL : GCN_CONTAINER_OF(link, struct gcn_timeq_entry, link);
}

struct gcn_timeq_entry *gcn_timeq_expire(struct gcn_timeq *queue, int64_t now_us)
{
    struct gcn_timeq_entry *entry = first_entry(queue);
    if (entry == NULL || entry->deadline_us > now_us) {
        return NULL;
    }
    gcn_list_remove(&entry->link);
    return entry;
}

int64_t gcn_timeq_next_us(const struct gcn_timeq *queue)
{
    const struct gcn_timeq_entry *entry = first_entry(queue);
    return entry == NULL ? INT64_MAX : entry->deadline_us;
}
