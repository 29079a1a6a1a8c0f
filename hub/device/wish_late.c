/* What must not be done long after it was asked. Pure, any thread. A lamp that goes on when its device is back does no harm; a door that opens hours later,
 * with nobody there, does. So does a siren that goes off at night. Securing may wait: a lock may lock, a gate or a valve may close, a siren may fall silent.
 * A press means now: what it sets off only the button knows, and often it is a door's. So does a stop. */
#include <string.h>

#include "device/wish.h"

static bool is_word(const struct wish *w, const char *word)
{
	return w->asked.value.kind == VALUE_TEXT && strcmp(w->asked.value.text, word) == 0;
}

/* Whether it does no more than give shade or air. All others may be a way into the house or out of it, or a valve: a cover whose class nobody has
 * told is often a garage door on a relay. An awning is no match for the weather that may have come meanwhile. */
static bool is_harmless(const struct entity *e)
{
	static const char *const classes[] = {"blind", "curtain", "damper", "shade", "shutter"};
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (strcmp(e->device_class, classes[i]) == 0)
			return true;
	return false;
}

static bool sounds(const struct entity *e, const struct wish *w)
{
	return e->siren && (w->asked.value.kind != VALUE_ON_OFF || w->asked.value.on);
}

static bool closes(const struct wish *w)
{
	bool placed = state_has(&w->asked, PROPERTY_POSITION), worded = w->asked.value.kind != VALUE_NONE;
	if (placed && state_number(&w->asked, PROPERTY_POSITION) >= 0.5)
		return false;
	return worded ? is_word(w, "CLOSE") : placed; /* a word and a position may contradict each other */
}

bool wish_may_wait(const struct entity *e, const struct wish *w)
{
	switch (e->component) {
	case COMPONENT_BUTTON: return false;
	case COMPONENT_LOCK: return is_word(w, "LOCK");
	case COMPONENT_COVER: return !is_word(w, "STOP") && (is_harmless(e) || closes(w));
	case COMPONENT_SWITCH: return !sounds(e, w);
	default: return true;
	}
}
