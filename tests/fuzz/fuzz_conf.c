/* The settings file: any text gives a snapshot whose values keep the table's rules, or at least one problem. */
#include <stdlib.h>

#include "base/err.h"
#include "conf/conf_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool truth)
{
	if (!truth)
		abort();
}

static void check_values(const struct conf *c)
{
	check(c->mqtt.workers >= 1 && c->mqtt.workers <= 64);
	check(c->mqtt.tls_port && c->web.https_port);
	check(c->mqtt.tls_address && c->mqtt.plain_address && c->web.address && c->hub.web_dir && c->hub.admin_socket);
	check(c->web.hosts.count <= 32);
	check(c->mqtt.allow_unencrypted || !c->mqtt.plain_port || strncmp(c->mqtt.plain_address, "127.", 4) == 0 ||
	      strcmp(c->mqtt.plain_address, "::1") == 0);
	for (size_t i = 0; i < conf_option_count; i++)
		check(conf_option_equal(&conf_options[i], c, c));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *conf;
	struct buf problems = {0};
	int err = conf_parse(span_of(data, size), "fuzz", &conf, &problems);
	check(err == 0 || err == ERR_CONFIG);
	check((err == ERR_CONFIG) == (problems.len > 0));
	check((err == 0) == (conf != NULL));
	if (conf)
		check_values(conf);
	conf_destroy(&conf);
	buf_finish(&problems);
	return 0;
}
