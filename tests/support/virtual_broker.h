/* A broker without threads, sockets and real time: its workers are turned by hand, its clients are pairs of
 * buffers, and the clock stands still unless it is moved. What happens depends on the calls alone, so that wills and
 * expiries can be tested to the millisecond and a fuzzer's finds repeat. Link with -Wl,--wrap=clock_mono. */
#ifndef TESTS_SUPPORT_VIRTUAL_BROKER_H
#define TESTS_SUPPORT_VIRTUAL_BROKER_H

#include "base/buf.h"
#include "broker/broker.h"
#include "mqtt/packet.h"

struct virtual_stream;

/* The far end of a connection. Zeroed before virtual_client_open. */
struct virtual_client {
	struct virtual_stream *stream; /* NULL: the broker has closed, or it was never open */
	struct buf to_broker, from_broker;
	size_t writable;   /* bytes that the broker may still write; SIZE_MAX: any number */
	bool hung_up;      /* we have closed: nothing more is read or written */
	uint8_t version;   /* for packets that are sent and received */
	size_t frame_size; /* of the packet received last: dropped at the next receive */
};

/* Makes the broker (table: borrowed) without starting it. One at a time. Aborts when it cannot. */
void virtual_broker_start(const struct broker_config *config, const struct broker_events *events,
			  struct access_table *table);
void virtual_broker_stop(void);
struct broker *virtual_broker(void);

/* Turns all workers until nothing moves any more. */
void virtual_broker_settle(void);

/* Moves the clock and settles. */
void virtual_broker_advance(int64_t ms);

/* Connects; closes what was open before. */
void virtual_client_open(struct virtual_client *client, uint8_t version);

/* Goes away without a word; what the broker said is forgotten. The broker notices when it is turned. */
void virtual_client_close(struct virtual_client *client);

/* Bytes for the broker, which reads them when it is turned. */
void virtual_client_feed(struct virtual_client *client, const void *data, size_t len);

/* Encodes and feeds a packet, and settles. */
void virtual_client_send(struct virtual_client *client, const struct packet *packet);

/* The next packet, if the broker has written one; its spans are good until the next call. What does not decode aborts. */
bool virtual_client_receive(struct virtual_client *client, struct packet *packet_r, struct wire_frame *frame_r);

#endif
