#include "support/dialect_ear.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "device/report.h"
#include "device/wish.h"
#include "mqtt/topic.h"

enum { KEPT_MAX = 600 };

struct kept {
	char native[DIALECT_NATIVE_SIZE], *topic, *payload;
};

static const struct dialect *dialect;
static struct kept kept[KEPT_MAX];
static size_t kept_count;
static char message[DISCOVERY_MESSAGE_SIZE];
static struct description described;
static struct state states[DISCOVERY_ENTITIES_MAX];
static json_t *root;

static void forget(size_t i)
{
	free(kept[i].topic);
	free(kept[i].payload);
	kept[i] = kept[--kept_count];
}

static void drop_description(void)
{
	description_finish(&described);
	json_decref(root);
	root = NULL;
	memset(states, 0, sizeof states);
}

void ear_open(const struct dialect *d)
{
	dialect = d;
}

void ear_close(void)
{
	while (kept_count)
		forget(kept_count - 1);
	drop_description();
}

/* ---- hearing ------------------------------------------------------------- */

struct hearing {
	const char *topic;
	char named[KEPT_MAX][DIALECT_NATIVE_SIZE];
	size_t named_count;
};

static int on_fragment(void *ctx, const char *native, struct span payload)
{
	struct hearing *h = ctx;
	if (!native) {
		ck_assert_uint_eq(payload.len, 0);
		for (size_t i = kept_count; i-- > 0;)
			if (strcmp(kept[i].topic, h->topic) == 0)
				forget(i);
		return 0;
	}
	ck_assert(native[0] && strlen(native) < DIALECT_NATIVE_SIZE && h->named_count < KEPT_MAX);
	strcpy(h->named[h->named_count++], native);
	for (size_t i = 0; i < kept_count; i++)
		if (strcmp(kept[i].native, native) == 0 && strcmp(kept[i].topic, h->topic) == 0) {
			forget(i);
			break;
		}
	if (!payload.len)
		return 0;
	ck_assert(kept_count < KEPT_MAX);
	struct kept *k = &kept[kept_count++];
	strcpy(k->native, native);
	k->topic = strdup(h->topic);
	k->payload = strndup((const char *)payload.data, payload.len);
	return 0;
}

static int on_complete(void *ctx)
{
	struct hearing *h = ctx;
	for (size_t i = kept_count; i-- > 0;) {
		bool named = false;
		for (size_t n = 0; n < h->named_count; n++)
			named |= strcmp(h->named[n], kept[i].native) == 0;
		if (!named && strcmp(kept[i].topic, h->topic) == 0)
			forget(i);
	}
	return 0;
}

static char asked[8192];

static void single_quotes(char *text)
{
	while ((text = strchr(text, '"')))
		*text = '\'';
}

static void add_message(char *text, size_t size, const char *topic, const char *payload)
{
	size_t len = strlen(text);
	int n = snprintf(text + len, size - len, "%s%s %s", len ? ", " : "", topic, payload);
	ck_assert(n >= 0 && (size_t)n < size - len);
	single_quotes(text);
}

static int on_ask(void *ctx, const char *topic, const char *payload)
{
	(void)ctx;
	ck_assert(topic_name_valid(span_str(topic)));
	add_message(asked, sizeof asked, topic, payload);
	return 0;
}

static int hear(const char *topic, struct span payload)
{
	bool wanted = false;
	for (const char *const *f = dialect->filters; *f; f++)
		wanted |= topic_matches(span_str(*f), span_str(topic));
	ck_assert_msg(wanted, "no filter wants %s", topic);
	struct hearing *h = calloc(1, sizeof *h);
	h->topic = topic;
	const struct dialect_sink sink = {on_fragment, on_complete, on_ask, h};
	message[0] = 0;
	int err = dialect->split(span_str(topic), payload, &sink, message);
	free(h);
	return err;
}

static char *double_quotes(const char *text)
{
	char *copy = strdup(text);
	for (char *c = copy; (c = strchr(c, '\'')); c++)
		*c = '"';
	return copy;
}

int ear_hear(const char *topic, const char *payload)
{
	char *text = double_quotes(payload);
	int err = hear(topic, span_str(text));
	free(text);
	return err;
}

static struct buf read_corpus(const char *file)
{
	char path[512];
	struct buf text = {0};
	snprintf(path, sizeof path, "%s/tests/unit/hub/dialect/corpus/%s", TEST_SRCDIR, file);
	ck_assert_msg(buf_read_file(&text, path, 4 << 20) == 0, "%s", path);
	return text;
}

