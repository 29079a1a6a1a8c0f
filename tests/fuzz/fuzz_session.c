/* A client that says CONNECT and then anything: the broker must neither crash
 * nor let go of its other clients. The input's first byte picks the protocol version and whether a CONNECT
 * is put in front; the rest is the stream. The broker runs on its own thread, over real sockets. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct broker *broker;
static uint16_t port;
static int witness; /* another client, which must stay */

static void check(int truth)
{
	if (!truth)
		abort();
}

static int dial(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
	return fd;
}

static void stop(void)
{
	close(witness);
	broker_destroy(&broker);
}

static void start(void)
{
	struct broker_config config = broker_config_default();
	config.workers = 2;
	config.max_packet_bytes = 65536;
	config.max_queued_bytes = 65536;
	config.max_session_expiry_s = 1;
	struct access_table *table = NULL;
	char message[256];
	log_set_level(LOG_LEVEL_ERROR);
	check(sodium_init() >= 0 && access_table_create_open(&table) == 0);
	check(broker_create(&config, NULL, table, &broker) == 0);
	check(broker_listen(broker, "127.0.0.1", 0, NULL, &port, message) == 0 && broker_start(broker) == 0);
	access_table_unref(&table);
	witness = dial();
	/* a name that no mutant hits upon: whoever says it takes over */
	static const char hello[] = "\x10\x1e\0\4MQTT\x04\x02\0\0\0\x12the-witness-of-all";
	uint8_t answer[4];
	check(send(witness, hello, sizeof hello - 1, MSG_NOSIGNAL) == sizeof hello - 1);
	check(recv(witness, answer, sizeof answer, MSG_WAITALL) == sizeof answer && answer[3] == 0);
	atexit(stop);
}

/* Reads until the broker closes, which it does once it has seen our end. */
static void drain(int fd)
{
	uint8_t bytes[4096];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	do
		check(poll(&p, 1, 20000) == 1);
	while (recv(fd, bytes, sizeof bytes, 0) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!broker)
		start();
	if (size < 1 || size > 60000)
		return 0;
	static const char v4[] = "\x10\x0d\0\4MQTT\x04\x00\0\0\0\1f";
	static const char v5[] = "\x10\x13\0\4MQTT\x05\x02\0\0\x05\x11\0\0\0\x01\0\1f";
	int fd = dial();
	if (data[0] & 1)
		send(fd, v4, sizeof v4 - 1, MSG_NOSIGNAL);
	else if (data[0] & 2)
		send(fd, v5, sizeof v5 - 1, MSG_NOSIGNAL);
	send(fd, data + 1, size - 1, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	drain(fd);
	close(fd);
	uint8_t answer[2];
	check(send(witness, "\xc0\0", 2, MSG_NOSIGNAL) == 2);
	check(recv(witness, answer, 2, MSG_WAITALL) == 2 && answer[0] == 0xd0);
	return 0;
}
