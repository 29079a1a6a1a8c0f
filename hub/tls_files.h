/* What the broker's TLS is made of, read from where the settings say. */
#ifndef HUB_TLS_FILES_H
#define HUB_TLS_FILES_H

#include "base/buf.h"
#include "conf/conf.h"
#include "net/tls.h"

/* Zeroed is empty. */
struct tls_files {
	struct buf client_ca, psk;
};

/* Reads the files that the settings name, and fills config_r, which borrows from files and from the hub's certificate and key (PEM).
 * Blocks. Returns 0 or an error of reading, with message_r. Call tls_files_finish in any case. */
int tls_files_read(const struct conf *conf, struct span certificate, struct span key, struct tls_files *files,
		   struct tls_config *config_r, char message_r[256]);

/* Wipes and frees. */
void tls_files_finish(struct tls_files *files);

#endif
