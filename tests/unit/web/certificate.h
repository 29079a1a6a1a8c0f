/* A throw-away certificate for 127.0.0.1, made in memory. */
#ifndef TESTS_WEB_CERTIFICATE_H
#define TESTS_WEB_CERTIFICATE_H

#include "base/buf.h"

void certificate_make(struct buf *certificate_pem, struct buf *key_pem);

#endif
