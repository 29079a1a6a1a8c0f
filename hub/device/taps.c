/* Messages that the broker passes on: each is put into a mail on a worker's thread, which waits for nothing, and heard on the house's. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/receipt.h"
#include "broker/tap.h"
#include "device/house_private.h"
#include "dialect/dialect.h"

struct message_mail {
	struct mail mail;
	struct message *message; /* a reference of ours */
	struct receipt *receipt; /* held, or NULL: the sender waits until what was recorded of it is on the disk */
	void (*hear)(struct house *h, const struct heard *heard);
	struct wall_ms at;
	bool retained;
	const struct dialect *dialect; /* of a description of others; else NULL */
	char sender[MODEL_ID_SIZE];    /* with it */
};

/* The tap of a dialect. */
struct dialect_ear {
	struct house *house;
	const struct dialect *dialect;
};

static void hold(void *ctx)
{
	receipt_hold(ctx);
}

static void release(void *ctx, int err)
{
	receipt_release(ctx, err);
}

/* Hears it, and lets the sender's acknowledgement go when the samples that it has brought are on the disk. */
static void hear(struct house *h, const struct message_mail *m, const struct heard *heard)
{
	const struct sampler_waiter waiter = {hold, release, m->receipt};
	sampler_message_begin(h->sampler, m->receipt ? &waiter : NULL);
	m->hear(h, heard);
	sampler_message_end(h->sampler, house_mono(h));
}

/* A message less in the mailbox. */
static void give_room(struct house *h)
{
	atomic_fetch_sub_explicit(&h->queued, 1, memory_order_relaxed);
}

static void message_mail(struct mail *mail, void *owner)
{
	struct message_mail *m = container_of(mail, struct message_mail, mail);
	struct house *h = owner;
	give_room(h);
	if (!h->closed) {
		const struct heard heard = {
			.topic = message_topic(m->message),
			.payload = message_payload(m->message),
			.at = m->at,
			.retained = m->retained,
			.will = m->message->flags & MESSAGE_WILL,
			.dialect = m->dialect,
			.sender = m->sender,
		};
		hear(h, m, &heard);
	} else {
		receipt_release(m->receipt, ERR_CLOSED);
	}
	message_unref(&m->message);
	free(m);
}

static bool is_reading(const struct message *message)
{
	struct topic_parts parts;
	return topic_parse(message_topic(message), &parts) == 0 && parts.kind == TOPIC_TELE;
}

/* Whether the house can take one more message. Those that yield, readings, are refused first, so that
 * states and wills still get through. */
static bool has_room(struct house *h, bool yields)
{
	size_t queued = atomic_fetch_add_explicit(&h->queued, 1, memory_order_relaxed);
	if (queued < HOUSE_QUEUE_MAX / 2) {
		if (queued == 0 && atomic_load_explicit(&h->overloaded, memory_order_relaxed) &&
		    atomic_exchange(&h->overloaded, false))
			log_info("house", "messages are all heard again");
		return true;
	}
	if (queued < HOUSE_QUEUE_MAX && !yields)
		return true;
	give_room(h);
	return false;
}

static void count_lost(struct house *h)
{
	atomic_fetch_add(&h->messages_lost, 1);
	if (!atomic_exchange(&h->overloaded, true))
		log_warning("house", "devices talk faster than the hub can listen: readings are dropped");
}

/* When the message was published. A live one: now, which is cheaper and as good. */
static struct wall_ms published_at(const struct house *h, const struct message *message, bool retained)
{
	struct wall_ms now = house_wall(h);
	int64_t age_ms = retained ? mono_diff_ms(message_received(message), clock_mono()) : 0;
	return age_ms > 0 ? (struct wall_ms){now.ms - age_ms} : now;
}

static void hear_rule(struct house *h, const struct heard *heard)
{
	const struct rule_message message = {.topic = heard->topic, .payload = heard->payload, .at = heard->at};
	rules_hear(h->rules, &message, house_mono(h));
}

