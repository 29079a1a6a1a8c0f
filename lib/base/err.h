/* The one error enum of tomte and its text table.
 *
 * Functions return 0 (ERR_OK) or one of these negative codes; a prototype
 * lists those that its callers should expect. A code says what kind of thing
 * went wrong; the log line beside it says to whom and what helps. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/* name, value, text for people */
#define ERR_TABLE(X) \
	X(ERR_OK, 0, "success") \
	X(ERR_NOMEM, -1, "out of memory") \
	X(ERR_INVALID, -2, "invalid argument") \
	X(ERR_MALFORMED, -3, "malformed data") \
	X(ERR_PROTOCOL, -4, "protocol violation") \
	X(ERR_TOO_LARGE, -5, "too large") \
	X(ERR_FULL, -6, "no room left") \
	X(ERR_AGAIN, -7, "not now, try again") \
	X(ERR_CLOSED, -8, "closed") \
	X(ERR_IO, -9, "input/output error") \
	X(ERR_NOT_FOUND, -10, "not found") \
	X(ERR_EXISTS, -11, "exists already") \
	X(ERR_DENIED, -12, "denied") \
	X(ERR_EXPIRED, -13, "expired") \
	X(ERR_BUSY, -14, "busy") \
	X(ERR_TIMEOUT, -15, "timed out") \
	X(ERR_UNSUPPORTED, -16, "not supported") \
	X(ERR_CONFIG, -17, "bad settings") \
	X(ERR_NEWER, -18, "written by a newer tomte") \
	X(ERR_DAMAGED, -19, "damaged data") \
	X(ERR_CRYPTO, -20, "cryptographic check failed") \
	X(ERR_DISK_FULL, -21, "disk full") \
	X(ERR_STATE, -22, "not in this state")

enum err {
#define ERR_ENUM(name, value, text) name = value,
	ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
};

/* Text of a code, for log lines and messages. Returns a static string, also
 * for codes that are none of ours. */
const char *err_text(int code);

/* The code that stands nearest to a C library's errno (ENOMEM, ENOSPC,
 * EACCES, …); ERR_IO for all that have no nearer one. */
int err_from_errno(int errno_value);

#endif
