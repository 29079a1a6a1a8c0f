/* Keys of Home Assistant's discovery: the short names of the long ones (its ABBREVIATIONS), and reading what is under them. */
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "device/homeassistant.h"
#include "mqtt/topic.h"

static const struct abbreviation {
	const char *full, *brief;
} abbreviations[] = { /* sorted by the long name */
	{"action_template", "act_tpl"},
	{"action_topic", "act_t"},
	{"availability", "avty"},
	{"availability_mode", "avty_mode"},
	{"availability_template", "avty_tpl"},
	{"availability_topic", "avty_t"},
	{"brightness_command_template", "bri_cmd_tpl"},
	{"brightness_command_topic", "bri_cmd_t"},
	{"brightness_scale", "bri_scl"},
	{"brightness_state_topic", "bri_stat_t"},
	{"brightness_value_template", "bri_val_tpl"},
	{"color_temp_command_template", "clr_temp_cmd_tpl"},
	{"color_temp_command_topic", "clr_temp_cmd_t"},
	{"color_temp_kelvin", "clr_temp_k"},
	{"color_temp_state_topic", "clr_temp_stat_t"},
	{"color_temp_value_template", "clr_temp_val_tpl"},
	{"command_template", "cmd_tpl"},
	{"command_topic", "cmd_t"},
	{"components", "cmps"},
	{"current_humidity_template", "curr_hum_tpl"},
	{"current_humidity_topic", "curr_hum_t"},
	{"current_temperature_template", "curr_temp_tpl"},
	{"current_temperature_topic", "curr_temp_t"},
	{"device", "dev"},
	{"device_class", "dev_cla"},
	{"direction_command_template", "dir_cmd_tpl"},
	{"direction_command_topic", "dir_cmd_t"},
	{"direction_state_topic", "dir_stat_t"},
	{"direction_value_template", "dir_val_tpl"},
	{"effect_command_template", "fx_cmd_tpl"},
	{"effect_command_topic", "fx_cmd_t"},
	{"effect_list", "fx_list"},
	{"effect_state_topic", "fx_stat_t"},
	{"effect_value_template", "fx_val_tpl"},
	{"entity_category", "ent_cat"},
	{"event_types", "evt_typ"},
	{"expire_after", "exp_aft"},
	{"fan_mode_command_template", "fan_mode_cmd_tpl"},
	{"fan_mode_command_topic", "fan_mode_cmd_t"},
	{"fan_mode_state_template", "fan_mode_stat_tpl"},
	{"fan_mode_state_topic", "fan_mode_stat_t"},
	{"hs_command_template", "hs_cmd_tpl"},
	{"hs_command_topic", "hs_cmd_t"},
	{"hs_state_topic", "hs_stat_t"},
	{"hs_value_template", "hs_val_tpl"},
	{"icon", "ic"},
	{"latest_version_template", "l_ver_tpl"},
	{"latest_version_topic", "l_ver_t"},
	{"manufacturer", "mf"},
	{"max_kelvin", "max_k"},
	{"max_mireds", "max_mirs"},
	{"min_kelvin", "min_k"},
	{"min_mireds", "min_mirs"},
	{"mode_command_template", "mode_cmd_tpl"},
	{"mode_command_topic", "mode_cmd_t"},
	{"mode_state_template", "mode_stat_tpl"},
	{"mode_state_topic", "mode_stat_t"},
	{"model", "mdl"},
	{"off_delay", "off_dly"},
	{"on_command_type", "on_cmd_type"},
	{"options", "ops"},
	{"origin", "o"},
	{"oscillation_command_template", "osc_cmd_tpl"},
	{"oscillation_command_topic", "osc_cmd_t"},
	{"oscillation_state_topic", "osc_stat_t"},
	{"oscillation_value_template", "osc_val_tpl"},
	{"payload_available", "pl_avail"},
	{"payload_close", "pl_cls"},
	{"payload_install", "pl_inst"},
	{"payload_lock", "pl_lock"},
	{"payload_not_available", "pl_not_avail"},
	{"payload_off", "pl_off"},
	{"payload_on", "pl_on"},
	{"payload_open", "pl_open"},
	{"payload_oscillation_off", "pl_osc_off"},
	{"payload_oscillation_on", "pl_osc_on"},
	{"payload_press", "pl_prs"},
	{"payload_stop", "pl_stop"},
	{"payload_unlock", "pl_unlk"},
	{"percentage_command_template", "pct_cmd_tpl"},
	{"percentage_command_topic", "pct_cmd_t"},
	{"percentage_state_topic", "pct_stat_t"},
	{"percentage_value_template", "pct_val_tpl"},
	{"platform", "p"},
	{"position_closed", "pos_clsd"},
	{"position_open", "pos_open"},
	{"position_template", "pos_tpl"},
	{"position_topic", "pos_t"},
	{"preset_mode_command_template", "pr_mode_cmd_tpl"},
	{"preset_mode_command_topic", "pr_mode_cmd_t"},
	{"preset_mode_state_topic", "pr_mode_stat_t"},
	{"preset_mode_value_template", "pr_mode_val_tpl"},
	{"preset_modes", "pr_modes"},
	{"retain", "ret"},
	{"rgb_command_template", "rgb_cmd_tpl"},
	{"rgb_command_topic", "rgb_cmd_t"},
	{"rgb_state_topic", "rgb_stat_t"},
	{"rgb_value_template", "rgb_val_tpl"},
	{"set_position_template", "set_pos_tpl"},
	{"set_position_topic", "set_pos_t"},
	{"speed_range_max", "spd_rng_max"},
	{"speed_range_min", "spd_rng_min"},
	{"state_class", "stat_cla"},
	{"state_closed", "stat_clsd"},
	{"state_closing", "stat_closing"},
	{"state_jammed", "stat_jam"},
	{"state_locked", "stat_locked"},
	{"state_locking", "stat_locking"},
	{"state_off", "stat_off"},
	{"state_on", "stat_on"},
	{"state_open", "stat_open"},
	{"state_opening", "stat_opening"},
	{"state_stopped", "stat_stopped"},
	{"state_template", "stat_tpl"},
	{"state_topic", "stat_t"},
	{"state_unlocked", "stat_unlocked"},
	{"state_unlocking", "stat_unlocking"},
	{"state_value_template", "stat_val_tpl"},
	{"suggested_area", "sa"},
	{"suggested_display_precision", "sug_dsp_prc"},
	{"supported_color_modes", "sup_clrm"},
	{"sw_version", "sw"},
	{"swing_mode_command_template", "swing_mode_cmd_tpl"},
	{"swing_mode_command_topic", "swing_mode_cmd_t"},
	{"swing_mode_state_template", "swing_mode_stat_tpl"},
	{"swing_mode_state_topic", "swing_mode_stat_t"},
	{"target_humidity_command_template", "hum_cmd_tpl"},
	{"target_humidity_command_topic", "hum_cmd_t"},
	{"target_humidity_state_template", "hum_state_tpl"},
	{"target_humidity_state_topic", "hum_stat_t"},
	{"temperature_command_template", "temp_cmd_tpl"},
	{"temperature_command_topic", "temp_cmd_t"},
	{"temperature_high_command_template", "temp_hi_cmd_tpl"},
	{"temperature_high_command_topic", "temp_hi_cmd_t"},
	{"temperature_high_state_template", "temp_hi_stat_tpl"},
	{"temperature_high_state_topic", "temp_hi_stat_t"},
	{"temperature_low_command_template", "temp_lo_cmd_tpl"},
	{"temperature_low_command_topic", "temp_lo_cmd_t"},
	{"temperature_low_state_template", "temp_lo_stat_tpl"},
	{"temperature_low_state_topic", "temp_lo_stat_t"},
	{"temperature_state_template", "temp_stat_tpl"},
	{"temperature_state_topic", "temp_stat_t"},
	{"temperature_unit", "temp_unit"},
	{"tilt_closed_value", "tilt_clsd_val"},
	{"tilt_command_template", "tilt_cmd_tpl"},
	{"tilt_command_topic", "tilt_cmd_t"},
	{"tilt_opened_value", "tilt_opnd_val"},
	{"tilt_status_template", "tilt_status_tpl"},
	{"tilt_status_topic", "tilt_status_t"},
	{"topic", "t"},
	{"unit_of_measurement", "unit_of_meas"},
	{"value_template", "val_tpl"},
	{"white_command_topic", "whit_cmd_t"},
	{"xy_command_template", "xy_cmd_tpl"},
	{"xy_command_topic", "xy_cmd_t"},
	{"xy_state_topic", "xy_stat_t"},
	{"xy_value_template", "xy_val_tpl"},
};

