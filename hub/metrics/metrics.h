/* What the hub counts, as one table: it makes the counters' structs, the $SYS topics, /metrics
 * and the health report. A new counter is a row here and a line where it is counted.
 *
 * X(field, type, family, labels, topic, text)
 *   field    member of the group's struct, and its name in the health report
 *   family   name for Prometheus; NULL: not shown there, nor in the health report. Rows of one family stand together
 *   labels   what parts them within the family; NULL: nothing
 *   topic    below $SYS/broker/, mosquitto's name where it has one; NULL: none
 *   text     for people */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum metric_type {
	METRIC_COUNTER, /* grows while the hub runs */
	METRIC_GAUGE,   /* as it is now */
	METRIC_CPU,     /* a counter of milliseconds, shown in seconds */
	METRIC_AGE,     /* a gauge of seconds; its topic says "N seconds" */
	METRIC_LOAD,    /* a moving average in hundredths a minute; a topic only */
};

/* Of each worker of the broker, which alone writes them; the values shown are their sums. */
#define METRICS_WORKER(X) \
	X(connections, METRIC_GAUGE, "tomte_broker_connections", NULL, "clients/connected", "clients connected now") \
	X(sessions, METRIC_GAUGE, "tomte_broker_sessions", NULL, "clients/total", "sessions, connected or kept for absent clients") \
	X(expired, METRIC_COUNTER, "tomte_broker_sessions_expired_total", NULL, "clients/expired", "sessions that ended because their client stayed away") \
	X(subscriptions, METRIC_GAUGE, "tomte_broker_subscriptions", NULL, "subscriptions/count", "subscriptions, those of the hub itself included") \
	X(sockets, METRIC_COUNTER, "tomte_broker_sockets_opened_total", NULL, "tomte/sockets/opened", "sockets accepted") \
	X(connects, METRIC_COUNTER, "tomte_broker_connect_packets_total", NULL, "tomte/connects/received", "CONNECT packets received") \
	X(packets_in, METRIC_COUNTER, "tomte_broker_packets_received_total", NULL, "messages/received", "MQTT packets of all types received") \
	X(control_out, METRIC_COUNTER, "tomte_broker_control_packets_sent_total", NULL, "tomte/control/sent", "MQTT packets sent that are no PUBLISH") \
	X(received, METRIC_COUNTER, "tomte_broker_publish_received_total", NULL, "publish/messages/received", "PUBLISH packets received") \
	X(sent, METRIC_COUNTER, "tomte_broker_publish_sent_total", NULL, "publish/messages/sent", "PUBLISH packets sent") \
	X(dropped, METRIC_COUNTER, "tomte_broker_publish_dropped_total", NULL, "publish/messages/dropped", "messages that a subscriber did not get: its queue was full, or they were too old or too large") \
	X(payload_in, METRIC_COUNTER, "tomte_broker_publish_received_bytes_total", NULL, "publish/bytes/received", "payload bytes of PUBLISH packets received") \
	X(payload_out, METRIC_COUNTER, "tomte_broker_publish_sent_bytes_total", NULL, "publish/bytes/sent", "payload bytes of PUBLISH packets sent") \
	X(bytes_in, METRIC_COUNTER, "tomte_broker_received_bytes_total", NULL, "bytes/received", "bytes received") \
	X(bytes_out, METRIC_COUNTER, "tomte_broker_sent_bytes_total", NULL, "bytes/sent", "bytes sent")

/* Of the broker as a whole. */
#define METRICS_BROKER(X) \
	X(uptime_s, METRIC_AGE, "tomte_broker_uptime_seconds", NULL, "uptime", "seconds since the broker was made") \
	X(disconnected, METRIC_GAUGE, "tomte_broker_sessions_absent", NULL, "clients/disconnected", "sessions whose clients are away") \
	X(connections_max, METRIC_GAUGE, "tomte_broker_connections_max", NULL, "clients/maximum", "most clients that were connected at one time") \
	X(packets_out, METRIC_COUNTER, "tomte_broker_packets_sent_total", NULL, "messages/sent", "MQTT packets of all types sent") \
	X(retained, METRIC_GAUGE, "tomte_broker_retained_messages", NULL, "retained messages/count", "retained messages") \
	X(retained_bytes, METRIC_GAUGE, "tomte_broker_retained_bytes", NULL, "tomte/retained/bytes", "bytes of retained messages, with what keeping them costs") \
	X(memory_bytes, METRIC_GAUGE, "tomte_broker_memory_bytes", NULL, "store/messages/bytes", "memory of messages, queues, outputs and filters") \
	X(memory_max_bytes, METRIC_GAUGE, "tomte_broker_memory_max_bytes", NULL, "tomte/memory/maximum", "what it may grow to: max_memory_mib") \
	X(stored, METRIC_GAUGE, "tomte_broker_stored_messages", NULL, "store/messages/count", "messages in memory: retained, queued, or on their way") \
	X(inflight, METRIC_GAUGE, "tomte_broker_inflight_messages", NULL, "messages/inflight", "messages at QoS 1 and 2 that were sent and wait for their acknowledgement") \
	X(shared_subscriptions, METRIC_GAUGE, "tomte_broker_shared_subscriptions", NULL, "shared_subscriptions/count", "memberships in shared subscriptions") \
	X(stored_old, METRIC_GAUGE, NULL, NULL, "messages/stored", "old name of store/messages/count") \
	X(active, METRIC_GAUGE, NULL, NULL, "clients/active", "old name of clients/connected") \
	X(inactive, METRIC_GAUGE, NULL, NULL, "clients/inactive", "old name of clients/disconnected")

