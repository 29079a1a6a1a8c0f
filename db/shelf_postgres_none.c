/* Stands in for the shelf in PostgreSQL in a build without libpq. */
#include "base/err.h"
#include "base/str.h"
#include "db/shelf.h"

int shelf_open_postgres(const char *conninfo, const char *hub, struct shelf **shelf_r, char message_r[512])
{
	(void)conninfo, (void)hub;
	*shelf_r = NULL;
	(void)str_copy(message_r, 512,
		       "This tomte-hub was built without PostgreSQL (configure --with-postgresql); keep the history in "
		       "telemetry.db.");
	return ERR_UNSUPPORTED;
}
