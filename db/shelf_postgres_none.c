/* The shelf in a PostgreSQL database, in a hub that was built without libpq. */
#include "base/err.h"
#include "base/str.h"
#include "db/migrate.h"
#include "db/shelf.h"

int shelf_open_postgres(const char *conninfo, const char *hub, struct shelf **shelf_r, char message_r[STORE_MESSAGE_SIZE])
{
	(void)conninfo, (void)hub;
	*shelf_r = NULL;
	(void)str_format(message_r, STORE_MESSAGE_SIZE,
			 "This tomte-hub was built without PostgreSQL: leave the setting database empty, or install a hub built with it.");
	return ERR_UNSUPPORTED;
}