/* How often each limit of the broker was met: one family, which the web's go on. */
#define METRICS_LIMIT(X, field, label) \
	X(field, METRIC_COUNTER, "tomte_limit_met_total", "limit=\"" label "\"", "tomte/limits/" label, \
	  "times that a limit was met: someone was refused, slowed down, or lost a message")
#define METRICS_LIMITS(X) \
	METRICS_LIMIT(X, limit_connections, "connections") /* clients refused because as many are connected as may be */ \
	METRICS_LIMIT(X, limit_address, "address_connections") /* connections refused because too many come from one address */ \
	METRICS_LIMIT(X, limit_connect_timeout, "connect_timeout") /* connections closed because no CONNECT came in time */ \
	METRICS_LIMIT(X, limit_packet_size, "packet_size") /* packets that were too large */ \
	METRICS_LIMIT(X, limit_inflight, "inflight") /* clients that went beyond their receive maximum */ \
	METRICS_LIMIT(X, limit_queue, "queue") /* messages dropped, and subscriptions refused that bring retained ones, because a client's queue was full */ \
	METRICS_LIMIT(X, limit_subscriptions, "subscriptions") /* subscriptions refused because the client had as many as it may */ \
	METRICS_LIMIT(X, limit_topic_levels, "topic_levels") /* topics and filters refused because of too many levels */ \
	METRICS_LIMIT(X, limit_retained, "retained") /* messages delivered but not retained because there are too many */ \
	METRICS_LIMIT(X, limit_publish_rate, "publish_rate") /* pauses of clients that published too fast */ \
	METRICS_LIMIT(X, limit_memory_connections, "memory_connections") /* clients refused because memory was short */ \
	METRICS_LIMIT(X, limit_memory_publishers, "memory_publishers") /* pauses of publishers because memory was short */ \
	METRICS_LIMIT(X, limit_memory_qos0, "memory_qos0") /* messages at QoS 0 dropped because memory was short */

/* Of the house: what becomes of the devices' reports. */
#define METRICS_HOUSE(X) \
	X(messages, METRIC_COUNTER, "tomte_house_messages_total", NULL, "tomte/house/messages", "messages heard from devices") \
	X(messages_lost, METRIC_COUNTER, "tomte_house_messages_lost_total", NULL, "tomte/house/messages/lost", "messages dropped because the house had too much to do") \
	X(reports_refused, METRIC_COUNTER, "tomte_house_reports_refused_total", NULL, "tomte/house/reports/refused", "reports that did not fit their entity") \
	X(descriptions_refused, METRIC_COUNTER, "tomte_house_descriptions_refused_total", NULL, "tomte/house/descriptions/refused", "messages that describe devices, beyond what one client may send") \
	X(samples, METRIC_COUNTER, "tomte_house_samples_total", NULL, "tomte/house/samples", "samples handed to the store") \
	X(samples_dropped, METRIC_COUNTER, "tomte_house_samples_dropped_total", NULL, "tomte/house/samples/dropped", "samples that the store did not take")

/* Of the store. */
#define METRICS_STORE(X) \
	X(commits, METRIC_COUNTER, "tomte_store_commits_total", NULL, "tomte/store/commits", "groups of changes that are on the disk") \
	X(samples, METRIC_COUNTER, "tomte_store_samples_total", NULL, "tomte/store/samples", "samples that are on the disk") \
	X(errors, METRIC_COUNTER, "tomte_store_errors_total", NULL, "tomte/store/errors", "commits that failed") \
	X(waiting_samples, METRIC_GAUGE, "tomte_store_waiting_samples", NULL, "tomte/store/samples/waiting", "samples that wait for the disk") \
	X(disk_full, METRIC_GAUGE, "tomte_store_disk_full", NULL, "tomte/store/disk_full", "1 when the last commit failed for want of room") \
	X(journal_syncs, METRIC_COUNTER, "tomte_store_journal_syncs_total", NULL, "tomte/store/journal/syncs", "times that the journal waited for the disk") \
	X(journal_bytes, METRIC_COUNTER, "tomte_store_journal_bytes_total", NULL, "tomte/store/journal/bytes", "bytes that the journal made the disk write") \
	X(unsealed_samples, METRIC_GAUGE, "tomte_store_unsealed_samples", NULL, "tomte/store/samples/unsealed", "samples that are in memory and in the journal only")

