/* All dialects, with arbitrary bytes: no crash, and what a dialect makes of them is a description or a refusal with its reason.
 * The first byte chooses the dialect's row, '0' for the first; then follow messages, each a topic up to a line's end and a
 * payload up to a byte 0xff, which UTF-8 does not have. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "device/discovery.h"
#include "device/report.h"
#include "device/wish.h"
#include "dialect/dialect.h"
#include "mqtt/topic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAGMENTS = 24, TOPIC_SIZE = 512 };

/* What the device named first has said. */
struct heard {
	char native[DIALECT_NATIVE_SIZE];
	struct fragment fragments[FRAGMENTS]; /* topic and payload are owned */
	size_t count;
	const char *topic; /* of the message that is being split */
};

static void drop(struct heard *h, size_t i)
{
	free((void *)(uintptr_t)h->fragments[i].topic);
	free((void *)(uintptr_t)h->fragments[i].payload.data);
	h->count--;
	memmove(&h->fragments[i], &h->fragments[i + 1], (h->count - i) * sizeof h->fragments[i]);
}

static int keep(struct heard *h, struct span payload)
{
	uint8_t *copy = malloc(payload.len);
	char *topic = strdup(h->topic);
	assert(copy && topic);
	memcpy(copy, payload.data, payload.len);
	h->fragments[h->count++] = (struct fragment){topic, span_of(copy, payload.len)};
	return 0;
}

static int on_fragment(void *ctx, const char *native, struct span payload)
{
	struct heard *h = ctx;
	assert(native ? native[0] && strlen(native) < DIALECT_NATIVE_SIZE : payload.len == 0);
	if (native && !h->native[0])
		assert(str_copy(h->native, sizeof h->native, native) == 0);
	if (native && strcmp(h->native, native) != 0)
		return 0;
	for (size_t i = h->count; i-- > 0;)
		if (strcmp(h->fragments[i].topic, h->topic) == 0)
			drop(h, i);
	return payload.len && h->count < FRAGMENTS ? keep(h, payload) : 0;
}

static int on_complete(void *ctx)
{
	(void)ctx;
	return 0;
}

static int on_ask(void *ctx, const char *topic, const char *payload)
{
	(void)ctx;
	assert(topic[0] && payload);
	return 0;
}

/* Takes what comes before the mark off the input. */
static struct span take(struct span *input, int mark)
{
	const uint8_t *end = input->len ? memchr(input->data, mark, input->len) : NULL;
	struct span part = span_of(input->data, end ? (size_t)(end - input->data) : input->len);
	*input = end ? span_of(end + 1, input->len - part.len - 1) : span_of(input->data, 0);
	return part;
}

static void hear(const struct dialect *dialect, struct heard *h, struct span topic, struct span payload)
{
	const struct dialect_sink sink = {on_fragment, on_complete, on_ask, h};
	char name[TOPIC_SIZE], message[DIALECT_MESSAGE_SIZE] = "";
	if (str_copy_span(name, sizeof name, topic) != 0 || !topic_name_valid(topic))
		return; /* the broker lets it not through */
	h->topic = name;
	int err = dialect->split(topic, payload, &sink, message);
	assert(err == 0 || (err == ERR_MALFORMED && message[0]));
}

static const char *allow(void *ctx, const char *topic, enum topic_use use)
{
	(void)ctx, (void)topic, (void)use;
	return NULL;
}

/* The last payload as a report on each channel, and a few wishes. */
static void use_entity(const struct entity *e, struct span payload)
{
	static const char *const wishes[] = {"\"ON\"", "{\"brightness\":10,\"color\":{\"r\":1,\"g\":2,\"b\":3}}", "\"OPEN\"", "20"};
	struct state state = {0};
	struct report report = {0};
	template_input_init(&report.input, payload);
	for (size_t i = 0; i < e->report_count; i++)
		(void)report_read(&report, e, &e->reports[i], &state);
	report_finish(&report);
	for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
		struct wish wish;
		(void)wish_read(e, &state, wishes[i], &wish);
		wish_finish(&wish);
	}
}

static void describe(const struct dialect *dialect, const struct heard *h, struct span last)
{
	static const struct topic_gate gate = {allow, NULL, true};
	struct description d;
	json_t *root = NULL;
	char message[DISCOVERY_MESSAGE_SIZE] = "";
	int err = dialect->translate(h->fragments, h->count, &root, message);
	assert((err == 0) == (root != NULL));
	assert(err == 0 || err == ERR_AGAIN || (err == ERR_MALFORMED && message[0]));
	if (err)
		return;
	err = discovery_read_json(root, &gate, &d, message);
	assert(err == 0 || (err == ERR_MALFORMED && message[0]));
	for (size_t i = 0; i < d.entity_count; i++)
		use_entity(&d.entities[i], last);
	description_finish(&d);
	json_decref(root);
}

static int by_topic(const void *a, const void *b)
{
	return strcmp(((const struct fragment *)a)->topic, ((const struct fragment *)b)->topic);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t known = 0;
	while (dialects[known])
		known++;
	if (size == 0)
		return 0;
	const struct dialect *dialect = dialects[(uint8_t)(data[0] - '0') % known];
	struct span input = span_of(data + 1, size - 1), payload = {0};
	struct heard h = {0};
	while (input.len) {
		struct span topic = take(&input, '\n');
		payload = take(&input, 0xff);
		hear(dialect, &h, topic, payload);
	}
	if (h.count)
		qsort(h.fragments, h.count, sizeof *h.fragments, by_topic);
	if (h.count)
		describe(dialect, &h, payload.data ? payload : span_str(""));
	while (h.count)
		drop(&h, h.count - 1);
	return 0;
}
