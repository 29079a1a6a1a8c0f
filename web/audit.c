/* Writing to the audit log. Any thread; does not wait for the disk. */
#include "web/audit.h"

#include "base/err.h"
#include "base/log.h"
#include "db/store.h"

static void written(void *ctx, int err)
{
	(void)ctx;
	if (err)
		log_warning("web", "a line of the audit log is lost: %s", err_text(err));
}

void audit(const struct web_services *sv, const char *who, const char *event, const char *detail)
{
	static const struct store_done dont_wait = {.fn = written, .ctx = NULL};
	int err = store_audit(sv->store, who, event, detail, &dont_wait);
	if (err)
		written(NULL, err);
}
