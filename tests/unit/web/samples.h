/* A sample of a call for every route, and what each kind of caller is answered: the expectations of the matrix, written by hand. */
#ifndef TESTS_WEB_SAMPLES_H
#define TESTS_WEB_SAMPLES_H

#include "web/routes.h"

/* Everybody who may ask. Tokens are the owner's but for the last two. */
enum who {
	NOBODY,
	VIEWER,
	GUEST_INSIDE,  /* a guest who sees the hall, where the lamp is that samples are about */
	GUEST_OUTSIDE, /* a guest who sees the cellar */
	ADULT,
	OWNER,
	LOCAL, /* the admin on the Unix socket */
	TOKEN_OF_READ,
	TOKEN_OF_CONTROL,
	TOKEN_OF_ADMIN,
	TOKEN_OF_VIEWER, /* with scope admin */
	TOKEN_OF_GUEST,  /* who sees the cellar; scope admin */
	TOKEN_WRONG,
	MUST_CHANGE, /* an owner whose password somebody else chose */
	CROSS,       /* the owner's cookie, from another site's page */
	FORM,        /* the owner's cookie, in a request as a form makes it */
	WHO_COUNT,
};

/* What a path's "%lld" stands for: made anew for each call. */
enum spare { SPARE_NONE, SPARE_USER, SPARE_SESSION, SPARE_TOKEN };

struct sample_call {
	const char *method, *pattern, *path, *body; /* a body's "%lld": another number for each caller */
	int status[WHO_COUNT];
	enum spare spare; /* of SESSION and TOKEN: the caller's */
};

/* The sample of the route; fails the test when it has none. */
const struct sample_call *sample_of(const struct route *route);
size_t sample_count(void);

#endif
