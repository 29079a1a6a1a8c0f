/* The store's id in hub.db. Main thread, at opening. A backup carries it, so that a restored hub finds its history. */
#include "db/store_id.h"

#include <stdint.h>

#include "base/rand.h"
#include "base/span.h"
#include "db/conn.h"

int store_id(struct conn *hub, char id_r[STORE_ID_SIZE])
{
	struct query q;
	query_begin(&q, hub, "SELECT value FROM setting WHERE name = 'store-id'");
	bool found = query_next(&q);
	if (found)
		query_take_bytes(&q, (uint8_t *)id_r, STORE_ID_SIZE - 1);
	int err = query_end(&q);
	id_r[STORE_ID_SIZE - 1] = 0;
	if (err || found)
		return err;
	rand_name(id_r, STORE_ID_SIZE - 1);
	query_begin(&q, hub, "INSERT INTO setting (name, value) VALUES ('store-id', ?)");
	query_put_blob(&q, span_str(id_r));
	return query_run(&q);
}
