/* The worker's innermost loop: one packet to many lines, and what leaves in one wake to the kernel. The same as Batch in ../batch.py, which is
   the reference; tests/unit/media/test_batch.py compares them byte for byte. No allocation after mt_open, no threads, no global state. */

#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include "forward.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define SOL_UDP_ 17

enum { SLOT_BYTES = 2240, SLOTS = 1024, MESSAGES = 64, MAX_SEGMENTS = 64, MAX_SEGMENTED_BYTES = 65000, MAX_PAYLOAD_BYTES = 2048 };
enum { HEADER_BYTES = 12, CC_BYTES = 8, SEGMENT_CONTROL_BYTES = CMSG_SPACE(sizeof(uint16_t)) };

typedef int (*protect_fn)(void *srtp, void *packet, int *length);

typedef struct { mt_link *link; int32_t next; int length; } entry;

struct mt_batch {
    protect_fn protect;
    int segments, used;
    uint64_t sent, unsent;
    mt_link *first, *last;                 /* links with something queued, in the order of their first packet */
    entry entries[SLOTS];
    struct mmsghdr messages[MESSAGES];
    struct iovec pieces[SLOTS];
    uint8_t controls[MESSAGES][64];
    uint8_t arena[SLOTS * SLOT_BYTES];
};

int mt_version(void) { return 2; }

mt_batch *mt_open(void *protect, int segments)
{
    mt_batch *batch = calloc(1, sizeof *batch);
    if (batch) { batch->protect = (protect_fn)protect; batch->segments = segments; }
    return batch;
}

void mt_close(mt_batch *batch) { free(batch); }
int mt_waits(const mt_batch *batch) { return batch->used > 0; }
uint64_t mt_sent(const mt_batch *batch) { return batch->sent; }
uint64_t mt_unsent(const mt_batch *batch) { return batch->unsent; }

static void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8); at[1] = (uint8_t)value; }
static void put32(uint8_t *at, uint32_t value) { put16(at, value >> 16); put16(at + 2, value); }

static uint8_t *slot(mt_batch *batch)
{
    if (batch->used == SLOTS) mt_flush(batch);
    return batch->arena + (size_t)batch->used * SLOT_BYTES;
}

static int seal(mt_batch *batch, mt_link *link, uint8_t *packet, int length)
{
    if (!link->srtp || batch->protect(link->srtp, packet, &length)) return 0;
    int index = batch->used++;
    batch->entries[index] = (entry){ link, -1, length };
    if (link->first < 0) {
        link->first = index;
        link->next = NULL;
        if (batch->last) batch->last->next = link; else batch->first = link;
        batch->last = link;
    } else {
        batch->entries[link->last].next = index;
    }
    link->last = index;
    link->sent_bytes += (uint64_t)length;
    return length;
}

void mt_forward(mt_batch *batch, mt_line **lines, int count, const uint8_t *payload, int size, int64_t sequence, uint32_t timestamp, int marker,
                int picture_at, int picture_bits, int tl0_at, int64_t now_ns)
{
    if (size > MAX_PAYLOAD_BYTES) return;
    for (int index = 0; index < count; index++) {
        mt_line *line = lines[index];
        mt_link *link = line->link;
        if (link->socket < 0 || sequence < line->first) continue;
        uint8_t *packet = slot(batch), *at = packet + HEADER_BYTES;
        packet[0] = line->cc_id ? 0x90 : 0x80;
        packet[1] = (uint8_t)(marker << 7 | line->payload_type);
        put16(packet + 2, (uint32_t)(sequence + line->shift));
        put32(packet + 4, timestamp + line->timestamp_shift);
        put32(packet + 8, line->ssrc);
        if (line->cc_id) {
            put32(at, 0xBEDE0001);
            at[4] = (uint8_t)(line->cc_id << 4 | 1);
            put16(at + 5, link->next_cc);
            at[7] = 0;
            at += CC_BYTES;
        }
        memcpy(at, payload, (size_t)size);
        if (picture_at >= 0) {
            uint8_t *place = at + picture_at;
            if (picture_bits == 15)
                put16(place, 0x8000 | (((uint32_t)(place[0] << 8 | place[1]) + line->picture_shift) & 0x7FFF));
            else
                *place = (uint8_t)((*place + line->picture_shift) & 0x7F);
            if (tl0_at >= 0) at[tl0_at] = (uint8_t)(at[tl0_at] + line->tl0_shift);
        }
        int sealed = seal(batch, link, packet, (int)(at - packet) + size);
        if (!sealed) continue;
        if (line->cc_id) {
            uint32_t noted = link->next_cc++ & link->cc_mask;
            link->cc_sent_ns[noted] = now_ns;
            link->cc_bytes[noted] = (uint16_t)sealed;
            link->cc_probe[noted] = link->probe;
        }
        line->packets++;
        line->octets += (uint64_t)size;
    }
}

