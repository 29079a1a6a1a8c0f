/* The agent's loop: one thread, one poll over the hub's socket and the signals.
 * Readings are taken every interval, put in the outbox, and sent while the hub is
 * there. Knows neither libmosquitto nor any sensor. */
#include "run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/str.h"
#include "credentials.h"
#include "describe.h"
#include "device.h"
#include "link.h"
#include "outbox.h"
#include "renewal.h"

enum { STOP_MS = 3000, LOOK_MS = 2000, NO_MESSAGE = -1 };

struct agent {
	const struct run_options *options;
	struct conf *conf;
	struct device *device;
	struct outbox *outbox;
	struct credentials credentials; /* zeroed until joined */
	uint64_t credentials_stamp;     /* of the file read last */
	struct link *link;              /* NULL until joined */
	struct link_events events;
	struct renewal renewal;
	struct mono_ms next_reading, next_look;
	bool stopping;
	int farewell_id; /* message id of the last "offline", or NO_MESSAGE */
	int signal_fd;
	/* what each retained state was when last put in the outbox */
	struct buf states[ENTITIES_MAX];
};

int run_read_conf(const struct run_options *options, struct conf *conf)
{
	struct buf complaints = {0};
	conf_init(conf);
	int err = conf_read(conf, options->config_path, &complaints);
	if (err == ERR_NOT_FOUND && !options->config_required)
		err = 0;
	else if (err == ERR_NOT_FOUND)
		log_error("settings", "there is no %s", options->config_path);
	char *text = (char *)buf_cstr(&complaints);
	for (char *line = text; err && line && *line;) { /* one log line each */
		char *end = strchr(line, '\n');
		if (end)
			*end = 0;
		log_error("settings", "%s", line);
		line = end ? end + 1 : NULL;
	}
	buf_finish(&complaints);
	return err;
}

static void put(struct agent *agent, enum topic_kind kind, const char *entity, struct span payload)
{
	char topic[MODEL_TOPIC_SIZE];
	int err = topic_format(topic, kind, agent->credentials.device_id, entity);
	if (!err)
		err = outbox_put(agent->outbox, topic, payload, kind != TOPIC_TELE);
	if (err)
		log_warning("agent", "%s: a value is dropped: %s", entity, err_text(err));
}

/* Puts a value in the outbox: readings always, retained states when they have
 * changed or the hub asks anew (force). */
static void put_entity(struct agent *agent, size_t index, bool force)
{
	const struct entity *e = &device_entities(agent->device)->items[index];
	struct buf value = {0};
	if (device_value(agent->device, e, &value)) {
		buf_finish(&value);
		return;
	}
	if (e->kind == ENTITY_SENSOR) {
		put(agent, TOPIC_TELE, e->id, buf_span(&value));
		buf_finish(&value);
		return;
	}
	if (force || !span_equal(buf_span(&value), buf_span(&agent->states[index])))
		put(agent, TOPIC_STATE, e->id, buf_span(&value));
	buf_finish(&agent->states[index]);
	agent->states[index] = value;
}

static void put_all(struct agent *agent, bool force)
{
	if (!agent->link)
		return;
	for (size_t i = 0; i < device_entities(agent->device)->count; i++)
		put_entity(agent, i, force);
}

/* Hands over what waits, as far as the window is open. */
static void pump(struct agent *agent)
{
	struct outbox_item item;
	int id;
	while (agent->link && link_online(agent->link) && outbox_next(agent->outbox, &item)) {
		if (link_publish(agent->link, item.topic, item.payload, item.retain, &id))
			return;
		outbox_sent(agent->outbox, id);
	}
}

static void publish_description(struct agent *agent)
{
	char topic[MODEL_TOPIC_SIZE];
	struct identity identity;
	int id;
	identity_read(&identity, agent->conf, agent->options->kernel);
	const char *device_id = agent->credentials.device_id;
	char *text = describe_device(&identity, device_entities(agent->device), device_id, agent->conf->interval_s);
	if (!text || topic_format_discovery(topic, device_id) ||
	    link_publish(agent->link, topic, span_str(text), true, &id))
		log_error("agent", "the description cannot be published");
	free(text);
}

static int publish_status(struct agent *agent, const char *status)
{
	char topic[MODEL_TOPIC_SIZE];
	int id = NO_MESSAGE;
	if (topic_format(topic, TOPIC_STATUS, agent->credentials.device_id, NULL) ||
	    link_publish(agent->link, topic, span_str(status), true, &id))
		log_warning("agent", "the status \"%s\" cannot be published", status);
	return id;
}

