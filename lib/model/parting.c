/* Names of enum parting. */
#include "model/parting.h"

const char *parting_name(enum parting parting)
{
	static const char *const names[] = {
		[PARTING_NONE] = "",           [PARTING_GOODBYE] = "goodbye", [PARTING_WILL] = "will",
		[PARTING_TIMEOUT] = "timeout", [PARTING_CLOSED] = "closed",   [PARTING_ABSENT] = "absent",
		[PARTING_GATEWAY] = "gateway", [PARTING_REVOKED] = "revoked", [PARTING_REPLACED] = "replaced",
		[PARTING_MOVED] = "moved",
	};
	return (unsigned)parting < PARTING_COUNT ? names[parting] : "";
}
