/* Lines of the audit log that nobody waits for. */
#ifndef WEB_AUDIT_H
#define WEB_AUDIT_H

#include "web/services.h"

/* who: account name or address; detail: never a secret. Any thread. */
void audit(const struct web_services *sv, const char *who, const char *event, const char *detail);

#endif
