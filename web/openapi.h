/* The API's description: OpenAPI 3.1.1, made from the route table and the tables of operation.h. */
#ifndef WEB_OPENAPI_H
#define WEB_OPENAPI_H

#include "base/buf.h"
#include "model/ports.h"

enum { OPENAPI_ETAG_SIZE = 40 };

/* One form of it. */
struct openapi_body {
	struct buf bytes;
	char etag[OPENAPI_ETAG_SIZE]; /* quoted hash of the bytes */
};

struct openapi {
	struct openapi_body plain, gzip;
};

/* Makes the description of this hub in both forms. Returns 0 or ERR_NOMEM; *openapi_r is the caller's and immutable. */
int openapi_create(const struct hub_info *hub, struct openapi **openapi_r);
void openapi_destroy(struct openapi **openapi);

struct json_out;
struct route;
struct field;

/* openapi_schema.c: what components and operations are made of. */
/* Writes the JSON Schema of a value, or of a parameter. */
void openapi_field(struct json_out *o, const struct field *v);
/* Writes the member "schemas" of the components. */
void openapi_schemas(struct json_out *o);
/* Writes {"$ref":"#/components/<kind>/<name>"}. */
void openapi_ref(struct json_out *o, const char *kind, const char *name);

/* openapi_operation.c: one route. */
void openapi_operation(struct json_out *o, const struct route *route);

#endif
