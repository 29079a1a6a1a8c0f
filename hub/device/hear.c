/* What devices say, taken to where it belongs: descriptions, status, reports.
 * On the house's thread. */
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/internal_client.h"
#include "device/house_private.h"
#include "device/report.h"
#include "model/live.h"

struct span house_described_device(struct span topic)
{
	const struct span prefix = span_str("homeassistant/device/"), suffix = span_str("/config");
	if (!span_starts(topic, prefix) || topic.len <= prefix.len + suffix.len)
		return (struct span){NULL, 0};
	size_t len = topic.len - prefix.len - suffix.len;
	if (memcmp(topic.data + topic.len - suffix.len, suffix.data, suffix.len) != 0)
		return (struct span){NULL, 0};
	return span_of(topic.data + prefix.len, len);
}

static void show_state(struct house *h, const struct device_entity *e)
{
	struct buf text = {0};
	struct json_out o = {.buf = &text};
	json_out_raw(&o, "{");
	json_out_member_string(&o, "device", e->device->record.id);
	json_out_member_string(&o, "entity", e->about.id);
	json_out_key(&o, "state");
	state_json(&o, &e->state, component_is_whole(e->about.component));
	json_out_member_time(&o, "at", e->at);
	json_out_raw(&o, "}");
	live_post_about(&h->config.live, "state", e->device->record.id, &o);
}

/* The kind of series that suits the value it has: a loose sensor shows it only now. */
static enum series_kind kind_of(const struct device_entity *e)
{
	if (entity_is_loose(&e->about) && e->state.value.kind == VALUE_TEXT)
		return SERIES_TEXT;
	return entity_series_kind(&e->about);
}

/* Makes the entity's series when it has none yet; the pages learn its id. */
static bool ensure_series(struct house *h, struct device_entity *e)
{
	if (e->series > 0)
		return true;
	struct series wanted;
	house_series_of(e, &wanted);
	wanted.kind = kind_of(e);
	int64_t id = sampler_series(h->sampler, &wanted);
	if (id <= 0) { /* no memory: the next report tries again */
		sampler_message_failed(h->sampler, (int)id);
		return false;
	}
	e->series = id;
	house_show(h, e->device);
	return true;
}

/* The value in words, whatever it is. */
static struct span words_of(const struct value *v, char number[32])
{
	if (v->kind == VALUE_TEXT)
		return span_str(v->text);
	str_from_double(number, 32, v->number);
	return span_str(number);
}

static void sample_text(struct house *h, const struct device_entity *e)
{
	char number[32];
	const struct text_sample sample = {.series = e->series, .at = e->at, .text = words_of(&e->state.value, number)};
	sampler_add_text(h->sampler, &sample, house_mono(h));
}

static void sample_value(struct house *h, struct device_entity *e)
{
	double value = 0;
	bool is_number = value_sample(&e->state.value, &value);
	if ((!is_number && e->state.value.kind != VALUE_TEXT) || !ensure_series(h, e))
		return;
	if (sampler_get(h->sampler, e->series)->kind == SERIES_TEXT) {
		sample_text(h, e);
	} else if (is_number) {
		const struct sample sample = {.series = e->series, .at = e->at, .value = value};
		sampler_add(h->sampler, &sample, house_mono(h));
	}
}

static void refuse_report(struct house *h, struct device_entity *e)
{
	atomic_fetch_add_explicit(&h->reports_refused, 1, memory_order_relaxed);
	if (!e->garbled)
		log_warning("house", "device %s: what it reports of %s is no value of a %s and is dropped",
			    e->device->record.id, e->about.id, e->about.platform);
	e->garbled = true;
}

/* ---- what is off by itself ---------------------------------------------------- */

void house_expect_off(struct house *h, struct device_entity *e)
{
	list_remove(&e->off.link);
	if (!e->about.off_delay_ms || e->state.value.kind != VALUE_ON_OFF || !e->state.value.on)
		return;
	int64_t age_ms = house_wall(h).ms - e->at.ms; /* it may be retained, or from before the hub started */
	due_put(&h->going_off, &e->off, mono_add_ms(house_mono(h), e->about.off_delay_ms - (age_ms > 0 ? age_ms : 0)));
}

static void go_off(struct house *h, struct device_entity *e)
{
	list_remove(&e->off.link);
	if (e->device->erasing && !e->device->staying)
		return;
	state_set(&e->state, value_on_off(false));
	e->at.ms += e->about.off_delay_ms;
	show_state(h, e);
	sampler_message_begin(h->sampler, NULL);
	sample_value(h, e);
	sampler_message_end(h->sampler, house_mono(h));
}

void house_off_turn(struct house *h, struct mono_ms now)
{
	list_each(e, &h->going_off, struct device_entity, off.link) {
		if (mono_diff_ms(e->off.at, now) < 0)
			return;
		go_off(h, e);
	}
}

struct mono_ms house_off_deadline(const struct house *h)
{
	return due_next(&h->going_off);
}

/* ---- reports ------------------------------------------------------------------- */

/* Whether a retained report is a sample, with the time at which it was published: a device of others may report before it is described, when
 * nobody listens there yet, and then not for hours. What has a series was heard live before, and would be recorded twice. */
static bool is_first(const struct device_entity *e)
{
	return e->device->other && e->series == 0;
}