static int compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct abbreviation *)row)->full);
}

const json_t *ha_get(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (value)
		return value;
	const struct abbreviation *row =
		bsearch(key, abbreviations, sizeof abbreviations / sizeof *abbreviations, sizeof *abbreviations, compare);
	return row ? json_object_get(object, row->brief) : NULL;
}

void ha_fail(struct ha_parse *p, const char *key, const char *what)
{
	if (p->err != 0)
		return;
	p->err = ERR_MALFORMED;
	int cut = p->where ? str_format(p->message, DISCOVERY_MESSAGE_SIZE, "component %s, key %s: %s", p->where, key, what)
			   : str_format(p->message, DISCOVERY_MESSAGE_SIZE, "key %s: %s", key, what);
	(void)cut; /* a long component key only shortens the sentence */
}

void ha_note(struct ha_parse *p, const char *key, const char *what)
{
	if (p->out->note[0])
		return;
	int cut = str_format(p->out->note, DISCOVERY_MESSAGE_SIZE, "component %s, key %s: %s", p->where ? p->where : "(all)", key,
			     what);
	(void)cut;
}

void ha_text(struct ha_parse *p, const json_t *object, const char *key, char *dst, size_t size)
{
	const json_t *value = ha_get(object, key);
	if (!value || json_is_null(value))
		return;
	if (!json_is_string(value))
		ha_fail(p, key, "must be a string");
	else if (str_copy(dst, size, json_string_value(value)) != 0)
		ha_fail(p, key, "is too long");
}

