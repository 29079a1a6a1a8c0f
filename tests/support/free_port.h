/* A loopback port for a daemon under test: below the kernel's own range for connections, so that none can sit on it while
 * the daemon restarts, and claimed until this process ends by a UDP socket of the same number, as ports.mjs does it. */
#ifndef TESTS_SUPPORT_FREE_PORT_H
#define TESTS_SUPPORT_FREE_PORT_H

#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FREE_PORT_LOWEST = 10000, FREE_PORT_TRIES = 1000 };

/* A socket that holds the port, or -1 */
static inline int free_port_take(int type, uint16_t port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof sa) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline uint16_t free_port(void)
{
	unsigned ephemeral = 32768;
	FILE *range = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	ck_assert(range && fscanf(range, "%u", &ephemeral) == 1 && ephemeral > FREE_PORT_LOWEST);
	fclose(range);
	for (int tries = 0; tries < FREE_PORT_TRIES; tries++) {
		uint32_t random;
		ck_assert_int_eq(getrandom(&random, sizeof random, 0), sizeof random);
		uint16_t port = (uint16_t)(FREE_PORT_LOWEST + random % (ephemeral - FREE_PORT_LOWEST));
		int mark = free_port_take(SOCK_DGRAM, port); /* stays open */
		int fd = mark < 0 ? -1 : free_port_take(SOCK_STREAM, port);
		if (fd >= 0) {
			close(fd);
			return port;
		}
		if (mark >= 0)
			close(mark);
	}
	ck_abort_msg("no port below %u is free", ephemeral);
}

#endif
