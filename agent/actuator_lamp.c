/* A simulated lamp: on/off, brightness and colour, in Home Assistant's JSON schema
 * for lights. Main thread. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "actuator.h"
#include "base/err.h"
#include "base/list.h"

enum { MAX_COMMAND_BYTES = 1024 };

struct lamp_state {
	bool on;
	uint8_t brightness, red, green, blue;
};

struct lamp {
	struct actuator actuator;
	struct lamp_state state;
};

/* A whole number 0..255 under key. Absent leaves *value_r. */
static int take_byte(const json_t *object, const char *key, bool required, uint8_t *value_r)
{
	const json_t *value = json_object_get(object, key);
	if (!value)
		return required ? ERR_MALFORMED : 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 255)
		return ERR_MALFORMED;
	*value_r = (uint8_t)json_integer_value(value);
	return 0;
}

/* Changes *state as the command says, or returns ERR_MALFORMED with *state half
 * changed. Keys of the schema that this lamp has no use for (transition, effect) pass. */
static int apply(const json_t *command, struct lamp_state *state)
{
	const json_t *on = json_object_get(command, "state"), *colour = json_object_get(command, "color");
	bool bright = json_object_get(command, "brightness") != NULL;
	if (!json_is_object(command) || (!on && !bright && !colour))
		return ERR_MALFORMED;
	state->on = true; /* to ask for a colour or brightness is to switch on */
	if (on && (!json_is_string(on) || actuator_parse_switch(span_str(json_string_value(on)), &state->on)))
		return ERR_MALFORMED;
	int err = take_byte(command, "brightness", false, &state->brightness);
	if (!err && colour && !json_is_object(colour))
		err = ERR_MALFORMED;
	if (!err && colour)
		err = take_byte(colour, "r", true, &state->red);
	if (!err && colour)
		err = take_byte(colour, "g", true, &state->green);
	if (!err && colour)
		err = take_byte(colour, "b", true, &state->blue);
	if (!err && bright && state->brightness == 0)
		state->on = false;
	return err;
}

static int command(struct actuator *actuator, struct span payload)
{
	struct lamp *lamp = container_of(actuator, struct lamp, actuator);
	if (payload.len > MAX_COMMAND_BYTES)
		return ERR_MALFORMED;
	json_t *json = json_loadb((const char *)payload.data, payload.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json)
		return ERR_MALFORMED;
	struct lamp_state state = lamp->state;
	int err = apply(json, &state);
	json_decref(json);
	if (err)
		return err;
	/* darkest and off is off: the next ON brings the last light back */
	if (state.brightness == 0)
		state.brightness = lamp->state.brightness;
	lamp->state = state;
	return 0;
}

static int report(struct actuator *actuator, struct buf *out)
{
	const struct lamp_state *s = &container_of(actuator, struct lamp, actuator)->state;
	return buf_printf(out,
			  "{\"state\":\"%s\",\"brightness\":%u,\"color_mode\":\"rgb\","
			  "\"color\":{\"r\":%u,\"g\":%u,\"b\":%u}}",
			  s->on ? "ON" : "OFF", s->brightness, s->red, s->green, s->blue);
}

static void destroy(struct actuator *actuator)
{
	free(container_of(actuator, struct lamp, actuator));
}

static const struct actuator_ops ops = {command, report, destroy};

int actuator_lamp_add(struct actuator **head, struct entities *entities, const struct conf *conf)
{
	for (size_t i = 0; i < conf->lamps.count; i++) {
		struct lamp *lamp = calloc(1, sizeof *lamp);
		if (!lamp)
			return ERR_NOMEM;
		const char *name = conf->lamps.items[i];
		lamp->state = (struct lamp_state){false, 200, 255, 180, 107};
		lamp->actuator.ops = &ops;
		lamp->actuator.entity = entities_add(entities, ENTITY_LIGHT, name, name, NULL);
		if (!lamp->actuator.entity) {
			free(lamp);
			return 0;
		}
		lamp->actuator.next = *head;
		*head = &lamp->actuator;
	}
	return 0;
}
