/* The interface of fake_store.h over the real store in a temporary directory: the
 * same scenes, played against the files. Failures cannot be ordered here. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/history.h"
#include "support/fake_store.h"

static char directory[64]; /* one store per test process */

struct store *fake_store_create(void)
{
	struct store *store;
	char message[512];
	memcpy(directory, "/tmp/tomte-house-XXXXXX", 24);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_msg(store_open(&(struct store_options){.state_dir = directory}, &store, message) == 0, "%s", message);
	return store;
}

void fake_store_destroy(struct store **store)
{
	char command[128];
	store_close(store);
	snprintf(command, sizeof command, "rm -r %s", directory);
	ck_assert_int_eq(system(command), 0);
}

/* One thread's writes are applied in order, but the house has its own: a blocking write of
 * ours is behind all that the house has made before. */
void fake_store_settle(struct store *store)
{
	ck_assert_int_eq(store_setting_put(store, "settled", span_str("1"), NULL), 0);
	ck_assert_int_eq(store_append(store, NULL, 0, NULL), 0);
}

void fake_store_fail(struct store *store, int err, bool refuse)
{
	(void)store;
	(void)err;
	(void)refuse;
}
