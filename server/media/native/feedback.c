/* What feedback says of many packets, counted. The same as Told, Results and TrendLine in told.py, results.py and trend_line.py, which are
   the reference; tests/unit/media/test_native_feedback.py compares them. Reads no packet: what comes in was read in Python. */

#include <stdint.h>
#include "forward.h"
#include "feedback.h"

enum { KEPT = 4096, RESULTS = 1024, MOST_UNTOLD = 512, POINTS = 20 };
enum { OPEN, LOST, CAME };
static const int64_t GROUP_NS = 5000000;
static const double SMOOTHING = 0.9;

/* Where in the log what left under this 16-bit number stands, -1 when it is not there any more. */
static int64_t sent_at(const mt_link *link, uint32_t number)
{
    uint32_t count = link->next_cc, behind = (count - 1 - number) & 0xFFFF;
    if (behind > link->cc_mask || behind >= count) return -1;
    return (count - 1 - behind) & link->cc_mask;
}

static void begin(mt_told *told, int base)
{
    if (told->next < 0) told->next = (int64_t)base + 0x10000;
    int64_t number = told->next + (int64_t)(((uint64_t)base - (uint64_t)told->next + 0x8000) & 0xFFFF) - 0x8000;
    int64_t first = number - MOST_UNTOLD > told->next ? number - MOST_UNTOLD : told->next;
    told->untold_bytes = 0;
    for (int64_t at = first; at < number; at++) {
        int64_t place = sent_at(told->link, (uint32_t)at & 0xFFFF);
        if (place >= 0) told->untold_bytes += told->link->cc_bytes[place];
        told->fates[at & (KEPT - 1)] = OPEN;
    }
    if (number > told->next) told->next = number;
    told->number = number;
}

/* Takes in a message from its arrival `from` on. Returns how many arrivals were read: fewer than `count` when the results must be judged first. */
int mt_take(mt_told *told, int base, const int64_t *arrivals_us, int count, int from)
{
    if (!from) begin(told, base);
    for (int index = from; index < count; index++) {
        if (told->count == RESULTS) return index;
        int64_t number = told->number + index;
        uint8_t *fate = &told->fates[number & (KEPT - 1)], found = arrivals_us[index] < 0 ? LOST : CAME;
        if (number <= told->next - KEPT) continue;
        if (number >= told->next) {
            told->next = number + 1;
            *fate = OPEN;
        }
        int64_t place = *fate < found ? sent_at(told->link, (uint32_t)number & 0xFFFF) : -1;
        if (place < 0) continue;
        *fate = found;
        told->sent_ns[told->count] = told->link->cc_sent_ns[place];
        told->arrived_us[told->count] = arrivals_us[index];
        told->bytes[told->count] = told->link->cc_bytes[place];
        told->probe[told->count++] = told->link->cc_probe[place];
    }
    return count;
}

void mt_judge(const mt_told *told, int64_t newest_before_ns, mt_digest *digest)
{
    mt_digest found = { .told = told->count, .all_probes = 1 };
    int overlaps = 0;
    for (int index = 0; index < told->count; index++) {
        int64_t sent_ns = told->sent_ns[index], arrived_us = told->arrived_us[index];
        if (!told->probe[index]) found.all_probes = 0;
        if (arrived_us < 0) {
            found.lost_bytes += told->bytes[index];
            continue;
        }
        if (!found.came++) {
            found.first_us = found.latest_us = arrived_us;
            overlaps = sent_ns <= newest_before_ns;
        }
        if (arrived_us > found.latest_us) found.latest_us = arrived_us;
        if (overlaps && sent_ns <= newest_before_ns) found.late++;
        found.came_bytes += told->bytes[index];
    }
    if (told->count) found.last_sent_ns = told->sent_ns[told->count - 1];
    *digest = found;
}

static void close_group(mt_trend *trend)
{
    if (trend->has_before) {
        int64_t longer_ns = trend->arrived_ns - trend->before_arrived_ns - trend->sent_ns + trend->before_sent_ns;
        trend->deltas++;
        trend->delay_ms += (double)longer_ns / 1e6;
        trend->smooth_ms = SMOOTHING * trend->smooth_ms + (1 - SMOOTHING) * trend->delay_ms;
        int at = (trend->oldest + trend->points) % POINTS;
        if (trend->points == POINTS) trend->oldest = (trend->oldest + 1) % POINTS; else trend->points++;
        trend->at_ms[at] = (double)trend->arrived_ns / 1e6;
        trend->behind_ms[at] = trend->smooth_ms;
    }
    trend->has_before = 1;
    trend->before_sent_ns = trend->sent_ns;
    trend->before_arrived_ns = trend->arrived_ns;
}

/* Of what came and was no probe. Returns whether there was any; `fastest_ns` is its shortest way. */
int mt_feed(mt_trend *trend, const mt_told *told, int64_t wraps_us, int64_t *fastest_ns)
{
    int any = 0;
    for (int index = 0; index < told->count; index++) {
        if (told->arrived_us[index] < 0 || told->probe[index]) continue;
        int64_t sent_ns = told->sent_ns[index], arrived_ns = (wraps_us + told->arrived_us[index]) * 1000;
        if (!any || arrived_ns - sent_ns < *fastest_ns) *fastest_ns = arrived_ns - sent_ns;
        any = 1;
        if (!trend->grows || sent_ns - trend->began_ns > GROUP_NS) {
            if (trend->grows) close_group(trend);
            trend->grows = 1;
            trend->began_ns = trend->sent_ns = sent_ns;
            trend->arrived_ns = arrived_ns;
        } else {
            trend->sent_ns = sent_ns;
            if (arrived_ns > trend->arrived_ns) trend->arrived_ns = arrived_ns;
        }
    }
    return any;
}

double mt_slope(const mt_trend *trend)
{
    double middle_x = 0, middle_y = 0, spread = 0, together = 0;
    for (int index = 0; index < trend->points; index++) {
        int at = (trend->oldest + index) % POINTS;
        middle_x += trend->at_ms[at];
        middle_y += trend->behind_ms[at];
    }
    middle_x /= trend->points;
    middle_y /= trend->points;
    for (int index = 0; index < trend->points; index++) {
        int at = (trend->oldest + index) % POINTS;
        double x = trend->at_ms[at] - middle_x;
        spread += x * x;
        together += x * (trend->behind_ms[at] - middle_y);
    }
    return spread > 0 ? together / spread : 0.0;
}
