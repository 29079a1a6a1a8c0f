/* Where things stand, as the house has told it: which room each device is in, and whose each series is. Guests are shown live
 * events by that. No locking: whoever owns it has its lock. */
#ifndef WEB_PLACES_H
#define WEB_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "model/rooms.h"

/* Zeroed: nothing is known. */
struct places {
	struct map devices, series;
};

void places_finish(struct places *p);

/* The device is in the room from now on; room NULL: it is no more. before_r: the room it was in until now, "" for none or a device
 * that was not known. Returns 0 or ERR_NOMEM: then it is not known, and nobody with chosen rooms sees it. */
int places_put_device(struct places *p, const char *device, const char *room, char before_r[MODEL_NAME_SIZE]);

/* The series is the device's; device NULL: it is no more. Returns 0 or ERR_NOMEM. */
int places_put_series(struct places *p, int64_t series, const char *device);

/* Whether whoever sees these rooms sees the device, the series. What is not known is seen by those who see all. */
bool places_sees_device(const struct places *p, const struct rooms *rooms, const char *device);
bool places_sees_series(const struct places *p, const struct rooms *rooms, int64_t series);

#endif
