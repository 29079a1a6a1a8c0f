/* Making a provisioning key for whoever asked, with its QR code. Pool threads. */
#ifndef WEB_KEY_ANSWER_H
#define WEB_KEY_ANSWER_H

#include "model/ports.h"
#include "web/request.h"
#include "web/response.h"
#include "web/services.h"

/* The body's "ttl_s", which may be absent. False: it is wrong, and rs says so. */
bool key_read_ttl(const struct request *rq, struct enrol_key_request *key, struct response *rs);

/* Makes the key, which leads to the hub by the name that worked for the asker, or by the body's "host", and answers it. */
void key_answer(const struct web_services *sv, const struct request *rq, struct enrol_key_request *key, struct response *rs);

#endif
