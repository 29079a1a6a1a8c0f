/* The opening handshake of WebSocket (RFC 6455 §4.2) as decisions about strings. Any thread. */
#ifndef WEB_WEBSOCKET_H
#define WEB_WEBSOCKET_H

#include <stdbool.h>

/* What a request says of itself, each header's lines joined by commas; NULL when absent. Borrowed. */
struct websocket_request {
	bool http_1_1;
	const char *upgrade, *connection, *version, *key, *protocols;
};

enum { WEBSOCKET_ACCEPT_SIZE = 29 };

struct websocket_answer {
	int status;          /* 101; 426 for what is no request of version 13, 400 for one that is wrong */
	const char *detail;  /* what is wrong; NULL for 101 */
	const char *protocol; /* the one chosen, static */
	char accept[WEBSOCKET_ACCEPT_SIZE];
};

/* Judges a request for MQTT: subprotocols "mqtt" and, of old clients, "mqttv3.1". */
void websocket_judge(const struct websocket_request *request, struct websocket_answer *answer_r);

#endif
