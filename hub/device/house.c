/* The house: one thread that owns the live model of all devices, their alerts and
 * the samples on their way to the disk.
 *
 * Why a thread of its own: the model must not be touched by the broker's workers (they never wait) nor by the
 * web's pool (many threads). Everything reaches it as mail: messages from the tap, clients coming and going,
 * requests of the web. It sleeps in poll(2) on its mailbox until the next deadline, never on a lock;
 * from the store it reads only at start and when a device is enrolled, and writes without waiting. It
 * publishes through the broker's internal client and speaks to browsers through the live port. */
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "device/bundles.h"
#include "device/house_private.h"
#include "model/live.h"
#include "thread/thread.h"

static struct mono_ms real_mono(void *ctx)
{
	(void)ctx;
	return clock_mono();
}

static struct wall_ms real_wall(void *ctx)
{
	(void)ctx;
	return clock_wall();
}

struct device *house_device(const struct house *h, struct span id)
{
	struct map_node *node = map_get(&h->devices, id);
	struct device *d = node ? container_of(node, struct device, node) : NULL;
	return d && !d->erasing ? d : NULL;
}

void house_show(struct house *h, const struct device *d)
{
	struct buf text = {0};
	struct json_out o = {.buf = &text};
	device_json(&o, d);
	live_place(&h->config.live, d->record.id, d->record.area);
	live_post_about(&h->config.live, "device", d->record.id, &o);
}

/* On the store's thread. */
static void log_failure(void *ctx, int err)
{
	if (err != 0)
		log_warning("house", "%s: %s", (const char *)ctx, err_text(err));
}

struct store_done house_unwatched(const char *what)
{
	return (struct store_done){.fn = log_failure, .ctx = (void *)(uintptr_t)what};
}

struct device *house_add_device(struct house *h, struct device_record *record)
{
	struct device *d = device_create(record);
	if (!d)
		return NULL;
	if (map_put(&h->devices, &d->node, span_str(d->record.id)) != 0) {
		device_destroy(&d);
		return NULL;
	}
	live_place(&h->config.live, d->record.id, d->record.area);
	house_note_topics(h);
	d->awaited = d->record.online;
	d->unbound = d->record.last_seen_at.ms == 0;
	if (d->record.discovery && d->record.discovery[0])
		house_describe_stored(h, d);
	return d;
}

void house_open_alert(struct house *h, const char *device, const char *kind, const char *text)
{
	const struct alert_report report = {.device = device, .kind = kind, .text = text};
	if (alerts_open(h->alerts, &report, house_wall(h)) != 0)
		log_warning("house", "no memory to open an alert: %s", text);
}

void house_open_alert_each(struct house *h, const char *kind, const char *text)
{
	const struct alert_report report = {.device = "", .kind = kind, .text = text};
	if (alerts_open_each(h->alerts, &report, HOUSE_ALERTS_EACH, house_wall(h)) != 0)
		log_warning("house", "no memory to open an alert: %s", text);
}

void house_show_gone(struct house *h, const char *device)
{
	struct buf text = {0};
	struct json_out o = {.buf = &text};
	json_out_raw(&o, "{");
	json_out_member_string(&o, "id", device);
	json_out_raw(&o, "}");
	house_note_topics(h);
	live_post(&h->config.live, "gone", &o);
	live_place(&h->config.live, device, NULL); /* tells those who see some rooms */
}

static void on_record(void *ctx, const struct device_record *record)
{
	struct house *h = ctx;
	if (record->revoked) { /* only erasing revokes: the hub died in between */
		log_info("house", "device %s: its erasure was interrupted and is finished now", record->id);
		const struct store_done done = house_unwatched("a device's erasure is left for the next start");
		(void)store_device_erase(h->config.store, record->id, &done);
		return;
	}
	struct device_record copy = *record;
	if (record->origin.dialect[0]) {
		copy.discovery = NULL;
		if (house_add_outsider(h, &copy) != 0)
			h->load_err = ERR_NOMEM;
		return;
	}
	copy.discovery = record->discovery ? strdup(record->discovery) : NULL;
	if ((record->discovery && !copy.discovery) || !house_add_device(h, &copy))
		h->load_err = ERR_NOMEM;
}

