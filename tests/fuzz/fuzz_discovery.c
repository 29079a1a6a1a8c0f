/* Descriptions, reports and wishes from arbitrary bytes: no crash, and never a
 * topic outside the device's own. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "device/discovery.h"
#include "device/report.h"
#include "device/wish.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int describe_pi(struct span payload, struct description *d, char *message)
{
	const struct topic_gate gate = topic_gate_own("pi");
	return discovery_read(payload, &gate, d, message);
}

/* The same bytes as a report on each channel of the entity and as a wish to it. */
static void use_entity(const struct entity *e, struct span payload)
{
	struct state state = {0};
	struct report report = {0};
	template_input_init(&report.input, payload);
	for (size_t i = 0; i < e->report_count; i++)
		(void)report_read(&report, e, &e->reports[i], &state);
	report_finish(&report);
	char *text = strndup((const char *)payload.data, payload.len);
	if (!text)
		return;
	struct wish wish;
	(void)wish_read(e, &state, text, &wish);
	wish_finish(&wish);
	free(text);
}

static void use_all(const struct description *d, struct span payload)
{
	for (size_t i = 0; i < d->entity_count; i++)
		use_entity(&d->entities[i], payload);
}

static const char everything[] =
	"{\"dev\":{\"ids\":[\"pi\"]},\"~\":\"tomte/pi\",\"cmps\":{"
	"\"lamp\":{\"p\":\"light\",\"schema\":\"json\",\"sup_clrm\":[\"rgb\",\"color_temp\"],\"stat_t\":\"~/state/lamp\",\"cmd_t\":\"~/set/lamp\"},"
	"\"strip\":{\"p\":\"light\",\"stat_t\":\"~/state/a\",\"cmd_t\":\"~/set/a\",\"xy_stat_t\":\"~/state/xy\",\"xy_cmd_t\":\"~/set/xy\"},"
	"\"blind\":{\"p\":\"cover\",\"pos_t\":\"~/state/pos\",\"set_pos_t\":\"~/set/pos\",\"cmd_t\":\"~/set/blind\"},"
	"\"heat\":{\"p\":\"climate\",\"mode_stat_t\":\"~/state/mode\",\"mode_cmd_t\":\"~/set/mode\",\"temp_cmd_t\":\"~/set/t\",\"temp_stat_t\":\"~/state/t\"},"
	"\"words\":{\"p\":\"sensor\",\"stat_t\":\"~/tele/w\",\"val_tpl\":\"{{ value_json.a | float | round(1) }}\"},"
	"\"ring\":{\"p\":\"event\",\"evt_typ\":[\"press\"],\"stat_t\":\"~/state/ring\"},"
	"\"fw\":{\"p\":\"update\",\"stat_t\":\"~/state/fw\",\"cmd_t\":\"~/set/fw\"}}}";

static bool is_own(const struct channel *channels, size_t count)
{
	static const char own[] = "tomte/pi/";
	for (size_t i = 0; i < count; i++)
		if (strncmp(channels[i].topic, own, sizeof own - 1) != 0)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span payload = span_of(size ? data : (const uint8_t *)"", size);
	struct description d;
	char message[DISCOVERY_MESSAGE_SIZE];
	int err = describe_pi(span_str(everything), &d, message);
	assert(err == 0 && !d.note[0]);
	use_all(&d, payload);
	description_finish(&d);

	err = describe_pi(payload, &d, message);
	assert(err == 0 || (message[0] && d.entity_count == 0));
	for (size_t i = 0; i < d.entity_count; i++) {
		const struct entity *e = &d.entities[i];
		assert(is_own(e->reports, e->report_count) && is_own(e->controls, e->control_count));
		use_entity(e, span_str("ON"));
	}
	description_finish(&d);
	return 0;
}
