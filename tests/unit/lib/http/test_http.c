/* The HTTP client against a server of a few lines: it keeps the request for the
 * test to look at and gives the answer that the test chose. */
#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "http/http.h"

struct server {
	int listener;
	const char *answer;
	size_t answer_len;
	bool hang; /* keep the connection open behind the answer until the client goes */
	char request[4096];
	size_t request_len;
	pthread_t thread;
	char url[64];
};

/* Whether the request with its body of the length it names is complete. */
static bool complete(const struct server *s)
{
	const char *end = strstr(s->request, "\r\n\r\n");
	if (!end)
		return false;
	const char *length = strstr(s->request, "Content-Length: ");
	size_t body = length ? strtoul(length + 16, NULL, 10) : 0;
	return s->request_len >= (size_t)(end + 4 - s->request) + body;
}

static void *serve(void *arg)
{
	struct server *s = arg;
	int fd = accept(s->listener, NULL, NULL);
	while (!complete(s)) {
		ssize_t n = recv(fd, s->request + s->request_len, sizeof s->request - 1 - s->request_len, 0);
		if (n <= 0)
			break;
		s->request_len += (size_t)n;
	}
	send(fd, s->answer, s->answer_len, MSG_NOSIGNAL);
	char byte;
	while (s->hang && recv(fd, &byte, 1, 0) > 0)
		;
	close(fd);
	return NULL;
}

