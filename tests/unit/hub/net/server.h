/* The server's side of the stream tests: a loop, a listener, and the
 * certificate of a house made for the test. Globals: each test runs in a process of its own. */
#ifndef TESTS_NET_SERVER_H
#define TESTS_NET_SERVER_H

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/err.h"
#include "client.h"
#include "net/listener.h"
#include "net/pki.h"
#include "net/stream_private.h"
#include "support/scratch.h"

static struct scratch scratch;
static struct loop *loop;
static struct listener *listener;
static struct tls_server *tls;
static struct buf ca_pem, chain_pem, key_pem;
static struct loop_timer deadline;
static char message[256];

static void too_late(struct loop_timer *timer)
{
	(void)timer;
	ck_abort_msg("nothing happened for 20 s");
}

/* Makes a house in a new directory and loads its texts. */
static void server_make_house(const char *hub_id)
{
	struct pki_paths paths = {scratch.path, hub_id};
	bool renewed;
	ca_pem = chain_pem = key_pem = (struct buf){0};
	ck_assert_int_eq(pki_ensure(&paths, &renewed, message), 0);
	ck_assert_int_eq(pki_load(&paths, &ca_pem, &chain_pem, &key_pem), 0);
}

static void server_start(bool with_tls, const char *address, void (*accepted)(void *, struct stream *))
{
	scratch_create(&scratch);
	ck_assert_int_eq(loop_create(&loop, NULL), 0);
	if (with_tls) {
		server_make_house("k7m2q9x4ab");
		ck_assert_int_eq(tls_server_create(&(struct tls_config){.certificate = buf_span(&chain_pem), .key = buf_span(&key_pem)}, &tls, message), 0);
	}
	struct listener_config config = {.address = address, .tls = tls};
	ck_assert_msg(listener_create(loop, &config, accepted, NULL, &listener, message) == 0, "%s", message);
}

/* Runs the loop until something calls loop_stop. */
static void server_run(void)
{
	deadline.fire = too_late;
	loop_timer_arm(loop, &deadline, 20000);
	loop_run(loop, NULL);
	loop_timer_disarm(&deadline);
}

static void server_end(void)
{
	listener_destroy(&listener);
	tls_server_destroy(&tls);
	loop_destroy(&loop);
	buf_finish(&ca_pem);
	buf_finish(&chain_pem);
	buf_finish(&key_pem);
	scratch_remove(&scratch);
}

#endif
