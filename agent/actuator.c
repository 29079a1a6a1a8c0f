/* What the switches among the actuators share. Main thread. */
#include "actuator.h"

#include "base/err.h"

int actuator_parse_switch(struct span payload, bool *on_r)
{
	*on_r = span_is(payload, "ON");
	return *on_r || span_is(payload, "OFF") ? 0 : ERR_MALFORMED;
}