static void start(struct server *s, const char *answer)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	s->answer = answer;
	s->answer_len = strlen(answer);
	s->listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(s->listener, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(s->listener, 1), 0);
	getsockname(s->listener, (struct sockaddr *)&address, &size);
	snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d/enrol/1", ntohs(address.sin_port));
	ck_assert_int_eq(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void stop(struct server *s)
{
	pthread_join(s->thread, NULL);
	close(s->listener);
}

static struct http_request get(const char *url)
{
	return (struct http_request){.method = "GET", .url = url, .timeout_s = 20, .max_answer_bytes = 1000};
}

START_TEST(posts_bytes)
{
	struct server s = {0};
	struct http_answer answer;
	char message[256];
	start(&s, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	struct http_request request = get(s.url);
	request.method = "POST";
	request.content_type = "application/octet-stream";
	request.body = span_of("a\0b", 3);
	ck_assert_int_eq(http_perform(&request, &answer, message), 0);
	stop(&s);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(span_is(buf_span(&answer.body), "hello"));
	ck_assert_ptr_nonnull(strstr(s.request, "POST /enrol/1 HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(s.request, "Content-Type: application/octet-stream\r\n"));
	ck_assert_mem_eq(s.request + s.request_len - 3, "a\0b", 3);
	buf_finish(&answer.body);
}
END_TEST

START_TEST(gives_error_statuses_with_their_text)
{
	struct server s = {0};
	struct http_answer answer;
	char message[256];
	start(&s, "HTTP/1.1 403 Forbidden\r\nContent-Length: 14\r\n\r\n{\"detail\":\"x\"}");
	struct http_request request = get(s.url);
	ck_assert_int_eq(http_perform(&request, &answer, message), 0);
	stop(&s);
	ck_assert_int_eq(answer.status, 403);
	ck_assert(span_is(buf_span(&answer.body), "{\"detail\":\"x\"}"));
	ck_assert_ptr_nonnull(strstr(s.request, "GET /enrol/1 "));
	buf_finish(&answer.body);
}
END_TEST

START_TEST(follows_nobody_elsewhere)
{
	struct server s = {0};
	struct http_answer answer;
	char message[256];
	start(&s, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n");
	struct http_request request = get(s.url);
	ck_assert_int_eq(http_perform(&request, &answer, message), 0);
	stop(&s);
	ck_assert_int_eq(answer.status, 302);
	buf_finish(&answer.body);
}
END_TEST

START_TEST(limits_the_answer)
{
	struct server s = {0};
	struct http_answer answer;
	char message[256];
	start(&s, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	struct http_request request = get(s.url);
	request.max_answer_bytes = 4;
	ck_assert_int_eq(http_perform(&request, &answer, message), ERR_TOO_LARGE);
	stop(&s);
	ck_assert_ptr_null(answer.body.data);
}
END_TEST

START_TEST(times_out)
{
	struct server s = {.hang = true};
	struct http_answer answer;
	char message[256];
	start(&s, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
	struct http_request request = get(s.url);
	request.timeout_s = 1;
	ck_assert_int_eq(http_perform(&request, &answer, message), ERR_TIMEOUT);
	stop(&s);
	ck_assert_str_ne(message, "");
}
END_TEST

START_TEST(says_why_it_failed)
{
	struct server s = {0};
	struct http_answer answer;
	char message[256];
	struct http_request request = get("ftp://127.0.0.1/x");
	ck_assert_int_eq(http_perform(&request, &answer, message), ERR_IO);
	ck_assert_str_ne(message, "");
	start(&s, "rubbish\r\n\r\n");
	request = get(s.url);
	ck_assert_int_eq(http_perform(&request, &answer, message), ERR_IO);
	stop(&s);
	/* the port is closed now */
	ck_assert_int_eq(http_perform(&request, &answer, message), ERR_IO);
	ck_assert_ptr_nonnull(strstr(message, "127.0.0.1"));
}
END_TEST

START_TEST(speaks_to_unix_sockets)
{
	struct server s = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", .answer_len = 40};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	s.answer_len = strlen(s.answer);
	snprintf(address.sun_path, sizeof address.sun_path, "/tmp/test-http-%d", (int)getpid());
	s.listener = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(s.listener, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(s.listener, 1), 0);
	ck_assert_int_eq(pthread_create(&s.thread, NULL, serve, &s), 0);
	struct http_request request = get("http://tomte/api/v1/hub");
	struct http_answer answer;
	char message[256];
	request.unix_socket = address.sun_path;
	ck_assert_int_eq(http_perform(&request, &answer, message), 0);
	stop(&s);
	unlink(address.sun_path);
	ck_assert(span_is(buf_span(&answer.body), "ok"));
	ck_assert_ptr_nonnull(strstr(s.request, "GET /api/v1/hub "));
	buf_finish(&answer.body);
}
END_TEST

struct collected {
	struct buf data;
	size_t enough; /* bytes */
};

static int collect(void *ctx, struct span piece)
{
	struct collected *c = ctx;
	ck_assert_int_eq(buf_append(&c->data, piece.data, piece.len), 0);
	return c->data.len >= c->enough;
}

START_TEST(streams_until_the_caller_has_enough)
{
	struct server s = {.hang = true};
	struct collected c = {.enough = 8};
	char message[256];
	start(&s, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n");
	struct http_request request = get(s.url);
	ck_assert_int_eq(http_stream(&request, collect, &c, message), 0);
	stop(&s);
	ck_assert(span_is(buf_span(&c.data), "data: x\n\n"));
	buf_finish(&c.data);
}
END_TEST

START_TEST(streams_until_the_server_ends)
{
	struct server s = {0};
	struct collected c = {.enough = 1000};
	char message[256];
	start(&s, "HTTP/1.1 200 OK\r\n\r\ndata: x\n\n");
	struct http_request request = get(s.url);
	ck_assert_int_eq(http_stream(&request, collect, &c, message), 0);
	stop(&s);
	ck_assert_uint_eq(c.data.len, 9);
	buf_finish(&c.data);
}
END_TEST

START_TEST(no_error_page_passes_for_a_stream)
{
	struct server s = {0};
	struct collected c = {.enough = 1000};
	char message[256];
	start(&s, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
	struct http_request request = get(s.url);
	ck_assert_int_eq(http_stream(&request, collect, &c, message), ERR_IO);
	stop(&s);
	ck_assert_uint_eq(c.data.len, 0);
	ck_assert_ptr_nonnull(strstr(message, "401"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http");
	TCase *tcase = tcase_create("http");
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, posts_bytes);
	tcase_add_test(tcase, gives_error_statuses_with_their_text);
	tcase_add_test(tcase, follows_nobody_elsewhere);
	tcase_add_test(tcase, limits_the_answer);
	tcase_add_test(tcase, times_out);
	tcase_add_test(tcase, says_why_it_failed);
	tcase_add_test(tcase, speaks_to_unix_sockets);
	tcase_add_test(tcase, streams_until_the_caller_has_enough);
	tcase_add_test(tcase, streams_until_the_server_ends);
	tcase_add_test(tcase, no_error_page_passes_for_a_stream);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
