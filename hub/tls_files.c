/* The files behind the broker's TLS: at start and on SIGHUP. Main thread. */
#include "main/tls_files.h"

#include <sodium.h>

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

enum { MAX_FILE_BYTES = 4 * 1024 * 1024 };

static int read_file(const char *path, const char *setting, struct buf *content, char message_r[256])
{
	int err = buf_read_file(content, path, MAX_FILE_BYTES);
	if (err)
		str_format(message_r, 256, "cannot read %s = %.128s: %s", setting, path, err_text(err));
	return err;
}

int tls_files_read(const struct conf *conf, struct span certificate, struct span key, struct tls_files *files,
		   struct tls_config *config_r, char message_r[256])
{
	*files = (struct tls_files){0};
	*config_r = (struct tls_config){
		.certificate = certificate, .key = key, .clients = (enum tls_clients)conf->mqtt.tls_clients, .alpn = "mqtt"};
	int err = 0;
	if (config_r->clients != TLS_CLIENTS_OFF)
		err = read_file(conf->mqtt.tls_client_ca, "tls_client_ca", &files->client_ca, message_r);
	if (!err && conf->mqtt.tls_psk_file[0])
		err = read_file(conf->mqtt.tls_psk_file, "tls_psk_file", &files->psk, message_r);
	if (!err && conf->mqtt.tls_psk_file[0] && !buf_cstr(&files->psk)) /* an empty file is one, too: with data */
		err = ERR_NOMEM;
	config_r->client_ca = buf_span(&files->client_ca);
	config_r->psk = buf_span(&files->psk);
	return err;
}

void tls_files_finish(struct tls_files *files)
{
	if (files->psk.data)
		sodium_memzero(files->psk.data, files->psk.cap);
	buf_finish(&files->psk);
	buf_finish(&files->client_ca);
}
