/* What feedback has said of the packets of one link, and the trend of their delays. Read by cffi too (server/media/batch.py), so declarations
   only, no preprocessor. */

typedef struct {
    mt_link *link;
    int64_t next;                /* extended; the first number that nothing was said of, below 0 at the start */
    int64_t number;              /* extended number of the first arrival of the message that is being read */
    uint64_t untold_bytes;
    int32_t count;               /* results that wait to be judged */
    int64_t sent_ns[1024], arrived_us[1024]; /* -1: it did not arrive */
    uint16_t bytes[1024], probe[1024];
    uint8_t fates[4096];         /* by the lowest bits of a number: 0 open, 1 lost, 2 came */
} mt_told;

typedef struct {
    int32_t told, came, late, all_probes;
    uint64_t came_bytes, lost_bytes;
    int64_t first_us, latest_us; /* of what came */
    int64_t last_sent_ns;        /* of the last that was told of */
} mt_digest;

typedef struct {
    int32_t grows, has_before;   /* whether there is a group that grows, and one before it */
    int64_t began_ns, sent_ns, arrived_ns, before_sent_ns, before_arrived_ns;
    int64_t deltas;
    double delay_ms, smooth_ms;
    int32_t points, oldest;
    double at_ms[20], behind_ms[20];
} mt_trend;

int mt_take(mt_told *told, int base, const int64_t *arrivals_us, int count, int from);
void mt_judge(const mt_told *told, int64_t newest_before_ns, mt_digest *digest);
int mt_feed(mt_trend *trend, const mt_told *told, int64_t wraps_us, int64_t *fastest_ns);
double mt_slope(const mt_trend *trend);
