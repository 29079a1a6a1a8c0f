/* QR codes (ISO/IEC 18004). */
#ifndef WEB_QR_H
#define WEB_QR_H

#include "base/buf.h"

/* Appends text as a drawing in SVG, with its quiet zone. Returns 0, ERR_TOO_LARGE (more than a code holds) or ERR_NOMEM. */
int qr_draw(const char *text, struct buf *svg);

#endif