/* Alerts of devices that are gone, or back, were left open by a crash between two writes. */
static void close_stale_alerts(struct house *h)
{
	for (struct map_node *n = map_next(&h->devices, NULL); n; n = map_next(&h->devices, n)) {
		struct device *d = container_of(n, struct device, node);
		if (!d->record.lost)
			alerts_close(h->alerts, d->record.id, "offline", house_wall(h));
	}
}

static int load(struct house *h)
{
	int err = sampler_create(h->config.store, &h->config.live, &h->sampler);
	if (err == 0)
		err = house_load_rules(h);
	if (err == 0)
		err = alerts_create(h->config.store, &h->config.live, &h->alerts);
	if (err == 0)
		err = store_device_each(h->config.store, on_record, h);
	if (err == 0)
		err = h->load_err;
	if (err == 0)
		err = house_load_outsiders(h);
	if (err == 0)
		err = house_load_classes(h);
	if (err == 0)
		close_stale_alerts(h);
	if (err == 0)
		err = house_load_reported(h);
	if (err == 0)
		err = house_load_bundles(h);
	return err == 0 ? house_load_commands(h) : err;
}

int house_create(const struct house_config *config, struct house **house_r)
{
	*house_r = NULL;
	struct house *h = calloc(1, sizeof *h);
	if (!h)
		return ERR_NOMEM;
	int err = mailbox_init(&h->box);
	if (err != 0) {
		free(h);
		return err;
	}
	h->config = *config;
	if (!h->config.clock.mono)
		h->config.clock = (struct house_clock){real_mono, real_wall, NULL};
	flood_init(&h->flood);
	list_init(&h->commands);
	list_init(&h->graces);
	list_init(&h->going_off);
	list_init(&h->changed);
	list_init(&h->filters);
	struct mono_ms now = house_mono(h);
	h->announce_at.ms = h->topics_at.ms = INT64_MAX;
	h->announced_at = mono_add_ms(now, -HOUSE_RETURN_MS);
	h->return_by = mono_add_ms(now, HOUSE_RETURN_MS);
	h->sweep_at = mono_add_ms(now, HOUSE_SWEEP_MS);
	h->look_at = mono_add_ms(now, HOUSE_LOOK_MS);
	err = load(h);
	if (err != 0)
		house_destroy(&h);
	*house_r = h;
	return err;
}

/* ---- the loop ---------------------------------------------------------- */

static void check_disk(struct house *h)
{
	struct store_stats stats;
	store_stats_get(h->config.store, &stats);
	alerts_retry(h->alerts); /* also on a full disk, where a small row may find room */
	bool refused = stats.disk_refusals != h->disk_refusals;
	h->disk_refusals = stats.disk_refusals;
	if (!stats.disk_full && !refused) {
		if (h->disk_full) /* else it is the store that has opened one, and closes it */
			alerts_close(h->alerts, "", "disk", house_wall(h));
		h->disk_full = false;
		return;
	}
	h->disk_full = true;
	const struct alert_report report = {
		.device = "",
		.kind = "disk",
		.text = "The disk is full: new readings are not recorded until there is room. Devices still obey.",
	};
	(void)alerts_open(h->alerts, &report, house_wall(h)); /* tried again at the next look */
}

static void sweep(struct house *h)
{
	house_save_seen(h);
	house_keep_reported(h, false);
	struct wall_ms now = house_wall(h);
	const struct wall_ms old = {now.ms - HOUSE_ALERT_MS};
	alerts_close_older(h->alerts, "enrolment", old, now);
	alerts_close_older(h->alerts, "recording", old, now);
	alerts_close_older(h->alerts, "flood", old, now);
}

static void run_timers(struct house *h)
{
	struct mono_ms now = house_mono(h);
	sampler_turn(h->sampler, now);
	house_command_turn(h, now);
	house_off_turn(h, now);
	house_availability_turn(h, now);
	house_describe_changed(h, now);
	house_announce_turn(h, now);
	house_topics_turn(h, now);
	if (mono_diff_ms(h->sweep_at, now) >= 0) {
		h->sweep_at = mono_add_ms(now, HOUSE_SWEEP_MS);
		sweep(h);
	}
	if (mono_diff_ms(h->look_at, now) >= 0) {
		h->look_at = mono_add_ms(now, HOUSE_LOOK_MS);
		check_disk(h);
		house_expire_values(h);
		house_describe_waiting(h);
	}
}

