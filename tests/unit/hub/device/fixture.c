/* The made-up surroundings of a house. */
#include "fixture.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "broker/internal_client.h"
#include "broker/receipt.h"
#include "broker/tap.h"
#include "mqtt/topic.h"
#include "model/topic_rooms.h"
#include "support/fake_store.h"
#include "thread/thread.h"

struct broker {
	pthread_mutex_t lock;
	struct tap_sink sinks[512];
	char filters[512][64];
	size_t sink_count;
	char last[1024];
	size_t published;
	uint32_t expiry_s; /* of the last */
};

int tap_remove(struct broker *broker, struct span filter, const struct tap_sink *sink)
{
	pthread_mutex_lock(&broker->lock);
	for (size_t i = 0; i < broker->sink_count; i++)
		if (span_is(filter, broker->filters[i]) && broker->sinks[i].message == sink->message && broker->sinks[i].ctx == sink->ctx)
			broker->filters[i][0] = 0; /* matches nothing */
	pthread_mutex_unlock(&broker->lock);
	return 0;
}

int tap_add(struct broker *broker, struct span filter, const struct tap_sink *sink)
{
	ck_assert(topic_filter_valid(filter));
	if (filter.len >= sizeof broker->filters[0])
		return ERR_INVALID; /* as the real one says of too many levels */
	tap_remove(broker, filter, sink); /* a filter of a sink is there once */
	pthread_mutex_lock(&broker->lock);
	ck_assert_uint_lt(broker->sink_count, sizeof broker->sinks / sizeof broker->sinks[0]);
	ck_assert_int_eq(str_copy_span(broker->filters[broker->sink_count], sizeof broker->filters[0], filter), 0);
	broker->sinks[broker->sink_count++] = *sink;
	pthread_mutex_unlock(&broker->lock);
	return 0;
}

int tap_settle(struct broker *broker)
{
	(void)broker; /* it hears at once */
	return 0;
}

int internal_publish_message(struct broker *broker, const struct internal_message *m)
{
	pthread_mutex_lock(&broker->lock);
	snprintf(broker->last, sizeof broker->last, "%.*s %.*s q%d r%d", (int)m->topic.len, (const char *)m->topic.data,
		 (int)m->payload.len, m->payload.data ? (const char *)m->payload.data : "", m->qos, m->retain);
	broker->expiry_s = m->expiry_s;
	broker->published++;
	pthread_mutex_unlock(&broker->lock);
	return 0;
}

int internal_publish(struct broker *broker, struct span topic, struct span payload, uint8_t qos, bool retain)
{
	const struct internal_message message = {topic, payload, qos, retain, UINT32_MAX};
	return internal_publish_message(broker, &message);
}

struct message *message_create(struct span topic, struct span props, struct span payload, uint8_t qos, uint8_t flags)
{
	(void)props;
	struct message *m = calloc(1, sizeof *m + topic.len + payload.len);
	m->refs = 1;
	m->qos = qos & 3u;
	m->flags = flags;
	m->topic_len = (uint16_t)topic.len;
	m->payload_len = (uint32_t)payload.len;
	m->received = (int32_t)(clock_mono().ms / 125);
	memcpy(m->data, topic.data, topic.len);
	if (payload.len)
		memcpy(m->data + topic.len, payload.data, payload.len);
	return m;
}

struct receipt {
	_Atomic unsigned holds;
	_Atomic int err;
	struct waiter waiter; /* signalled with the last hold's release */
};

void receipt_hold(struct receipt *receipt)
{
	if (receipt)
		atomic_fetch_add(&receipt->holds, 1);
}

void receipt_release(struct receipt *receipt, int err)
{
	if (!receipt)
		return;
	if (err)
		atomic_store(&receipt->err, err);
	unsigned before = atomic_fetch_sub(&receipt->holds, 1);
	ck_assert_uint_gt(before, 0);
	if (before == 1)
		waiter_signal(&receipt->waiter);
}

int fixture_told(struct receipt **receipt)
{
	waiter_wait(&(*receipt)->waiter);
	int err = atomic_load(&(*receipt)->err);
	waiter_finish(&(*receipt)->waiter);
	free(*receipt);
	*receipt = NULL;
	return err;
}

void message_unref(struct message **m)
{
	if (atomic_fetch_sub(&(*m)->refs, 1) == 1)
		free(*m);
	*m = NULL;
}

