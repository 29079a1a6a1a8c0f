/* What the files of mqttload share: its settings, its clients and the state of one run. It all belongs to the one
 * thread, which waits in one epoll. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/load/report.h"

enum {
	LOAD_HEADER_BYTES = 16,    /* of a payload: u64 nanoseconds, u32 publisher, u32 sequence, in this machine's order */
	LOAD_READ_BYTES = 1 << 18, /* one read at most, and the largest packet */
	LOAD_WRITE_BYTES = 1 << 18,
};

enum client_state {
	CLIENT_CLOSED,
	CLIENT_CONNECTING, /* TCP */
	CLIENT_CONNACK,    /* waits for it */
	CLIENT_SUBACK,
	CLIENT_READY,
};

enum topology { TOPOLOGY_PAIRS, TOPOLOGY_FANIN, TOPOLOGY_FANOUT, TOPOLOGY_INGEST };

struct settings {
	const char *host, *user, *password, *prefix, *label, *topo;
	int64_t port, qos, sub_qos, size_bytes, publishers, subscribers, batch, window, inflight, broker_pid, source_addresses;
	int64_t keep_alive_s, clients, topics, connect_window, cpu, count;
	double secs, rate, hold_s, warmup_s, drain_s, settle_s;
	bool v5, spin, histogram, subscribe, clear, retain;
	bool latency; /* an open loop with one packet per write */
	enum topology topology;
};

struct client {
	int fd;
	uint8_t state; /* enum client_state */
	bool subscriber;
	bool blocked;    /* waits to be writable */
	bool queued;     /* on the ready list */
	uint32_t index;  /* among publishers, subscribers or clients */
	const char *topic; /* to be subscribed; NULL: none */
	uint8_t *out;
	uint32_t out_at, out_len, out_cap;
	uint8_t *part; /* an incomplete packet, for the next read */
	uint32_t part_len, part_cap;
	/* a publisher's */
	uint8_t *template; /* a whole PUBLISH */
	uint32_t template_len, id_at, payload_at;
	uint64_t sent, due;                 /* due: open loop, may have been sent by now */
	uint64_t credited, credited_before; /* deliveries seen; at the last look for stalls */
	int64_t forgiven;                   /* deliveries written off after a stall */
	uint32_t inflight, max_inflight;
	uint16_t last_id;
	uint64_t *sent_ns; /* ingest: when, by packet identifier; a ring */
	struct client *next_ready;
};

/* What a subscriber has of one publisher. */
struct track {
	uint64_t seen; /* bit i: next - 1 - i has arrived */
	uint32_t next;
};

struct load {
	struct settings set;
	struct sockaddr_in broker;
	int epoll_fd;
	uint8_t *input; /* LOAD_READ_BYTES */
	struct client *publishers, *subscribers;
	uint32_t publisher_count, subscriber_count;
	uint32_t copies;       /* deliveries that a message makes */
	struct track *tracks;  /* by subscriber and publisher; pairs: by subscriber */
	uint32_t tracks_a_row;
	uint32_t ring_mask;    /* of client.sent_ns */
	struct client *ready_first, *ready_last;
	bool sending;
	bool quiet;            /* clients are closed on purpose */
	uint64_t began_ns, received_ns; /* the message phase; the last message */
	uint64_t measured_from_ns;      /* latencies count from here on */
	uint64_t scheduled;    /* open loop: messages that have become due */
	uint64_t sent, received, duplicates, late, retained, pongs;
	uint32_t closed;       /* clients, not on purpose */
	struct histogram latency, lag;
};

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t load_now_ns(void);

/* Says why and ends the program with status 2. */
void load_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Zeroed memory; fails the program without. */
void *load_alloc(size_t count, size_t size);

/* A topic that stays for the program's life. */
const char *load_topic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- client.c: sockets, output, the event loop -------------------------------- */

/* Room for n bytes behind the output; add them to out_len. */
uint8_t *client_reserve(struct client *c, uint32_t n);

/* Writes what waits, until the socket is full. */
void client_flush(struct load *l, struct client *c);

/* Closes; one that was not meant to is counted and said. */
void client_close(struct load *l, struct client *c, const char *why);

/* Handles what is ready, waiting at most timeout_ns (≥ 0). */
void load_poll(struct load *l, int64_t timeout_ns);

/* Goes on polling for so long. */
void load_rest(struct load *l, double seconds);

/* Connects all, connect_window at a time, and subscribes those with a topic. Returns how many are ready. */
uint32_t load_connect(struct load *l, struct client *clients, uint32_t count);

/* ---- packet.c: MQTT ------------------------------------------------------------ */

void client_send_connect(struct load *l, struct client *c);
/* A packet without a body, such as PINGREQ: its type, 1..15. */
void client_send_bare(struct load *l, struct client *c, uint8_t type);

/* Appends a PUBLISH to the output without sending it. payload_len 0 clears a retained message. */
void client_put_publish(struct load *l, struct client *c, const char *topic, const uint8_t *payload, uint32_t payload_len);

/* Makes the packet that a publisher sends over and over, with another header each time. */
void client_make_template(struct load *l, struct client *c, const char *topic);

/* Handles the whole packets in front. Returns the bytes used. */
uint32_t client_parse(struct load *l, struct client *c, const uint8_t *data, uint32_t len);

/* ---- publish.c: who may send how much ------------------------------------------- */

/* Puts a publisher that may send on the ready list. */
void publisher_ready(struct load *l, struct client *c);
/* Sends a batch from each publisher on the ready list. */
void publishers_run(struct load *l);
/* Open loop: makes due what is due by now. */
void publishers_schedule(struct load *l, uint64_t now_ns);
/* Closed loop: messages that a broker dropped never come back; after a stall they are written off. */
void publishers_forgive(struct load *l);

/* ---- scenarios: each returns the exit status ---------------------------------------- */

/* stream.c: pairs, fan-in, fan-out, ingest and latency. */
int scenario_stream(struct load *l, const char *name);
/* conns.c: idle connections. */
int scenario_conns(struct load *l);
/* retained.c: storing and delivering retained messages. */
int scenario_retained(struct load *l);
/* machine.c: what a system call, a send and a page cost here; needs no broker. */
int scenario_machine(struct load *l);

#endif
