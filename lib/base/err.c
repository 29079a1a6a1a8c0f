/* Texts of the error codes. Any thread; knows nothing but its table. */
#include "base/err.h"

#include <errno.h>
#include <stddef.h>

const char *err_text(int code)
{
	static const struct {
		int code;
		const char *text;
	} texts[] = {
#define ERR_ROW(name, value, text) {value, text},
		ERR_TABLE(ERR_ROW)
#undef ERR_ROW
	};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (texts[i].code == code)
			return texts[i].text;
	return "unknown error";
}

int err_from_errno(int errno_value)
{
	switch (errno_value) {
	case 0: return ERR_OK;
	case ENOMEM: return ERR_NOMEM;
	case EINVAL: return ERR_INVALID;
	case EAGAIN: return ERR_AGAIN;
	case ENOENT: return ERR_NOT_FOUND;
	case EEXIST: return ERR_EXISTS;
	case EACCES:
	case EPERM: return ERR_DENIED;
	case ENOSPC:
	case EDQUOT: return ERR_DISK_FULL;
	case ETIMEDOUT: return ERR_TIMEOUT;
	case EPIPE:
	case ECONNRESET: return ERR_CLOSED;
	case EBUSY:
	case EADDRINUSE: return ERR_BUSY;
	default: return ERR_IO;
	}
}