void ha_number(struct ha_parse *p, const json_t *object, const char *key, double *number, double low, double high)
{
	const json_t *value = ha_get(object, key);
	if (!value || json_is_null(value))
		return;
	double n = json_number_value(value);
	bool is_number = json_is_number(value) || (json_is_string(value) && str_to_double(span_str(json_string_value(value)), &n) == 0);
	if (!is_number || !isfinite(n))
		ha_fail(p, key, "must be a number");
	else if (n < low || n > high)
		ha_fail(p, key, "is out of range");
	else
		*number = n;
}

bool ha_true(const json_t *object, const char *key)
{
	const json_t *value = ha_get(object, key);
	const char *word = json_string_value(value);
	return json_is_true(value) || (word && (strcmp(word, "true") == 0 || strcmp(word, "True") == 0 || strcmp(word, "1") == 0));
}

void ha_choices(struct ha_parse *p, const json_t *object, const char *key, struct choices *choices)
{
	const json_t *list = ha_get(object, key), *item;
	size_t i;
	if (!list || json_is_null(list))
		return;
	if (!json_is_array(list))
		ha_fail(p, key, "must be a list of strings");
	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item);
		if (!text || strlen(text) >= MODEL_NAME_SIZE) {
			ha_fail(p, key, "must hold strings of less than 128 bytes");
			return;
		}
		int err = choices_add(choices, text);
		if (err == ERR_FULL)
			ha_note(p, key, "has more than 256 items, of which the hub offers the first");
		else if (err)
			p->err = err;
		if (err)
			return;
	}
}

/* Writes a topic with its "~" filled in. Returns false when it does not fit. */
static bool fill_base(const struct ha_parse *p, const char *topic, char *dst, size_t size)
{
	size_t len = strlen(topic);
	if (!p->base || len == 0)
		return str_copy(dst, size, topic) == 0;
	if (topic[0] == '~')
		return str_format(dst, size, "%s%s", p->base, topic + 1) == 0;
	if (topic[len - 1] == '~')
		return str_format(dst, size, "%.*s%s", (int)(len - 1), topic, p->base) == 0;
	return str_copy(dst, size, topic) == 0;
}

bool ha_topic(struct ha_parse *p, const json_t *object, const char *key, enum topic_use use, char topic_r[DISCOVERY_TOPIC_SIZE])
{
	char topic[1024] = "", full[sizeof topic + 256];
	topic_r[0] = 0;
	ha_text(p, object, key, topic, sizeof topic);
	if (p->err != 0 || !topic[0])
		return false;
	bool filter = use == TOPIC_USE_REPORT && p->gate->filters;
	if (!fill_base(p, topic, full, sizeof full) || !(filter ? topic_filter_valid : topic_name_valid)(span_str(full))) {
		ha_fail(p, key, "is not a topic");
		return false;
	}
	const char *refusal = p->gate->refusal(p->gate->ctx, full, use);
	if (refusal)
		ha_note(p, key, refusal);
	else if (str_copy(topic_r, DISCOVERY_TOPIC_SIZE, full) != 0)
		ha_note(p, key, "is longer than the hub's topics and is not followed");
	return topic_r[0] != 0;
}
