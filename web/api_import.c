/* Importing an uploaded file. Pool threads; the import itself goes on behind the port. */
#include "base/err.h"
#include "base/str.h"
#include "web/audit.h"
#include "web/problem.h"
#include "web/routes.h"

void api_import_start(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const struct transfer_port *port = &sv->ports.transfer;
	const char *format = request_query(rq, "format"), *series = request_query(rq, "series");
	char detail[128];
	const struct transfer_import request = {.path = rq->upload, .bytes = rq->upload_bytes,
						       .format = format ? format : "", .series = series ? series : "",
						       .by = rq->identity.name};
	int err = port->import_start(port->ctx, &request);
	if (err == ERR_INVALID)
		problem_coded(rs, 422, "import_format", "format", "format is csv, or homeassistant for its database home-assistant_v2.db.");
	else if (err == ERR_BUSY)
		problem_coded(rs, 409, "import_running", NULL, "Another import is running. Wait until it is done, or stop it.");
	else if (err)
		problem_from_err(rs, err, "series");
	if (err)
		return;
	str_format(detail, sizeof detail, "%s, %llu bytes", request.format, (unsigned long long)request.bytes);
	audit(sv, rq->identity.name, "import", detail);
	response_json_text(rs, 202, port->import_status(port->ctx, &rs->body));
}

void api_import_status(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	(void)rq;
	response_json_text(rs, 200, sv->ports.transfer.import_status(sv->ports.transfer.ctx, &rs->body));
}

void api_import_cancel(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int err = sv->ports.transfer.import_cancel(sv->ports.transfer.ctx);
	if (err) {
		problem_from_err(rs, err, "import running");
		return;
	}
	audit(sv, rq->identity.name, "import stopped", "");
	response_empty(rs, 204);
}
