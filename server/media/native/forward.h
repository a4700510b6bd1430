/* What the worker's hot path works on. Read by cffi too (server/media/batch.py), so declarations only, no preprocessor.
   Numbers are in host order; sequence numbers are extended, so they never wrap. */

typedef struct mt_link mt_link;

struct mt_link {
    void *srtp;                  /* srtp_t of the direction towards this subscriber */
    int32_t socket;              /* -1: nothing may be sent */
    uint32_t name_bytes, control_bytes;
    uint8_t name[28];            /* sockaddr_in or sockaddr_in6 of the subscriber */
    uint8_t control[40];         /* a whole control message: the local address to answer from */
    uint64_t sent_bytes;         /* RTP on the wire */
    uint32_t next_cc;            /* the next transport-wide number (16 bits of it are sent) */
    uint32_t cc_mask;            /* entries of the log below, less one */
    int64_t *cc_sent_ns;         /* by transport-wide number: when it left, how long it was, which probe it belongs to */
    uint16_t *cc_bytes, *cc_probe;
    uint16_t probe;              /* what leaves now belongs to this probe, 0 to none */
    int32_t first, last;         /* what waits for it in the batch, -1 for nothing */
    mt_link *next;               /* the next one for which something waits */
};

typedef struct {
    mt_link *link;
    int64_t first;               /* earlier packets of the stream are not for this line */
    int64_t shift;               /* outgoing number - incoming number */
    uint32_t timestamp_shift, ssrc;
    uint16_t picture_shift;      /* VP8 picture id, 7 or 15 bits */
    uint8_t tl0_shift;
    uint8_t payload_type;
    uint8_t cc_id;               /* id of the transport-wide header extension, 0: not negotiated */
    uint64_t packets, octets;
} mt_line;

typedef struct mt_batch mt_batch;

int mt_version(void);
mt_batch *mt_open(void *protect, int segments);
void mt_close(mt_batch *batch);
int mt_waits(const mt_batch *batch);
uint64_t mt_sent(const mt_batch *batch);
uint64_t mt_unsent(const mt_batch *batch);
void mt_forward(mt_batch *batch, mt_line **lines, int count, const uint8_t *payload, int size, int64_t sequence, uint32_t timestamp, int marker,
                int picture_at, int picture_bits, int tl0_at, int64_t now_ns);
int mt_send(mt_batch *batch, mt_link *link, const uint8_t *plain, int size);
void mt_flush(mt_batch *batch);
