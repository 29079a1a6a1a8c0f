/* Errors for people and programs: application/problem+json (RFC 9457). */
#ifndef WEB_PROBLEM_H
#define WEB_PROBLEM_H

#include "web/response.h"

/* A kind of problem: there is one for each status that the hub refuses with. */
struct problem_kind {
	int status;
	const char *name;  /* within the API's description */
	const char *title; /* the standard's phrase */
	const char *type;  /* URI reference (RFC 9457 §3.1.1): the page that explains it */
	const char *text;  /* the explanation */
	bool waits;        /* Retry-After says for how long */
};

/* All of them, by status. */
const struct problem_kind *problem_kinds(size_t *count_r);

/* The standard phrase of a status, of success too. Static. */
const char *problem_title(int status);

/* Replaces the answer by a problem; detail: one sentence that says what helps. */
void problem(struct response *rs, int status, const char *detail);

/* The same with a short code, by which a page says it in its reader's language, and the member that is wrong (NULL: none).
 * The codes are the keys of each catalogue's HUB.problems (static/js/text.<language>.js); code NULL: none. */
void problem_coded(struct response *rs, int status, const char *code, const char *field, const char *detail);

/* The same without a code. */
void problem_field(struct response *rs, int status, const char *field, const char *detail);

/* The problem that stands for an error of the store or a port: ERR_NOT_FOUND is
 * 404 "There is no such <what>.", ERR_BUSY 429, ERR_DISK_FULL 507, and so on. */
void problem_from_err(struct response *rs, int err, const char *what);

/* 422 of what a port has put into the answer's body with ERR_INVALID, {"field":text|null,"code":text|null,"detail":"…"} (model/ports.h); field and
 * detail stand in for what is missing there, field NULL: none. */
void problem_from_port(struct response *rs, const char *field, const char *detail);

/* The same as 409, of ERR_STATE. */
void problem_conflict_from_port(struct response *rs, const char *detail);

/* Says in a problem which path was asked for ("instance"). Nothing when the answer is none. path: as libmicrohttpd decoded it. */
void problem_instance(struct response *rs, const char *path);

/* 429 with Retry-After. */
void problem_too_many(struct response *rs, int retry_after_s);

#endif
