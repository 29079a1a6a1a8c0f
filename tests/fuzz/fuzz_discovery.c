/* Descriptions, reports and wishes from arbitrary bytes: no crash, and never a
 * topic outside the device's own. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "device/command_value.h"
#include "device/discovery.h"
#include "device/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same bytes as a report of the entity and as a wish to it. */
static void use_entity(const struct entity *e, struct span payload)
{
	struct value value = {0};
	(void)report_read(e, payload, &value);
	char *text = strndup((const char *)payload.data, payload.len);
	if (!text)
		return;
	struct wish wish;
	(void)wish_read(e, &value, text, &wish);
	wish_finish(&wish);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char own[] = "tomte/pi/";
	const struct entity lamp = {.component = COMPONENT_LIGHT,
				    .command_topic = "tomte/pi/set/lamp",
				    .brightness = true,
				    .color_modes = COLOR_MODE_RGB};
	const struct entity words = {.component = COMPONENT_SENSOR};
	struct span payload = span_of(size ? data : (const uint8_t *)"", size);
	use_entity(&lamp, payload);
	use_entity(&words, payload);

	struct description d;
	char message[DISCOVERY_MESSAGE_SIZE];
	int err = discovery_homeassistant("pi", payload, &d, message);
	assert(err == 0 || (message[0] && d.entity_count == 0));
	for (size_t i = 0; i < d.entity_count; i++) {
		const struct entity *e = &d.entities[i];
		assert(!e->state_topic[0] || strncmp(e->state_topic, own, sizeof own - 1) == 0);
		assert(!e->command_topic[0] || strncmp(e->command_topic, own, sizeof own - 1) == 0);
		use_entity(e, span_str("ON"));
	}
	description_finish(&d);
	return 0;
}
