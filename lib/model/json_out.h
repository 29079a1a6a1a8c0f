/* JSON text, written straight into a buffer: what the rooms send to browsers.
 * Failure sticks: write everything, look at err once. Strings are escaped here
 * and nowhere else. Knows no parser. */
#ifndef MODEL_JSON_OUT_H
#define MODEL_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

struct json_out {
	struct buf *buf; /* borrowed; text is appended */
	int err;         /* 0, or ERR_NOMEM once something was lost: the text is useless then */
};

/* Appends text as it is: brackets, or a value that is JSON already. */
void json_out_raw(struct json_out *o, const char *text);

/* A comma, unless the last byte is an opening bracket: before each array element. */
void json_out_next(struct json_out *o);

/* The same, then "key": with a key that needs no escaping. */
void json_out_key(struct json_out *o, const char *key);

/* A value. s: valid UTF-8, NULL gives null. A number that is not finite gives null. */
void json_out_string(struct json_out *o, const char *s);
void json_out_number(struct json_out *o, double value);
void json_out_int(struct json_out *o, int64_t value);
void json_out_bool(struct json_out *o, bool value);

/* A member of an object: key and value. */
void json_out_member_string(struct json_out *o, const char *key, const char *s);
void json_out_member_int(struct json_out *o, const char *key, int64_t value);
void json_out_member_bool(struct json_out *o, const char *key, bool value);

/* A string member where the empty string stands for null. */
void json_out_member_text(struct json_out *o, const char *key, const char *s);

/* A time member in ms; 0 (never) gives null. */
void json_out_member_time(struct json_out *o, const char *key, struct wall_ms at);

#endif
