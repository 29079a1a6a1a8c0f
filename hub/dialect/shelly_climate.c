/* Shelly's thermostats: that of a wall display, and valves that are heard by Bluetooth (shelly-api-docs, Thermostat and BluTrv). Pure, any
 * thread. */
#include <string.h>

#include "dialect/shelly_private.h"

static const char *const mode[] = {"mode_state_topic", "mode_state_template"};
static const char *const set_mode[] = {"mode_command_topic", "mode_command_template"};
static const char *const target[] = {"temperature_state_topic", "temperature_state_template"};
static const char *const set_target[] = {"temperature_command_topic", "temperature_command_template"};
static const char *const current[] = {"current_temperature_topic", "current_temperature_template"};
static const char *const action[] = {"action_topic", "action_template"};

static json_t *add_climate(struct shelly *s, const struct shelly_part *part, double low, double high)
{
	json_t *c = shelly_entity(s, part, NULL, "climate", NULL);
	form_set(&s->form, c, "min_temp", json_real(low));
	form_set(&s->form, c, "max_temp", json_real(high));
	form_set(&s->form, c, "temp_step", json_real(0.5));
	shelly_report(s, c, part, target, "{{ s.target_C }}");
	shelly_report(s, c, part, current, "{{ s.current_C }}");
	return c;
}

void shelly_thermostat(struct shelly *s, const struct shelly_part *part)
{
	const char *type = json_string_value(json_object_get(part->config, "type"));
	bool cools = type && strcmp(type, "cooling") == 0;
	json_t *c = add_climate(s, part, 5, 35);
	form_set(&s->form, c, "modes", json_pack("[ss]", "off", cools ? "cool" : "heat"));
	shelly_report(s, c, part, mode,
		      cools ? "{% if s.enable is defined %}{{ 'cool' if s.enable else 'off' }}{% endif %}"
			    : "{% if s.enable is defined %}{{ 'heat' if s.enable else 'off' }}{% endif %}");
	shelly_report(s, c, part, action,
		      cools ? "{% if s.output is defined %}{{ 'cooling' if s.output else 'idle' }}{% endif %}"
			    : "{% if s.output is defined %}{{ 'heating' if s.output else 'idle' }}{% endif %}");
	shelly_call(s, c, part, set_mode, "Thermostat.SetConfig", "\"config\":{\"enable\":{{ 'false' if value == 'off' else 'true' }}}");
	shelly_call(s, c, part, set_target, "Thermostat.SetConfig", "\"config\":{\"target_C\":{{ value }}}");
}

/* It heats whenever it is colder than it should be: there is no other mode. */
void shelly_valve(struct shelly *s, const struct shelly_part *part)
{
	json_t *c = add_climate(s, part, 4, 30);
	form_set(&s->form, c, "modes", json_pack("[s]", "heat"));
	shelly_report(s, c, part, mode, "{% if s.target_C is defined %}heat{% endif %}");
	shelly_report(s, c, part, action, "{% if s.pos is defined %}{{ 'heating' if s.pos > 0 else 'idle' }}{% endif %}");
	shelly_call(s, c, part, set_target, "BluTrv.Call", "\"method\":\"TRV.SetTarget\",\"params\":{\"id\":0,\"target_C\":{{ value }}}");
	shelly_measures(s, part);
}