static struct mono_ms fake_mono(void *ctx)
{
	struct fixture *f = ctx;
	return (struct mono_ms){atomic_load(&f->now_ms)};
}

static struct wall_ms fake_wall(void *ctx)
{
	struct fixture *f = ctx;
	return (struct wall_ms){FIXTURE_EPOCH + atomic_load(&f->now_ms)};
}

static void on_access_changed(void *ctx)
{
	atomic_fetch_add(&((struct fixture *)ctx)->access_changes, 1);
}

static void on_bound(void *ctx, const char *device)
{
	ck_assert_str_eq(device, "pi");
	atomic_fetch_add(&((struct fixture *)ctx)->bound, 1);
}

static void on_cut(void *ctx, const char *device)
{
	struct fixture *f = ctx;
	(void)device;
	if (f->cut)
		f->cut(f);
}

static void on_erased(void *ctx, const char *device)
{
	(void)device;
	atomic_fetch_add(&((struct fixture *)ctx)->erased, 1);
}

static int on_topics_changed(void *ctx, struct topic_rooms *topics, bool now)
{
	struct fixture *f = ctx;
	topic_rooms_unref(&f->topics);
	f->topics = topic_rooms_ref(topics);
	atomic_fetch_add(&f->topics_told, 1);
	atomic_fetch_add(&f->topics_told_now, now);
	return 0;
}

static bool may(void *ctx, const char *client, const char *topic, bool publish)
{
	const struct fixture *f = ctx;
	(void)client, (void)publish;
	return !f->forbidden || strcmp(topic, f->forbidden) != 0;
}

static void start(struct fixture *f)
{
	f->broker = calloc(1, sizeof *f->broker);
	pthread_mutex_init(&f->broker->lock, NULL);
	const struct house_config config = {
		.store = f->store,
		.broker = f->broker,
		.live = live_log_port(f->live),
		.callbacks = {.access_changed = on_access_changed, .may = may, .device_bound = on_bound, .device_erased = on_erased,
			      .topics_changed = on_topics_changed, .device_cut = on_cut, .ctx = f},
		.clock = {fake_mono, fake_wall, f},
	};
	ck_assert_int_eq(house_create(&config, &f->house), 0);
	ck_assert_int_eq(house_start(f->house), 0);
	f->port = house_port(f->house);
	f->history = house_history_port(f->house);
	f->bundles = house_bundle_port(f->house);
}

static void stop(struct fixture *f)
{
	house_stop(f->house);
	house_destroy(&f->house);
	ck_assert_ptr_null(f->house);
	pthread_mutex_destroy(&f->broker->lock);
	free(f->broker);
}

void fixture_begin(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	f->now_ms = 1000000;
	f->store = fake_store_create();
	f->live = live_log_create();
	const struct device_record pi = {.id = "pi", .name = "Attic", .enrolled_at = {FIXTURE_EPOCH}};
	ck_assert_int_eq(store_device_put(f->store, &pi, NULL), 0);
	start(f);
}

void fixture_end(struct fixture *f)
{
	stop(f);
	topic_rooms_unref(&f->topics);
	fake_store_destroy(&f->store);
	live_log_destroy(&f->live);
}

void fixture_restart(struct fixture *f)
{
	fixture_sync(f);
	fake_store_settle(f->store);
	fake_store_fail(f->store, ERR_IO, false); /* what the house would still write at its end */
	stop(f);
	fake_store_settle(f->store);
	fake_store_fail(f->store, 0, false);
	live_log_clear(f->live);
	start(f);
}

void fixture_restart_cleanly(struct fixture *f)
{
	fixture_sync(f);
	stop(f);
	fake_store_settle(f->store);
	live_log_clear(f->live);
	start(f);
}

/* Whether the sink of filter i has another before it that matches: it hears each message once. */
static bool has_heard(const struct broker *broker, size_t i, struct span topic)
{
	for (size_t k = 0; k < i; k++)
		if (broker->filters[k][0] && broker->sinks[k].message == broker->sinks[i].message &&
		    broker->sinks[k].ctx == broker->sinks[i].ctx &&
		    topic_matches(span_str(broker->filters[k]), topic))
			return true;
	return false;
}

