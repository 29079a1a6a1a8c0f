/* Enrolment as HTTP carries it, and the CA for download. Pool threads; the
 * messages are opaque here. Errors are one text each, so that nobody learns
 * which keys live. */
#include "base/err.h"
#include "web/problem.h"
#include "web/routes.h"

static void answer(struct response *rs, int err)
{
	switch (err) {
	case 0:
		rs->status = 200;
		rs->content_type = "application/octet-stream";
		break;
	case ERR_MALFORMED:
	case ERR_TOO_LARGE:
		problem(rs, 400, "This is no enrolment message that the hub understands. Update the device's software.");
		break;
	case ERR_NOT_FOUND:
	case ERR_EXPIRED:
	case ERR_CRYPTO:
	case ERR_DENIED:
	case ERR_STATE:
		problem(rs, 403, "The hub does not accept this code. Make a new one and try again.");
		break;
	case ERR_BUSY:
		problem(rs, 409, "The device waits for approval on the hub's page. Try again then.");
		response_header(rs, "Retry-After", "5");
		break;
	case ERR_AGAIN:
	case ERR_FULL:
		problem_too_many(rs, 2);
		break;
	default:
		problem_from_err(rs, err, "enrolment");
		break;
	}
}

void enrol_step1(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const struct enrol_port *port = &sv->ports.enrol;
	answer(rs, port->step1(port->ctx, rq->peer.address, rq->bytes, &rs->body));
}

void enrol_step2(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const struct enrol_port *port = &sv->ports.enrol;
	answer(rs, port->step2(port->ctx, rq->peer.address, rq->bytes, &rs->body));
}

void enrol_ca(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	(void)rq;
	if (buf_append_str(&rs->body, sv->hub.ca_pem)) {
		problem_from_err(rs, ERR_NOMEM, "answer");
		return;
	}
	rs->status = 200;
	rs->content_type = "application/x-pem-file";
	response_header(rs, "Content-Disposition", "attachment; filename=\"tomte-ca.pem\"");
}
