/* What the machine asks for its own services, in CPU time: goals that were set on one machine mean little on another where a
 * system call costs ten times as much, as it does under some hypervisors. */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench/load/load.h"

enum { CALLS = 200000, SENDS = 50000, SEND_BYTES = 91, PAGES = 4096, PAGE_BYTES = 4096 };

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double syscall_us(void)
{
	double begin = cpu_us();
	for (int i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	return (cpu_us() - begin) / CALLS;
}

/* A connection to ourselves: sends on one end, receives on the other. */
static double send_us(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	uint8_t data[SEND_BYTES] = {0};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), from = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || from < 0 || bind(listener, (struct sockaddr *)&address, len) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &len) < 0 || connect(from, (struct sockaddr *)&address, len) < 0)
		load_fail("no loopback connection");
	int to = accept(listener, NULL, NULL);
	double begin = cpu_us();
	for (int i = 0; i < SENDS; i++)
		if (send(from, data, sizeof data, 0) != SEND_BYTES || recv(to, data, sizeof data, MSG_WAITALL) != SEND_BYTES)
			load_fail("the loopback connection broke");
	double us = (cpu_us() - begin) / SENDS;
	close(to);
	close(from);
	close(listener);
	return us;
}

static double page_us(void)
{
	uint8_t *pages = mmap(NULL, (size_t)PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		load_fail("out of memory");
	double begin = cpu_us();
	for (size_t i = 0; i < PAGES; i++)
		((volatile uint8_t *)pages)[i * PAGE_BYTES] = 1;
	double us = (cpu_us() - begin) / PAGES;
	munmap(pages, (size_t)PAGES * PAGE_BYTES);
	return us;
}

int scenario_machine(struct load *l)
{
	report_begin("machine", l->set.label, false);
	report_number("syscall_us", syscall_us(), 2);
	report_number("send_receive_us", send_us(), 2);
	report_number("page_us", page_us(), 2);
	report_end();
	return 0;
}