int mt_send(mt_batch *batch, mt_link *link, const uint8_t *plain, int size)
{
    if (link->socket < 0 || size > MAX_PAYLOAD_BYTES + 64) return 0;
    uint8_t *packet = slot(batch);
    memcpy(packet, plain, (size_t)size);
    return seal(batch, link, packet, size);
}

/* How many entries from `first` on go as one message: equal lengths, the last may be shorter. Returns the entry after them. */
static int32_t group(const mt_batch *batch, int32_t first, int *count)
{
    int longest = batch->entries[first].length, total = longest, before = longest;
    int32_t next = batch->entries[first].next;
    *count = 1;
    while (batch->segments && next >= 0 && *count < MAX_SEGMENTS) {
        int length = batch->entries[next].length;
        if (before != longest || length > longest || total + length > MAX_SEGMENTED_BYTES) break;
        before = length;
        total += length;
        ++*count;
        next = batch->entries[next].next;
    }
    return next;
}

static void write_message(mt_batch *batch, int index, mt_link *link, int32_t first, int count, struct iovec *pieces)
{
    struct msghdr *header = &batch->messages[index].msg_hdr;
    uint8_t *control = batch->controls[index];
    size_t size = link->control_bytes;
    *header = (struct msghdr){ .msg_name = link->name, .msg_namelen = link->name_bytes, .msg_iov = pieces, .msg_iovlen = (size_t)count };
    for (int piece = 0; piece < count; piece++, first = batch->entries[first].next)
        pieces[piece] = (struct iovec){ batch->arena + (size_t)first * SLOT_BYTES, (size_t)batch->entries[first].length };
    memcpy(control, link->control, size);
    if (count > 1) {
        struct cmsghdr *segment = (struct cmsghdr *)(control + size);
        uint16_t length = (uint16_t)pieces[0].iov_len;
        memset(segment, 0, SEGMENT_CONTROL_BYTES);
        segment->cmsg_len = CMSG_LEN(sizeof length);
        segment->cmsg_level = SOL_UDP_;
        segment->cmsg_type = UDP_SEGMENT;
        memcpy(CMSG_DATA(segment), &length, sizeof length);
        size += SEGMENT_CONTROL_BYTES;
    }
    header->msg_control = size ? control : NULL;
    header->msg_controllen = size;
}

/* What the kernel did not take: where it cannot segment, packet by packet from now on; else it is lost and counted. */
static void failed(mt_batch *batch, int descriptor, struct msghdr *header)
{
    int error = errno;
    if (header->msg_iovlen > 1 && (error == EINVAL || error == EIO || error == EMSGSIZE || error == EOPNOTSUPP)) {
        batch->segments = 0;
        struct msghdr one = *header;
        one.msg_iovlen = 1;
        one.msg_controllen -= SEGMENT_CONTROL_BYTES;
        if (!one.msg_controllen) one.msg_control = NULL;
        for (size_t piece = 0; piece < header->msg_iovlen; piece++) {
            one.msg_iov = header->msg_iov + piece;
            if (sendmsg(descriptor, &one, 0) < 0) batch->unsent++; else batch->sent++;
        }
    } else {
        batch->unsent += header->msg_iovlen;
    }
}

static void send_messages(mt_batch *batch, int descriptor, int count)
{
    for (int done = 0; done < count;) {
        int sent = sendmmsg(descriptor, batch->messages + done, (unsigned)(count - done), 0);
        for (int index = done; index < done + sent; index++) batch->sent += batch->messages[index].msg_hdr.msg_iovlen;
        if (sent > 0) done += sent;
        if (sent < 0) failed(batch, descriptor, &batch->messages[done++].msg_hdr);
    }
}

void mt_flush(mt_batch *batch)
{
    int messages = 0, pieces = 0, descriptor = -1;
    for (mt_link *link = batch->first; link; link = link->next) {
        int32_t entry = link->first;
        while (entry >= 0 && link->socket >= 0) {
            int count;
            int32_t next = group(batch, entry, &count);
            if (messages == MESSAGES || (messages && descriptor != link->socket)) {
                send_messages(batch, descriptor, messages);
                messages = pieces = 0;
            }
            descriptor = link->socket;
            write_message(batch, messages++, link, entry, count, batch->pieces + pieces);
            pieces += count;
            entry = next;
        }
        link->first = link->last = -1;
    }
    if (messages) send_messages(batch, descriptor, messages);
    batch->first = batch->last = NULL;
    batch->used = 0;
}
