/* What one needs to trust this hub: told to everybody, also without encryption, as the authority's certificate is. It holds
 * no secret. Pool threads. */
#include <string.h>

#include "base/str.h"
#include "web/problem.h"
#include "web/qr.h"
#include "web/routes.h"

/* Where a phone fetches the certificate by its camera: unencrypted, as it trusts nothing yet. */
static int ca_url(const struct web_services *sv, const struct request *rq, char url_r[320])
{
	const bool six = strchr(rq->host, ':') != NULL, plain = sv->hub.http_port != 0;
	return str_format(url_r, 320, "%s://%s%s%s:%u/ca.pem", plain ? "http" : "https", six ? "[" : "", rq->host, six ? "]" : "",
			  (unsigned)(plain ? sv->hub.http_port : sv->hub.https_port));
}

void ca_facts(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	char url[320];
	struct buf svg = {0};
	int err = ca_url(sv, rq, url);
	if (!err)
		err = qr_draw(url, &svg);
	if (err)
		problem_from_err(rs, err, "address");
	else
		response_json(rs, 200, json_pack("{s:s, s:s, s:s#, s:i}", "ca_fingerprint", sv->ca_fingerprint, "ca_url", url, "ca_qr_svg",
						 (const char *)svg.data, (int)svg.len, "https_port", (int)sv->hub.https_port));
	buf_finish(&svg);
}