void ear_hear_lines(const char *file)
{
	struct buf text = read_corpus(file);
	char *copy = strndup((const char *)text.data, text.len), *rest = copy, *line;
	while ((line = strsep(&rest, "\n")) && line[0]) {
		char *payload = strchr(line, ' ');
		ck_assert_ptr_nonnull(payload);
		*payload++ = 0;
		int err = hear(line, span_str(payload));
		ck_assert_msg(err == 0, "%s: %s: %s", file, line, message);
	}
	free(copy);
	buf_finish(&text);
}

int ear_hear_file(const char *topic, const char *file)
{
	struct buf text = read_corpus(file);
	int err = hear(topic, buf_span(&text));
	buf_finish(&text);
	return err;
}

const char *ear_message(void)
{
	return message;
}

const char *ear_asked(void)
{
	static char text[sizeof asked];
	memcpy(text, asked, sizeof text);
	asked[0] = 0;
	return text;
}

static int by_native(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *ear_devices(void)
{
	static char text[KEPT_MAX * 32];
	const char *names[KEPT_MAX];
	for (size_t i = 0; i < kept_count; i++)
		names[i] = kept[i].native;
	if (kept_count)
		qsort(names, kept_count, sizeof *names, by_native);
	text[0] = 0;
	for (size_t i = 0; i < kept_count; i++)
		if (i == 0 || strcmp(names[i], names[i - 1]) != 0) {
			size_t len = strlen(text);
			snprintf(text + len, sizeof text - len, "%s%s", len ? "," : "", names[i]);
		}
	return text;
}

/* ---- describing ---------------------------------------------------------- */

static int by_topic(const void *a, const void *b)
{
	return strcmp(((const struct fragment *)a)->topic, ((const struct fragment *)b)->topic);
}

static const char *allow(void *ctx, const char *topic, enum topic_use use)
{
	(void)ctx, (void)topic, (void)use;
	return NULL;
}

const struct description *ear_describe(const char *native)
{
	static const struct topic_gate gate = {allow, NULL, true};
	struct fragment fragments[KEPT_MAX];
	size_t count = 0;
	for (size_t i = 0; i < kept_count; i++)
		if (strcmp(kept[i].native, native) == 0)
			fragments[count++] = (struct fragment){kept[i].topic, span_str(kept[i].payload)};
	ck_assert_msg(count > 0, "nothing is known of %s", native);
	qsort(fragments, count, sizeof *fragments, by_topic);
	drop_description();
	int err = dialect->translate(fragments, count, &root, message);
	if (err == ERR_AGAIN) {
		ck_assert_ptr_null(root);
		return NULL;
	}
	ck_assert_msg(err == 0, "%s: %s %s", native, err_text(err), message);
	err = discovery_read_json(root, &gate, &described, message);
	ck_assert_msg(err == 0, "%s: %s %s", native, err_text(err), message);
	return &described;
}

const char *ear_json(void)
{
	static char *text;
	free(text);
	text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
	single_quotes(text);
	return text;
}

static size_t entity_index(const char *id)
{
	for (size_t i = 0; i < described.entity_count; i++)
		if (strcmp(described.entities[i].id, id) == 0)
			return i;
	ck_abort_msg("no entity %s in %s", id, ear_json());
	return 0;
}

const char *ear_after(const char *entity, const char *topic, const char *payload)
{
	static char text[2048];
	size_t index = entity_index(entity), heard = 0;
	const struct entity *e = &described.entities[index];
	struct report report = {0};
	char *bytes = double_quotes(payload);
	int err = 0;
	template_input_init(&report.input, span_str(bytes));
	for (size_t i = 0; i < e->report_count && !err; i++)
		if (topic_matches(span_str(e->reports[i].topic), span_str(topic))) {
			heard++;
			err = report_read(&report, e, &e->reports[i], &states[index]);
			err = err == ERR_NOT_FOUND ? 0 : err;
		}
	report_finish(&report);
	free(bytes);
	ck_assert_msg(heard > 0, "%s does not listen to %s", entity, topic);
	if (err)
		return err_text(err);
	struct buf out = {0};
	struct json_out o = {.buf = &out};
	state_json(&o, &states[index], component_is_whole(e->component));
	snprintf(text, sizeof text, "%s", buf_cstr(&out));
	buf_finish(&out);
	single_quotes(text);
	return text;
}

const char *ear_wish(const char *entity, const char *wish)
{
	static char text[8192];
	size_t index = entity_index(entity);
	char *json = double_quotes(wish);
	struct wish w;
	int err = wish_read(&described.entities[index], &states[index], json, &w);
	snprintf(text, sizeof text, "%s", err == ERR_INVALID ? w.detail : err ? err_text(err) : "");
	for (size_t i = 0; i < w.message_count && !err; i++)
		add_message(text, sizeof text, w.messages[i].topic, buf_cstr(&w.messages[i].payload));
	wish_finish(&w);
	free(json);
	return text;
}