/* The mail for a message; NULL when it is lost. Of those whose senders wait there are no more than
 * the send windows of all clients hold, and none is lost. */
static struct message_mail *mail_create(struct house *h, struct message *message, struct receipt *receipt, bool yields)
{
	bool placed = has_room(h, yields);
	if (!placed && receipt) {
		atomic_fetch_add_explicit(&h->queued, 1, memory_order_relaxed);
		placed = true;
	}
	struct message_mail *m = placed ? malloc(sizeof *m) : NULL;
	receipt_hold(receipt);
	if (!m) {
		if (placed)
			give_room(h);
		receipt_release(receipt, ERR_NOMEM);
		count_lost(h);
		return NULL;
	}
	m->mail.deliver = message_mail;
	m->message = message_ref(message);
	m->receipt = receipt;
	m->dialect = NULL;
	m->sender[0] = 0;
	return m;
}

/* Whether it pretends to be a device's description of itself: only the device may say that. */
static bool is_of_another(const struct message *message, const struct tap_arrival *arrival)
{
	struct span device = house_described_device(message_topic(message));
	return device.len && !arrival->retained && (!arrival->sender || !span_is(device, arrival->sender));
}

/* How a message is heard. */
struct hearing {
	void (*hear)(struct house *h, const struct heard *heard);
	bool yields;  /* as in has_room */
	bool patient; /* the sender's acknowledgement waits for what is recorded of it */
};

static void pass_on(struct house *h, struct message *message, const struct tap_arrival *arrival, const struct hearing *hearing)
{
	struct message_mail *m = mail_create(h, message, hearing->patient ? arrival->receipt : NULL, hearing->yields);
	if (!m)
		return;
	m->hear = hearing->hear;
	m->at = published_at(h, message, arrival->retained);
	m->retained = arrival->retained;
	mailbox_post(&h->box, &m->mail);
}

/* On a broker worker's thread. */
static void on_message(void *ctx, struct message *message, const struct tap_arrival *arrival)
{
	if (message->flags & MESSAGE_FROM_INSIDE || is_of_another(message, arrival))
		return;
	const struct hearing hearing = {house_hear, is_reading(message), true};
	pass_on(ctx, message, arrival, &hearing);
}

/* On a broker worker's thread: a message on a topic of devices of others. */
static void on_topic_message(void *ctx, struct message *message, const struct tap_arrival *arrival)
{
	const struct hearing hearing = {house_hear_topic, message->qos == 0 && !arrival->retained, true};
	if (!(message->flags & MESSAGE_FROM_INSIDE))
		pass_on(ctx, message, arrival, &hearing);
}

/* On a broker worker's thread: Home Assistant's birth or will. */
static void on_birth(void *ctx, struct message *message, const struct tap_arrival *arrival)
{
	static const struct hearing hearing = {house_hear_birth, true, false};
	if (!arrival->retained && arrival->sender)
		pass_on(ctx, message, arrival, &hearing);
}

/* Whether the sender describes no more than it may. */
static bool is_moderate(struct house *h, const struct message *message, const char *sender)
{
	char text[200];
	enum flood_verdict verdict = flood_look(&h->flood, sender, message->payload_len, house_mono(h));
	if (verdict == FLOOD_FINE)
		return true;
	atomic_fetch_add_explicit(&h->descriptions_refused, 1, memory_order_relaxed);
	if (verdict == FLOOD_BEGUN) {
		(void)str_format(text, sizeof text, "%s describes devices without end. The hub reads no more than %d messages a second of it.", sender,
				 FLOOD_REFILL); /* of an account's name it fits */
		log_warning("house", "%s", text);
		house_alert_each(h, "flood", text);
	}
	return false;
}

/* On a broker worker's thread: a message that describes devices of others. One that is retained was heard when it came, and its
 * sender is not known any more. */
