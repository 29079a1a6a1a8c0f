/* How the hub is doing: counters for the owner and for `tomtectl doctor`. Pool threads. */
#include <sys/statvfs.h>

#include "web/problem.h"
#include "web/routes.h"
#include "web/setup.h"

static json_t *disk(const char *path)
{
	struct statvfs fs;
	if (statvfs(path, &fs))
		return json_null();
	return json_pack("{s:I, s:I}", "free_bytes", (json_int_t)(fs.f_bavail * fs.f_frsize), "total_bytes",
			 (json_int_t)(fs.f_blocks * fs.f_frsize));
}

void api_health(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	(void)rq;
	json_t *json = json_pack("{s:s, s:s, s:b, s:o, s:I}", "version", sv->hub.version, "ca_fingerprint",
				 sv->ca_fingerprint, "set_up", (int)!setup_needed(sv->setup), "disk",
				 disk(sv->hub.state_dir), "now", (json_int_t)clock_wall().ms);
	struct buf others = {0};
	if (sv->ports.health && sv->ports.health(sv->ports.health_ctx, &others) == 0) {
		json_t *more = json_loadb((const char *)others.data, others.len, 0, NULL);
		json_object_update_missing(json, more);
		json_decref(more);
	}
	buf_finish(&others);
	response_json(rs, 200, json);
}