/* Of the web server; how often each of its limits was met belongs to the broker's family. */
#define METRICS_WEB_LIMITS(X) \
	METRICS_LIMIT(X, limit_connections, "web_connections") /* connections refused because there are as many as may be */ \
	METRICS_LIMIT(X, limit_address, "web_address_connections") /* connections refused because too many come from one address */ \
	METRICS_LIMIT(X, limit_websockets, "websockets") /* secure WebSockets refused because there are as many as may be */
#define METRICS_WEB(X) \
	X(requests, METRIC_COUNTER, "tomte_web_requests_total", NULL, NULL, "HTTP requests") \
	X(refused, METRIC_COUNTER, "tomte_web_requests_refused_total", NULL, NULL, "HTTP requests that their sender had no right to") \
	X(logins_failed, METRIC_COUNTER, "tomte_web_logins_failed_total", NULL, NULL, "wrong names and passwords") \
	X(mqtt_logins, METRIC_COUNTER, "tomte_web_mqtt_logins_total", NULL, NULL, "MQTT connections that browsers opened with their session") \
	X(connections, METRIC_GAUGE, "tomte_web_connections", NULL, NULL, "HTTP connections") \
	X(streams, METRIC_GAUGE, "tomte_web_streams", NULL, NULL, "browsers that follow live events")

/* Of the process; the names are those of Prometheus' own clients. */
#define METRICS_PROCESS(X) \
	X(cpu_ms, METRIC_CPU, "process_cpu_seconds_total", NULL, NULL, "user and system CPU time in seconds") \
	X(start_time_s, METRIC_GAUGE, "process_start_time_seconds", NULL, NULL, "when the process started, in seconds since 1970") \
	X(resident_bytes, METRIC_GAUGE, "process_resident_memory_bytes", NULL, "heap/current", "memory in use") \
	X(resident_max_bytes, METRIC_GAUGE, "tomte_process_resident_memory_max_bytes", NULL, "heap/maximum", "most memory that was in use at one time") \
	X(open_fds, METRIC_GAUGE, "process_open_fds", NULL, NULL, "open file descriptors") \
	X(max_fds, METRIC_GAUGE, "process_max_fds", NULL, NULL, "most file descriptors that may be open")

/* What moving averages are made of: X(field of struct metrics_load, field of struct broker_stats, topic below load/). */
#define METRICS_LOAD(X) \
	X(messages_received, packets_in, "messages/received") \
	X(messages_sent, packets_out, "messages/sent") \
	X(publish_received, received, "publish/received") \
	X(publish_sent, sent, "publish/sent") \
	X(publish_dropped, dropped, "publish/dropped") \
	X(bytes_received, bytes_in, "bytes/received") \
	X(bytes_sent, bytes_out, "bytes/sent") \
	X(sockets, sockets, "sockets") \
	X(connections, connects, "connections")

#define METRICS_FIELD(field, type, family, labels, topic, text) uint64_t field;
#define METRICS_LOAD_FIELD(field, source, topic) uint64_t field[METRICS_WINDOWS];

enum { METRICS_WINDOWS = 3 }; /* 1, 5 and 15 minutes */

struct broker_stats {
	METRICS_WORKER(METRICS_FIELD)
	METRICS_BROKER(METRICS_FIELD)
	METRICS_LIMITS(METRICS_FIELD)
};
struct metrics_load { METRICS_LOAD(METRICS_LOAD_FIELD) };
struct metrics_house { METRICS_HOUSE(METRICS_FIELD) };
struct metrics_store { METRICS_STORE(METRICS_FIELD) };
struct metrics_web {
	METRICS_WEB_LIMITS(METRICS_FIELD)
	METRICS_WEB(METRICS_FIELD)
};
struct metrics_process { METRICS_PROCESS(METRICS_FIELD) };

/* All values of one moment, more or less. Zeroed: what nobody has filled in. */
struct metrics {
	struct broker_stats broker;
	struct metrics_load load;
	struct metrics_house house;
	struct metrics_store store;
	struct metrics_web web;
	struct metrics_process process;
};

/* A row. Static. */
struct metric {
	const char *group; /* "broker": its object in the health report */
	const char *field, *family, *labels, *topic, *text;
	enum metric_type type;
	size_t offset; /* of its uint64_t in struct metrics */
};

/* The table, groups together. */
const struct metric *metrics_table(size_t *count_r);

static inline uint64_t metrics_value(const struct metrics *m, const struct metric *row)
{
	return *(const uint64_t *)((const char *)m + row->offset);
}

/* Appends the value as a $SYS topic's payload. Returns 0 or ERR_NOMEM. */
int metrics_payload(const struct metrics *m, const struct metric *row, struct buf *out);

/* Appends everything as Prometheus text, exposition format 0.0.4. Returns 0 or ERR_NOMEM. */
int metrics_prometheus(const struct metrics *m, struct buf *out);

/* Appends "group":{"field":value,…} for every group but the broker's averages, parted by commas. Returns 0 or ERR_NOMEM. */
int metrics_json(const struct metrics *m, struct buf *out);

#endif