static void on_description(void *ctx, struct message *message, const struct tap_arrival *arrival)
{
	const struct dialect_ear *ear = ctx;
	struct house *h = ear->house;
	if (arrival->retained || !arrival->sender || message->flags & MESSAGE_FROM_INSIDE)
		return;
	if (!is_moderate(h, message, arrival->sender))
		return;
	if (message->payload_len > ear->dialect->payload_max) {
		log_warning("house", "%s: a description by %s is larger than %zu KiB and is not read", ear->dialect->title,
			    arrival->sender, ear->dialect->payload_max / 1024);
		return;
	}
	struct message_mail *m = mail_create(h, message, NULL, false);
	if (!m)
		return;
	m->hear = house_hear_description;
	m->dialect = ear->dialect;
	m->at = house_wall(h);
	m->retained = false;
	if (str_copy(m->sender, sizeof m->sender, arrival->sender) != 0)
		log_warning("house", "%s is no user that may describe devices", arrival->sender); /* "": nothing is allowed */
	mailbox_post(&h->box, &m->mail);
}

/* On a broker worker's thread: a message that some rule's filter matches. Its time is over when it was retained. */
static void on_rule_message(void *ctx, struct message *message, const struct tap_arrival *arrival)
{
	struct house *h = ctx;
	if (arrival->retained || (rules_topic_is_own(message_topic(message)) &&
			 !atomic_load_explicit(&h->rules_name_own, memory_order_relaxed)))
		return;
	static const struct hearing hearing = {hear_rule, true, true};
	pass_on(h, message, arrival, &hearing);
}

/* A sink of its own: a rule may go and leave the devices' filters alone, be they the same. */
int house_tap_rule(struct house *h, const char *filter)
{
	const struct tap_sink sink = {on_rule_message, h};
	return h->config.broker ? tap_add(h->config.broker, span_str(filter), &sink) : 0;
}

void house_untap_rule(struct house *h, const char *filter)
{
	const struct tap_sink sink = {on_rule_message, h};
	if (h->config.broker && tap_remove(h->config.broker, span_str(filter), &sink) != 0)
		log_warning("house", "no memory to stop listening to %s", filter); /* what comes matches no rule */
}

int house_tap_topic(struct house *h, const char *topic)
{
	const struct tap_sink sink = {on_topic_message, h};
	return h->config.broker ? tap_add(h->config.broker, span_str(topic), &sink) : 0;
}

void house_untap_topic(struct house *h, const char *topic)
{
	const struct tap_sink sink = {on_topic_message, h};
	if (h->config.broker && tap_remove(h->config.broker, span_str(topic), &sink) != 0)
		log_warning("house", "no memory to stop listening to %s", topic); /* what comes finds nobody */
}

/* Each dialect is a sink of its own, so that a message which two of them might mean reaches both. */
static int tap_dialects(struct house *h)
{
	size_t count = 0;
	int err = 0;
	while (dialects[count])
		count++;
	h->dialect_ears = calloc(count + 1, sizeof *h->dialect_ears);
	if (!h->dialect_ears)
		return ERR_NOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		h->dialect_ears[i] = (struct dialect_ear){h, dialects[i]};
		const struct tap_sink sink = {on_description, &h->dialect_ears[i]};
		for (const char *const *filter = dialects[i]->filters; *filter && !err; filter++)
			err = tap_add(h->config.broker, span_str(*filter), &sink);
	}
	return err;
}

int house_tap(struct house *h)
{
	static const char *const filters[] = {
		"homeassistant/device/+/config", /* first: reports mean nothing without a description */
		"tomte/+/status",
		"tomte/+/tele/+",
		"tomte/+/state/+",
	};
	const struct tap_sink sink = {on_message, h};
	for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
		int err = tap_add(h->config.broker, span_str(filters[i]), &sink);
		if (err != 0)
			return err;
	}
	const struct tap_sink birth = {on_birth, h};
	int err = tap_add(h->config.broker, span_str("homeassistant/status"), &birth);
	return err ? err : tap_dialects(h);
}
