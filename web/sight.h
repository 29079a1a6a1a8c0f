/* What of the house whoever asks may see: all of it, or the devices in a guest's rooms. What is outside is for them as if
 * it were not there. Handlers of devices go through house_port, which is given the rooms; these here are for the rest. Called on pool
 * threads; block on the store, but for those who see everything. */
#ifndef WEB_SIGHT_H
#define WEB_SIGHT_H

#include "web/request.h"
#include "web/services.h"

/* The devices seen, at one moment. */
struct sight {
	bool all;
	char (*devices)[MODEL_ID_SIZE]; /* owned; in order */
	size_t count;
};

/* sight_finish it, also after an error. Returns 0, ERR_NOMEM or an error of the store. */
int sight_open(const struct web_services *sv, const struct request *rq, struct sight *sight_r);
void sight_finish(struct sight *sight);

/* device "": what belongs to none is seen by those who see everything. */
bool sight_sees(const struct sight *sight, const char *device);

/* One series; also 0 when it does not exist: whoever reads it says so. Returns 0, ERR_NOT_FOUND or an error of the store. */
int sight_series(const struct web_services *sv, const struct request *rq, int64_t series);

#endif
