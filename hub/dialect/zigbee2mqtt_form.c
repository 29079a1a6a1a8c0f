/* What the components of Zigbee2MQTT's devices have in common: topics, templates for a key of the one JSON object that a
 * device reports and obeys, and texts of any length made to fit. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "dialect/zigbee2mqtt.h"

enum {
	CHOICES_MAX = 128, /* what a description may name of them */
	PROPERTY_MAX = 64, /* bytes of a key that templates and words are made of */
};

const char *z2m_text(const json_t *feature, const char *key)
{
	const char *text = json_string_value(json_object_get(feature, key));
	return text ? text : "";
}

unsigned z2m_access(const json_t *feature)
{
	return (unsigned)json_integer_value(json_object_get(feature, "access"));
}

const char *z2m_property(const json_t *feature)
{
	const char *property = z2m_text(feature, "property");
	bool fits = property[0] && strlen(property) <= PROPERTY_MAX && !strpbrk(property, "'\"\\{}%/+#");
	return fits ? property : NULL;
}

/* "window_detection" as "Window detection". */
static void beautify(char *text)
{
	if (text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	for (char *c = text; (c = strchr(c, '_'));)
		*c = ' ';
}

const char *z2m_title(const char *word, char name_r[MODEL_NAME_SIZE])
{
	form_fit(name_r, MODEL_NAME_SIZE, word);
	beautify(name_r);
	return name_r;
}

const char *z2m_label(const json_t *feature, char name_r[MODEL_NAME_SIZE])
{
	const char *label = z2m_text(feature, "label"), *endpoint = z2m_text(feature, "endpoint");
	char name[MODEL_NAME_SIZE];
	z2m_title(label[0] ? label : z2m_text(feature, "name"), name); /* before 1.34 there were no labels */
	bool told = !endpoint[0] || strstr(name, endpoint);
	char whole[2 * MODEL_NAME_SIZE], channel[64];
	form_fit(channel, sizeof channel, endpoint);
	int cut = str_format(whole, sizeof whole, told ? "%s" : "%s %s", name, channel);
	(void)cut; /* it fits */
	form_fit(name_r, MODEL_NAME_SIZE, whole);
	return name_r;
}

json_t *z2m_component(struct z2m *z, const char *native, const char *platform, const char *name)
{
	char id[MODEL_ID_SIZE], fit[MODEL_NAME_SIZE];
	form_id(id, native);
	if (name)
		form_fit(fit, sizeof fit, name);
	if (!json_object_get(z->form.components, id))
		return form_component(&z->form, native, platform, name ? fit : NULL);
	json_t *other = json_sprintf("%s_%s", native, platform);
	json_t *c = form_component(&z->form, other ? json_string_value(other) : native, platform, name ? fit : NULL);
	json_decref(other);
	return c;
}

void z2m_state_topic(struct z2m *z, json_t *component, const char *key)
{
	form_setf(&z->form, component, key, "%s/%s", z->base, z->name);
}

void z2m_command_topic(struct z2m *z, json_t *component, const char *key)
{
	form_setf(&z->form, component, key, "%s/%s/set", z->base, z->name);
}

void z2m_report(struct z2m *z, json_t *component, const char *topic_key, const char *template_key, const char *property)
{
	z2m_state_topic(z, component, topic_key);
	form_setf(&z->form, component, template_key, "{{ value_json['%s'] }}", property);
}

void z2m_command(struct z2m *z, json_t *component, const char *topic_key, const char *template_key, const char *property)
{
	z2m_command_topic(z, component, topic_key);
	form_setf(&z->form, component, template_key, "{\"%s\":{{ value }}}", property);
}

void z2m_command_string(struct z2m *z, json_t *component, const char *topic_key, const char *template_key, const char *property)
{
	z2m_command_topic(z, component, topic_key);
	form_setf(&z->form, component, template_key, "{\"%s\":{{ value | string | tojson }}}", property);
}

bool z2m_number(struct z2m *z, json_t *component, const char *key, const json_t *feature, const char *theirs)
{
	json_t *number = json_object_get(feature, theirs);
	if (!json_is_number(number))
		return false;
	form_set(&z->form, component, key, json_incref(number));
	return true;
}

void z2m_choices(struct z2m *z, json_t *component, const char *key, const json_t *feature)
{
	json_t *list = json_array();
	const json_t *values = json_object_get(feature, "values"), *value;
	size_t i;
	json_array_foreach(values, i, value) {
		char text[MODEL_NAME_SIZE] = "";
		if (json_is_string(value))
			(void)str_copy(text, sizeof text, json_string_value(value)); /* too long: empty */
		else if (json_is_number(value))
			str_from_double(text, sizeof text, json_number_value(value));
		if (text[0] && json_array_size(list) < CHOICES_MAX && json_array_append_new(list, json_string(text)) != 0)
			z->form.failed = true;
	}
	form_set(&z->form, component, key, list);
}

void z2m_gettable(struct z2m *z, const json_t *feature)
{
	if (z->gets && z2m_access(feature) & Z2M_GET && z2m_property(feature))
		form_set(&z->form, z->gets, z2m_property(feature), json_string(""));
}

void z2m_ask(struct z2m *z)
{
	if (z->gets && json_object_size(z->gets) > 0) {
		json_t *topic = json_sprintf("%s/%s/get", z->base, z->name);
		char *payload = json_dumps(z->gets, JSON_COMPACT);
		if (topic && payload)
			form_ask(&z->form, json_string_value(topic), payload);
		else
			z->form.failed = true;
		json_decref(topic);
		free(payload);
	}
	json_decref(z->gets);
	z->gets = NULL;
}
