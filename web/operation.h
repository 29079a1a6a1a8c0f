/* What the routes take and answer, for the API's description and for the check of what comes in: one table of operations, whose rows
 * belong to the rows of routes.c by their handler, and one of schemas, the objects that travel. Immutable, any thread. */
#ifndef WEB_OPERATION_H
#define WEB_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "web/routes.h"

enum field_type {
	FIELD_TEXT,   /* min..max: bytes of UTF-8 without control characters */
	FIELD_ID,     /* of a device or entity: 1..32 of [A-Za-z0-9_-] */
	FIELD_INT,    /* min..max; both 0: any */
	FIELD_NUMBER, /* likewise */
	FIELD_BOOL,
	FIELD_TIME,   /* ms since 1970, UTC */
	FIELD_CHOICE, /* one of the words in `of` */
	FIELD_OBJECT, /* of the schema that `of` names */
};

enum field_flags {
	FIELD_OPTIONAL = 1, /* may be absent; parameters of a path never are */
	FIELD_NULL = 2,     /* may be null */
	FIELD_LIST = 4,     /* an array of such values */
};

/* A parameter of a path or query, or a member of an object. */
struct field {
	const char *name;
	enum field_type type;
	unsigned flags;
	const char *text; /* a sentence */
	const char *of;   /* FIELD_CHOICE: "one|other"; FIELD_OBJECT: a schema; FIELD_TIME: a word that may stand instead, or NULL */
	int64_t min, max;
	int64_t standard; /* of a parameter that is a number and absent; 0: none */
};

/* An object that travels, or, with `json`, something else. */
struct schema {
	const char *name, *text;
	const struct field *members; /* in the order that they are written in */
	size_t count;
	const char *json;    /* JSON Schema instead of members; NULL */
	const char *example; /* JSON; NULL */
};

/* The schema with the name, or NULL; of all: by number, NULL behind the last. */
const struct schema *schema_find(const char *name);
const struct schema *schema_at(size_t i);

/* Bounds that handlers and description share, where no header of the thing itself has them. */
enum {
	ALERTS_STANDARD = 50,
	ALERTS_MAX = 200,
	COMMANDS_STANDARD = 50,
	COMMANDS_MAX = 200,
	COMMAND_WAIT_S = 300, /* for a device that is away */
	COMMAND_WAIT_MOST_S = 7 * 24 * 3600,
	KEY_TTL_LEAST_S = 60,
	KEY_TTL_MOST_S = 86400,
	POINTS_STANDARD = 600, /* of a chart */
	POINTS_LEAST = 2,
};

enum { OPERATION_ERRORS_MAX = 6 };

enum operation_flags {
	OPERATION_PAGED = 1,    /* a list: answers the array `list` of `answer` and leads on by Link and "next" */
	OPERATION_LIVE = 2,     /* the answer has a "cursor" for /live */
	OPERATION_ETAG = 4,     /* answers an ETag that an edit can name */
	OPERATION_IF_MATCH = 8, /* takes it */
	OPERATION_CACHED = 16,  /* answers an ETag that If-None-Match can name */
	OPERATION_TRIES = 32,   /* only so many a minute: 429 */
};

struct operation {
	void (*handle)(const struct web_services *sv, const struct request *rq, struct response *rs); /* the route's; NULL: /mqtt */
	const char *id;    /* operationId: unique */
	const char *group; /* one of operation_groups */
	const struct field *parameters; /* of path and query */
	size_t parameter_count;
	const char *body;        /* a schema; NULL: none, or bytes */
	int status;              /* of success */
	const char *answer;      /* a schema; NULL: none, or bytes */
	const char *answer_type; /* NULL: application/json, where there is an answer */
	const char *list;        /* OPERATION_PAGED: the member with the array */
	unsigned flags;
	unsigned short errors[OPERATION_ERRORS_MAX]; /* besides those that follow from the route; 0 behind the last */
	const char *text; /* what the route's sentence leaves open; NULL */
};

/* The operation of a route; NULL for one that nobody has described, which a test finds. */
const struct operation *operation_of(const struct route *route);

/* Its parameter with the name, or NULL. */
const struct field *operation_parameter(const struct operation *operation, const char *name);

/* Whether the parameter stands in the route's path. */
bool operation_in_path(const struct route *route, const struct field *parameter);

struct operation_group {
	const char *name, *text;
};
/* The groups in the order of the description. */
const struct operation_group *operation_groups(size_t *count_r);

/* The events of /api/v1/live: name, schema of its data, sentence. */
struct live_event {
	const char *name, *schema, *text;
};
const struct live_event *live_events(size_t *count_r);

/* What the tables are made of, one for each part of the API. */
struct operations {
	const struct operation *items;
	size_t count;
};
extern const struct operations operations_account, operations_devices, operations_bundles, operations_history, operations_hub;
struct schemas {
	const struct schema *items;
	size_t count;
};
extern const struct schemas schemas_account, schemas_devices, schemas_bundles, schemas_history, schemas_hub;

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define PARAMETERS(array) .parameters = (array), .parameter_count = COUNT_OF(array)
#define MEMBERS(array) .members = (array), .count = COUNT_OF(array)

#endif
