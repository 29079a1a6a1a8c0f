/* Publishing from inside the hub: a message is made on the caller's thread and
 * mailed to one worker, so that one caller's messages stay in order. Any thread. */
#include "broker/internal_client.h"

#include <stdlib.h>

#include "base/err.h"
#include "broker/route.h"
#include "mqtt/topic.h"

struct internal_mail {
	struct mail mail;
	struct message *message; /* a reference */
};

static void on_mail(struct mail *mail, void *owner)
{
	struct internal_mail *m = container_of(mail, struct internal_mail, mail);
	struct worker *worker = owner;
	if (worker->stopping)
		message_unref(&m->message);
	else
		route_message(worker, m->message, NULL);
	free(m);
}

static uint8_t flags_of(const struct broker *broker, const struct internal_message *what)
{
	const char *confidential = broker->config.confidential;
	if (confidential && topic_matches(span_str(confidential), what->topic))
		return MESSAGE_FROM_INSIDE | MESSAGE_CONFIDENTIAL;
	return MESSAGE_FROM_INSIDE | (what->retain ? MESSAGE_RETAIN : 0);
}

int internal_publish_message(struct broker *broker, const struct internal_message *what)
{
	if (!topic_name_valid(what->topic) || !topic_depth_ok(what->topic) || what->qos > 2)
		return ERR_INVALID;
	if (atomic_load(&broker->stopped))
		return ERR_CLOSED;
	struct internal_mail *m = malloc(sizeof *m);
	struct message *message = message_create_from(&(struct message_parts){
		.topic = what->topic, .payload = what->payload, .qos = what->qos, .expiry_s = what->expiry_s,
		.flags = flags_of(broker, what), .received_at = clock_mono()});
	if (!m || !message) {
		free(m);
		message_unref(&message);
		return ERR_NOMEM;
	}
	m->mail.deliver = on_mail;
	m->message = message;
	loop_post(broker->workers[0]->loop, &m->mail);
	return 0;
}

int internal_publish(struct broker *broker, struct span topic, struct span payload, uint8_t qos, bool retain)
{
	const struct internal_message message = {topic, payload, qos, retain, UINT32_MAX};
	return internal_publish_message(broker, &message);
}