static void take_report(struct house *h, const struct listener *l, struct report *report, const struct heard *heard)
{
	struct device_entity *e = l->entity;
	int err = report_read(report, &e->about, l->channel, &e->state);
	if (err == ERR_NOT_FOUND)
		return; /* a template that looks for what other messages bring */
	if (err != 0) {
		refuse_report(h, e);
		return;
	}
	e->garbled = false;
	e->at = heard->at;
	house_expect_off(h, e);
	show_state(h, e);
	bool sampled = l->channel->property == PROPERTY_STATE || e->about.component == COMPONENT_UPDATE;
	if (sampled && (!heard->retained || is_first(e)))
		sample_value(h, e);
	if (!heard->retained) /* else its time is over, and it is no answer */
		house_command_report(h, e);
}

/* Everybody who listens to the topic; the payload is parsed once for all. */
static void take_reports(struct house *h, const struct listener *first, const struct heard *heard, struct report *report)
{
	if (heard->payload.len == 0)
		return; /* a cleared retained topic */
	for (const struct listener *l = first; l; l = l->next)
		take_report(h, l, report, heard);
}

static bool is_too_old(const struct device_entity *e, struct wall_ms now)
{
	return e->about.expire_after_ms && e->state.known && now.ms - e->at.ms > e->about.expire_after_ms;
}

void house_expire_values(struct house *h)
{
	struct wall_ms now = house_wall(h);
	for (struct map_node *n = map_next(&h->devices, NULL); n; n = map_next(&h->devices, n)) {
		const struct device *d = container_of(n, struct device, node);
		if (d->presence != PRESENCE_ONLINE)
			continue; /* its card is grey, and the last value is what people want to see there */
		list_each(e, &d->entities, struct device_entity, link)
			if (is_too_old(e, now)) {
				e->state = (struct state){0};
				house_expect_off(h, e);
				show_state(h, e);
			}
	}
}

/* A will of a device that has been erased meanwhile leaves no trace in the retained store. */
static void clear_after(struct house *h, const struct heard *heard)
{
	if (heard->will && h->config.broker)
		(void)internal_publish(h->config.broker, heard->topic, (struct span){NULL, 0}, 0, true);
}

/* Notes that the device is alive. */
static void note_life(struct house *h, struct device *d, const struct heard *heard, bool speaks_for_itself)
{
	if (heard->retained || heard->will)
		return;
	d->record.last_seen_at = heard->at;
	d->seen_unsaved = true;
	if (speaks_for_itself)
		house_present(h, d);
}

/* A message on a topic that is not ours, on its way to all who listen. */
struct hearing {
	struct house *house;
	const struct heard *heard;
	struct report report;
};

/* Whether who described the device may publish it. Of a topic that is named the description was not followed else; a filter may match what is
 * another's. */
static bool is_its_own(const struct house *h, const struct device *d, const char *topic)
{
	const struct house_callbacks *c = &h->config.callbacks;
	const char *client = d->record.origin.client;
	return !client[0] || !c->may || c->may(c->ctx, client, topic, true);
}

static void hear_one(void *ctx, struct device *d, const char *filter)
{
	struct hearing *on = ctx;
	const struct heard *heard = on->heard;
	char topic[MODEL_TOPIC_SIZE];
	if (d->erasing)
		return;
	if (filter && (str_copy_span(topic, sizeof topic, heard->topic) != 0 || !is_its_own(on->house, d, topic)))
		return;
	if (!filter)
		house_availability(on->house, d, heard, &on->report.input);
	struct listener *listener = device_listeners(d, filter ? span_str(filter) : heard->topic);
	if (!listener)
		return;
	note_life(on->house, d, heard, d->other->about.availability_count == 0);
	take_reports(on->house, listener, heard, &on->report);
}

static void hear_others(struct house *h, const struct heard *heard)
{
	struct hearing on = {.house = h, .heard = heard};
	template_input_init(&on.report.input, heard->payload);
	house_ears_each(h, heard->topic, hear_one, &on);
	report_finish(&on.report);
}

static void hear_own(struct house *h, struct device *d, const struct heard *heard)
{
	struct report report = {0};
	template_input_init(&report.input, heard->payload);
	take_reports(h, device_listeners(d, heard->topic), heard, &report);
	report_finish(&report);
}

void house_hear(struct house *h, const struct heard *heard)
{
	atomic_fetch_add_explicit(&h->messages, 1, memory_order_relaxed);
	struct span described = house_described_device(heard->topic);
	struct topic_parts parts = {.device = described};
	if (!described.len && topic_parse(heard->topic, &parts) != 0)
		return;
	struct device *d = house_device(h, parts.device);
	if (!d || d->other) {
		if (!d)
			clear_after(h, heard);
		return;
	}
	if (d->cutting)
		return;
	bool is_status = !described.len && parts.kind == TOPIC_STATUS;
	note_life(h, d, heard, !is_status);
	if (described.len)
		house_described(h, d, heard->payload, heard->retained);
	else if (is_status)
		house_status(h, d, heard);
	else
		hear_own(h, d, heard);
}

void house_hear_topic(struct house *h, const struct heard *heard)
{
	atomic_fetch_add_explicit(&h->messages, 1, memory_order_relaxed);
	hear_others(h, heard);
}