static void on_online(void *ctx)
{
	struct agent *agent = ctx;
	char filter[MODEL_TOPIC_SIZE];
	publish_description(agent);
	if (str_format(filter, sizeof filter, TOPIC_ROOT "/%s/set/+", agent->credentials.device_id) ||
	    link_subscribe(agent->link, filter))
		log_error("agent", "cannot subscribe to the commands");
	if (topic_format(filter, TOPIC_RENEW, agent->credentials.device_id, NULL) || link_subscribe(agent->link, filter))
		log_error("agent", "cannot subscribe to orders to renew the credentials");
	publish_status(agent, TOPIC_STATUS_ONLINE);
	put_all(agent, true);
}

static void on_offline(void *ctx)
{
	struct agent *agent = ctx;
	outbox_lost(agent->outbox);
}

static void on_message(void *ctx, struct span topic, struct span payload, bool retained)
{
	struct agent *agent = ctx;
	struct topic_parts parts;
	if (topic_parse(topic, &parts))
		return;
	if (parts.kind == TOPIC_RENEW && !retained)
		renewal_order(&agent->renewal, agent->options->state_dir, payload);
	if (parts.kind != TOPIC_SET)
		return;
	char id[MODEL_ID_SIZE];
	str_copy_span(id, sizeof id, parts.entity);
	if (retained) { /* would act again at each connection */
		log_warning("agent", "%s: a retained command is refused; publish commands without retain", id);
		return;
	}
	int err = device_command(agent->device, parts.entity, payload);
	if (err) {
		log_warning("agent", "%s: a command of %zu bytes is refused: %s", id, payload.len, err_text(err));
		return;
	}
	log_debug("agent", "%s: a command was obeyed", id);
	const struct entities *all = device_entities(agent->device);
	for (size_t i = 0; i < all->count; i++)
		if (span_is(parts.entity, all->items[i].id))
			put_entity(agent, i, true);
}

static void on_acked(void *ctx, int message_id)
{
	struct agent *agent = ctx;
	outbox_acked(agent->outbox, message_id);
	if (message_id == agent->farewell_id)
		agent->farewell_id = NO_MESSAGE;
}

/* Takes up new credentials when the file has changed: a join needs no restart. */
static void look_for_credentials(struct agent *agent)
{
	uint64_t stamp = credentials_stamp(agent->options->state_dir);
	if (stamp == agent->credentials_stamp)
		return;
	agent->credentials_stamp = stamp;
	link_destroy(&agent->link);
	credentials_finish(&agent->credentials);
	outbox_destroy(&agent->outbox); /* its topics were the old device's */
	int err = outbox_create(&agent->outbox);
	if (!err)
		err = credentials_load(agent->options->state_dir, &agent->credentials);
	if (!err)
		err = link_create(&agent->link, &agent->credentials, agent->conf->hub, &agent->events);
	if (err)
		log_error("agent", "cannot use the credentials in %s: %s", agent->options->state_dir, err_text(err));
	else
		notify_systemd("STATUS=Joined");
}

/* Begins to renew the credentials if that was ordered. */
static void renew(struct agent *agent, struct mono_ms now)
{
	struct identity identity;
	if (!renewal_is_due(&agent->renewal, now))
		return;
	look_for_credentials(agent); /* others would not be written over */
	if (!agent->credentials.device_id[0])
		return;
	identity_read(&identity, agent->conf, agent->options->kernel);
	char *meta = describe_meta(&identity);
	if (meta)
		renewal_start(&agent->renewal, agent->options->state_dir, &agent->credentials,
			      agent->link ? link_address(agent->link) : NULL, meta);
	free(meta);
}

static void forget_states(struct agent *agent)
{
	for (size_t i = 0; i < ENTITIES_MAX; i++)
		buf_finish(&agent->states[i]);
}

/* SIGHUP: new settings if they are good, the old ones if not. */
static void reload(struct agent *agent)
{
	struct conf *fresh = malloc(sizeof *fresh);
	if (!fresh || run_read_conf(agent->options, fresh)) {
		log_error("settings", "the old ones stay");
		free(fresh);
		return;
	}
	/* GPIO lines have to be given back before they can be asked for again */
	device_destroy(&agent->device);
	bool dial_anew = strcmp(fresh->hub, agent->conf->hub) != 0;
	*agent->conf = *fresh;
	free(fresh);
	forget_states(agent);
	log_set_level(agent->conf->log_level);
	if (device_create(&agent->device, agent->conf, agent->options->kernel)) {
		agent->stopping = true; /* no memory: systemd starts us anew */
		return;
	}
	log_info("settings", "read again");
	agent->next_reading = clock_mono();
	if (dial_anew)
		agent->credentials_stamp = 0;
	else if (agent->link && link_online(agent->link)) {
		publish_description(agent);
		put_all(agent, true);
	}
}

