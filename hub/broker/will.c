/* Last wills. On the worker's thread. */
#include "broker/will.h"

#include <stdlib.h>

#include "base/buf.h"
#include "broker/publish_wire.h"
#include "broker/route.h"

struct will *will_create(const struct packet_connect *connect)
{
	const struct props *props = &connect->will.props;
	struct buf encoded = {0};
	struct will *will = calloc(1, sizeof *will);
	if (will && publish_wire_props(props, &encoded) == 0)
		will->message = message_create_from(&(struct message_parts){
			.topic = connect->will.topic,
			.props = buf_span(&encoded),
			.payload = connect->will.payload,
			.qos = connect->will.qos,
			.flags = MESSAGE_WILL | (connect->will.retain ? MESSAGE_RETAIN : 0),
			.expiry_s = props_has(props, PROP_MESSAGE_EXPIRY) ? props->message_expiry_s : UINT32_MAX,
		});
	buf_finish(&encoded);
	if (!will || !will->message) {
		free(will);
		return NULL;
	}
	if (props_has(props, PROP_WILL_DELAY))
		will->delay_s = props->will_delay_s;
	return will;
}

void will_destroy(struct will **will)
{
	if (*will)
		message_unref(&(*will)->message);
	free(*will);
	*will = NULL;
}

void will_publish(struct worker *worker, struct will **will, struct session *from)
{
	struct will *w = *will;
	*will = NULL;
	if (!w)
		return;
	message_set_received(w->message, loop_now(worker->loop)); /* nobody else has seen it yet */
	route_message(worker, w->message, from);
	free(w);
}
