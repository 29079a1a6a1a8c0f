/* A provisioning key is made for whoever asked, and answered with its QR code. Pool threads; a code never reaches a log. */
#include "web/key_answer.h"

#include <sodium.h>

#include "base/err.h"
#include "web/hosts.h"
#include "web/operation.h"
#include "web/problem.h"
#include "web/qr.h"

bool key_read_ttl(const struct request *rq, struct enrol_key_request *key_r, struct response *rs)
{
	const json_t *ttl = json_object_get(rq->body, "ttl_s");
	if (ttl && (!json_is_integer(ttl) || json_integer_value(ttl) < KEY_TTL_LEAST_S || json_integer_value(ttl) > KEY_TTL_MOST_S)) {
		problem_field(rs, 422, "ttl_s", "A key lives 60 to 86400 seconds.");
		return false;
	}
	key_r->ttl_s = json_integer_value(ttl);
	return true;
}

static void answer_new(const struct buf *made, struct response *rs)
{
	json_t *key = json_loadb((const char *)made->data, made->len, 0, NULL);
	const char *qr = json_string_value(json_object_get(key, "qr"));
	struct buf svg = {0};
	if (qr && qr_draw(qr, &svg) == 0 && buf_cstr(&svg))
		json_object_set_new(key, "qr_svg", json_string(buf_cstr(&svg)));
	buf_finish(&svg);
	response_json(rs, 201, key);
}

void key_answer(const struct web_services *sv, const struct request *rq, struct enrol_key_request *key, struct response *rs)
{
	/* The QR leads a device to the hub by the name that worked for the browser; the
	 * admin on this machine says one or gets its address. */
	char address[64];
	const char *wish = request_text(rq, "host", 1, 253);
	char host[256];
	if (wish && hosts_parse(wish, host) == 0) {
		key->host = host;
	} else if (rq->peer.loopback || rq->peer.transport == TRANSPORT_LOCAL) {
		hosts_primary_address(sv->address, address, sizeof address);
		key->host = address[0] ? address : rq->host;
	} else {
		key->host = rq->host;
	}
	struct buf made = {0};
	int err = sv->ports.enrol.key_new(sv->ports.enrol.ctx, key, &made);
	if (err == ERR_UNSUPPORTED)
		problem_coded(rs, 422, "of_others", NULL, "This is a device of others: choose the device that takes its place.");
	else if (err == ERR_NOT_FOUND)
		problem_from_err(rs, err, "device");
	else if (err == ERR_FULL)
		problem_coded(rs, 409, "keys_full", NULL, "There are too many live keys. Revoke one first.");
	else if (err)
		problem_from_err(rs, err, "key");
	else
		answer_new(&made, rs);
	if (made.data)
		sodium_memzero(made.data, made.len);
	buf_finish(&made);
}