static void keep_earlier(struct mono_ms *earliest, struct mono_ms t)
{
	if (t.ms < earliest->ms)
		*earliest = t;
}

/* Milliseconds to sleep, for poll(2). */
static int sleep_ms(const struct house *h)
{
	struct mono_ms next = h->return_by;
	keep_earlier(&next, h->sweep_at);
	keep_earlier(&next, h->look_at);
	keep_earlier(&next, sampler_deadline(h->sampler));
	keep_earlier(&next, house_command_deadline(h));
	keep_earlier(&next, house_off_deadline(h));
	keep_earlier(&next, house_describe_deadline(h));
	keep_earlier(&next, h->announce_at);
	keep_earlier(&next, h->topics_at);
	if (!list_empty(&h->graces))
		keep_earlier(&next, container_of(h->graces.next, struct device, grace)->grace_until);
	int64_t wait = mono_diff_ms(house_mono(h), next);
	if (wait <= 0)
		return 0;
	return wait < INT_MAX ? (int)wait : INT_MAX;
}

static void *run(void *arg)
{
	struct house *h = arg;
	struct pollfd fd = {.fd = h->box.event_fd, .events = POLLIN};
	while (!h->stopping || h->calls) {
		/* EINTR cannot be (signals are blocked), and any other failure only means a turn too many. */
		(void)poll(&fd, 1, sleep_ms(h));
		mailbox_deliver(&h->box, h);
		run_timers(h);
	}
	house_save_seen(h);
	house_keep_reported(h, true);
	return NULL;
}

int house_start(struct house *h)
{
	(void)house_tell_topics(h, false); /* before the first guest */
	int err = h->config.broker ? house_tap(h) : 0;
	if (err == 0 && h->config.broker)
		err = house_tap_rules(h);
	if (err == 0)
		err = thread_start(&h->thread, "house", run, h);
	h->started = err == 0;
	return err;
}

void house_prepare_stop(struct house *h)
{
	atomic_store(&h->leaving, true);
}

static void on_stop(struct mail *mail, void *owner)
{
	struct house *h = owner;
	(void)mail;
	h->stopping = true;
}

void house_stop(struct house *h)
{
	if (!h->started)
		return;
	struct mail stop = {.deliver = on_stop};
	house_prepare_stop(h);
	mailbox_post(&h->box, &stop);
	pthread_join(h->thread, NULL);
	h->started = false;
}

void house_destroy(struct house **house)
{
	struct house *h = *house;
	*house = NULL;
	if (!h)
		return;
	h->closed = true;
	mailbox_deliver(&h->box, h);
	mailbox_finish(&h->box);
	house_command_clear(h);
	house_forget_outsiders(h);
	struct map_node *node = map_next(&h->devices, NULL);
	while (node) {
		struct map_node *next = map_next(&h->devices, node);
		struct device *d = container_of(node, struct device, node);
		list_remove(&d->grace);
		map_remove(&h->devices, node);
		device_destroy(&d);
		node = next;
	}
	map_finish(&h->devices);
	bundles_destroy(&h->bundles);
	house_clear_ears(h);
	topic_rooms_unref(&h->topics);
	free(h->dialect_ears);
	rules_destroy(&h->rules);
	sampler_destroy(&h->sampler);
	alerts_destroy(&h->alerts);
	flood_finish(&h->flood);
	free(h);
}

void house_stats_get(const struct house *h, struct house_stats *stats_r)
{
	struct sampler_stats samples;
	sampler_stats_get(h->sampler, &samples);
	*stats_r = (struct house_stats){
		.messages = atomic_load(&h->messages),
		.messages_lost = atomic_load(&h->messages_lost),
		.reports_refused = atomic_load(&h->reports_refused),
		.descriptions_refused = atomic_load(&h->descriptions_refused),
		.samples = samples.taken,
		.samples_dropped = samples.dropped,
	};
}