static void publish(struct fixture *f, struct message *m, bool retained, struct receipt *receipt)
{
	struct broker *broker = f->broker;
	struct span topic = message_topic(m);
	const struct tap_arrival arrival = {
		.retained = retained, .sender = retained ? NULL : f->sender ? f->sender : "pi", .receipt = receipt};
	pthread_mutex_lock(&broker->lock); /* a sink only posts */
	for (size_t i = 0; i < broker->sink_count; i++)
		if (broker->filters[i][0] && topic_matches(span_str(broker->filters[i]), topic) && !has_heard(broker, i, topic))
			broker->sinks[i].message(broker->sinks[i].ctx, m, &arrival);
	pthread_mutex_unlock(&broker->lock);
	message_unref(&m);
}

void fixture_say_with(struct fixture *f, const char *topic, const char *payload, uint8_t flags, bool retained)
{
	publish(f, message_create(span_str(topic), span_str(""), span_str(payload), 1, flags), retained, NULL);
}

void fixture_say(struct fixture *f, const char *topic, const char *payload)
{
	fixture_say_with(f, topic, payload, 0, false);
}

struct receipt *fixture_say_waiting(struct fixture *f, const char *topic, const char *payload)
{
	struct receipt *receipt = calloc(1, sizeof *receipt);
	receipt->holds = 1; /* the broker's own */
	waiter_init(&receipt->waiter);
	publish(f, message_create(span_str(topic), span_str(""), span_str(payload), 1, 0), false, receipt);
	receipt_release(receipt, 0);
	return receipt;
}

void fixture_introduce(struct fixture *f)
{
	struct buf text = {0};
	ck_assert_int_eq(buf_read_file(&text, TEST_SRCDIR "/tests/unit/hub/device/corpus/good_agent.json", 1 << 16), 0);
	fixture_say(f, "homeassistant/device/pi/config", buf_cstr(&text));
	buf_finish(&text);
	fixture_say(f, "tomte/pi/status", "online");
	fixture_sync(f);
}

void fixture_sync(struct fixture *f)
{
	struct buf json = {0};
	ck_assert_int_eq(f->port.devices(f->port.ctx, NULL, &json), 0); /* mail is handled in order */
	buf_finish(&json);
	fake_store_settle(f->store); /* some news waits for its commit */
}

void fixture_pass(struct fixture *f, int64_t ms)
{
	fixture_sync(f); /* the house sets its timers by the old time */
	atomic_fetch_add(&f->now_ms, ms);
	fixture_sync(f); /* wakes it: behind the mail come the timers */
	fixture_sync(f); /* which have run when this is answered */
	fake_store_settle(f->store);
	fixture_sync(f);
}

const char *fixture_device(struct fixture *f)
{
	static char text[16384];
	struct buf json = {0};
	int err = f->port.device(f->port.ctx, NULL, "pi", &json);
	ck_assert(err == 0 || err == ERR_NOT_FOUND);
	snprintf(text, sizeof text, "%s", err == 0 ? buf_cstr(&json) : "");
	buf_finish(&json);
	return text;
}

int fixture_command(struct fixture *f, const char *entity, const char *value, const char **answer_r)
{
	return fixture_command_waiting(f, entity, value, 0, answer_r);
}

int fixture_command_waiting(struct fixture *f, const char *entity, const char *value, int64_t wait_s, const char **answer_r)
{
	static char text[2048];
	struct buf json = {0};
	const struct house_command command = {.device = "pi", .entity = entity, .value_json = value, .by = "ada",
					       .wait_s = wait_s};
	int err = f->port.command(f->port.ctx, &command, &json);
	snprintf(text, sizeof text, "%s", json.len ? buf_cstr(&json) : "");
	buf_finish(&json);
	if (answer_r)
		*answer_r = text;
	return err;
}

uint32_t fixture_published_expiry_s(struct fixture *f)
{
	pthread_mutex_lock(&f->broker->lock);
	uint32_t expiry_s = f->broker->expiry_s;
	pthread_mutex_unlock(&f->broker->lock);
	return expiry_s;
}

const char *fixture_published(struct fixture *f)
{
	static char text[1024];
	pthread_mutex_lock(&f->broker->lock);
	memcpy(text, f->broker->last, sizeof text);
	pthread_mutex_unlock(&f->broker->lock);
	return text;
}

size_t fixture_published_count(struct fixture *f)
{
	pthread_mutex_lock(&f->broker->lock);
	size_t n = f->broker->published;
	pthread_mutex_unlock(&f->broker->lock);
	return n;
}