static void handle_signals(struct agent *agent)
{
	struct signalfd_siginfo info;
	while (read(agent->signal_fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGHUP)
			reload(agent);
		else if (info.ssi_signo == SIGCHLD && renewal_reap(&agent->renewal, agent->options->state_dir))
			agent->next_look = clock_mono();
		else if (info.ssi_signo != SIGCHLD)
			agent->stopping = true;
	}
}

static int poll_timeout(const struct agent *agent, struct mono_ms now)
{
	int64_t left = mono_diff_ms(now, agent->next_reading), look = mono_diff_ms(now, agent->next_look);
	if (look < left)
		left = look;
	int of_link = agent->link ? link_timeout_ms(agent->link, now) : LOOK_MS;
	if (left > of_link)
		left = of_link;
	return left > 0 ? (int)left : 0;
}

static void wait_and_step(struct agent *agent, int timeout_ms)
{
	struct pollfd fds[2] = {{.fd = agent->signal_fd, .events = POLLIN}, {.fd = -1}};
	if (agent->link)
		fds[1].fd = link_fd(agent->link, &fds[1].events);
	if (poll(fds, 2, timeout_ms) < 0 && errno != EINTR)
		log_error("agent", "poll: %s", strerror(errno));
	if (agent->link)
		link_step(agent->link, fds[1].revents, clock_mono());
	if (fds[0].revents)
		handle_signals(agent);
}

static void loop(struct agent *agent)
{
	while (!agent->stopping) {
		struct mono_ms now = clock_mono();
		renew(agent, now);
		if (mono_diff_ms(now, agent->next_look) <= 0) {
			look_for_credentials(agent);
			agent->next_look = mono_add_ms(now, LOOK_MS);
		}
		if (mono_diff_ms(now, agent->next_reading) <= 0) {
			device_read(agent->device, now);
			put_all(agent, false);
			agent->next_reading = mono_add_ms(agent->next_reading, agent->conf->interval_s * 1000);
			if (mono_diff_ms(now, agent->next_reading) <= 0) /* it took longer than the interval */
				agent->next_reading = mono_add_ms(now, agent->conf->interval_s * 1000);
		}
		pump(agent);
		wait_and_step(agent, poll_timeout(agent, clock_mono()));
	}
}

/* Publishes "offline" ourselves, for after a clean DISCONNECT the hub does not
 * publish the will. */
static void say_goodbye(struct agent *agent)
{
	if (!agent->link || !link_online(agent->link))
		return;
	struct mono_ms deadline = mono_add_ms(clock_mono(), STOP_MS);
	agent->farewell_id = publish_status(agent, TOPIC_STATUS_OFFLINE);
	while (agent->farewell_id != NO_MESSAGE && link_online(agent->link) &&
	       mono_diff_ms(clock_mono(), deadline) > 0)
		wait_and_step(agent, 100);
	link_disconnect(agent->link);
}

static int open_signals(int *fd_r)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	*fd_r = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return *fd_r < 0 ? err_from_errno(errno) : 0;
}

int run_agent(const struct run_options *options, struct conf *conf)
{
	struct agent *agent = calloc(1, sizeof *agent);
	if (!agent)
		return ERR_NOMEM;
	agent->options = options;
	agent->conf = conf;
	agent->farewell_id = NO_MESSAGE;
	agent->signal_fd = -1;
	agent->events = (struct link_events){on_online, on_offline, on_message, on_acked, agent};
	agent->next_reading = agent->next_look = clock_mono();
	int err = open_signals(&agent->signal_fd);
	if (!err)
		err = outbox_create(&agent->outbox);
	if (!err)
		err = device_create(&agent->device, conf, options->kernel);
	if (!err) {
		look_for_credentials(agent);
		renewal_init(&agent->renewal, options->state_dir);
		if (!agent->link) {
			log_warning("agent", "not joined yet: make a code on the hub's dashboard (Add device) and run "
				    "sudo tomte-agent join CODE; waiting for that");
			notify_systemd("STATUS=Not joined: run tomte-agent join CODE");
		}
		notify_systemd("READY=1");
		loop(agent);
		notify_systemd("STOPPING=1");
		say_goodbye(agent);
	}
	renewal_stop(&agent->renewal);
	link_destroy(&agent->link);
	credentials_finish(&agent->credentials);
	device_destroy(&agent->device);
	outbox_destroy(&agent->outbox);
	forget_states(agent);
	if (agent->signal_fd >= 0)
		close(agent->signal_fd);
	free(agent);
	return err;
}
