/* The wish that a state answers: what a scene keeps. Pure, any thread. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "device/wish.h"

/* States of things that are told what to do rather than what to be. */
static const struct {
	enum component component;
	const char *state, *action;
} actions[] = {
	{COMPONENT_COVER, "open", "OPEN"},   {COMPONENT_COVER, "opening", "OPEN"},    {COMPONENT_COVER, "closed", "CLOSE"},
	{COMPONENT_COVER, "closing", "CLOSE"}, {COMPONENT_LOCK, "locked", "LOCK"},    {COMPONENT_LOCK, "locking", "LOCK"},
	{COMPONENT_LOCK, "unlocked", "UNLOCK"}, {COMPONENT_LOCK, "unlocking", "UNLOCK"},
};

static bool has_state(enum component component)
{
	return component != COMPONENT_BUTTON && component != COMPONENT_UPDATE && component != COMPONENT_EVENT;
}

/* The state's word as an action; where there is none, or a position says more, it is forgotten. */
static void act(const struct entity *e, struct state *wish)
{
	const char *word = wish->value.kind == VALUE_TEXT ? wish->value.text : "";
	const char *action = NULL;
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (actions[i].component == e->component && strcmp(actions[i].state, word) == 0)
			action = actions[i].action;
	if (action && !state_has(wish, PROPERTY_POSITION))
		state_set(wish, value_text(span_str(action)));
	else
		state_forget(wish, PROPERTY_STATE);
}

/* Words that it reports but does not take, as a lamp's "no effect". */
static bool takes_word(const struct entity *e, const struct state *s, enum property p)
{
	const struct choices *choices = p >= PROPERTY_FIRST_WORD ? entity_choices(e, p) : NULL;
	return !choices || choices_have(choices, span_str(state_word(s, p)));
}

static char *write(const struct entity *e, const struct state *wish)
{
	struct buf text = {0};
	struct json_out o = {.buf = &text};
	state_json(&o, wish, component_is_whole(e->component));
	json_t *json = o.err ? NULL : json_loadb((const char *)text.data, text.len, JSON_DECODE_ANY, NULL);
	buf_finish(&text);
	if (json_is_object(json) && json_is_null(json_object_get(json, "state")))
		json_object_del(json, "state");
	char *written = json ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	json_decref(json);
	return written;
}

int wish_capture(const struct entity *e, const struct state *state, char **json_r)
{
	struct state wish = *state;
	*json_r = NULL;
	if (e->control_count == 0 || !has_state(e->component))
		return ERR_UNSUPPORTED;
	for (enum property p = PROPERTY_STATE; p < PROPERTY_COUNT; p++)
		if (state_has(&wish, p) && (!entity_can(e, p) || !takes_word(e, &wish, p)))
			state_forget(&wish, p);
	if (e->component == COMPONENT_COVER || e->component == COMPONENT_LOCK)
		act(e, &wish);
	if (wish.value.kind == VALUE_ON_OFF && !wish.value.on)
		wish.known = 1 << PROPERTY_STATE; /* how it was when it was on is another matter */
	if (!wish.known)
		return ERR_NOT_FOUND;
	*json_r = write(e, &wish);
	return *json_r ? 0 : ERR_NOMEM;
}
