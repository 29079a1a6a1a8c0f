/* The settings file: any text gives settings within the table's rules, or at least one complaint. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool truth)
{
	if (!truth)
		abort();
}

static void check_values(const struct conf *c)
{
	check(c->mqtt.workers >= 1 && c->mqtt.workers <= 64);
	check(c->mqtt.tls_port >= 1 && c->mqtt.tls_port <= 65535 && c->web.https_port >= 1 && c->web.https_port <= 65535);
	check(memchr(c->web.hosts, 0, sizeof c->web.hosts) && memchr(c->hub.web_dir, 0, sizeof c->hub.web_dir));
	check(c->mqtt.allow_unencrypted || !c->mqtt.plain_port || strncmp(c->mqtt.plain_address, "127.", 4) == 0 ||
	      strcmp(c->mqtt.plain_address, "::1") == 0 || strcmp(c->mqtt.plain_address, "localhost") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *conf;
	struct buf complaints = {0};
	int err = conf_parse(span_of(data, size), &conf, &complaints);
	check(err == 0 || err == ERR_CONFIG);
	check((err == ERR_CONFIG) == (complaints.len > 0));
	check((err == 0) == (conf != NULL));
	if (conf)
		check_values(conf);
	conf_destroy(&conf);
	buf_finish(&complaints);
	return 0;
}
