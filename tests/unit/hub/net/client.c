/* The tests' client. Any thread, one at a time. */
#include "client.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void client_dial(struct client *c, const struct client_config *config)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(config->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(config->port), .sin6_addr = in6addr_loopback};
	*c = (struct client){0};
	c->fd = socket(config->ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(c->fd, 0);
	int size = 65536; /* small: the server soon meets short writes */
	ck_assert_int_eq(setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
	int failed = config->ipv6 ? connect(c->fd, (struct sockaddr *)&in6, sizeof in6)
				  : connect(c->fd, (struct sockaddr *)&in, sizeof in);
	ck_assert_int_eq(failed, 0);
}

int client_handshake(struct client *c, const struct client_config *config)
{
	if (!config->tls)
		return 0;
	ck_assert_int_eq(gnutls_init(&c->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL | GNUTLS_FORCE_CLIENT_CERT), 0);
	ck_assert_int_eq(gnutls_certificate_allocate_credentials(&c->credentials), 0);
	if (config->ca_pem) {
		gnutls_datum_t ca = {config->ca_pem->data, (unsigned)config->ca_pem->len};
		ck_assert_int_eq(gnutls_certificate_set_x509_trust_mem(c->credentials, &ca, GNUTLS_X509_FMT_PEM), 1);
		gnutls_session_set_verify_cert(c->session, config->name, 0);
		gnutls_server_name_set(c->session, GNUTLS_NAME_DNS, config->name, strlen(config->name));
	}
	ck_assert_int_eq(gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE, c->credentials), 0);
	ck_assert_int_eq(config->priorities ? gnutls_priority_set_direct(c->session, config->priorities, NULL)
					    : gnutls_set_default_priority(c->session), 0);
	if (config->session)
		ck_assert_int_eq(gnutls_session_set_data(c->session, config->session->data, config->session->size), 0);
	if (config->record_bytes)
		ck_assert_int_ge(gnutls_record_set_max_size(c->session, config->record_bytes), 0);
	if (config->prepare)
		config->prepare(c);
	gnutls_transport_set_int(c->session, c->fd);
	int rc;
	do
		rc = gnutls_handshake(c->session);
	while (rc < 0 && !gnutls_error_is_fatal(rc));
	return rc;
}

void client_connect(struct client *c, const struct client_config *config)
{
	client_dial(c, config);
	int rc = client_handshake(c, config);
	ck_assert_msg(rc == 0, "handshake: %s", gnutls_strerror(rc));
}

bool client_send(struct client *c, const void *data, size_t len)
{
	const uint8_t *p = data;
	while (len) {
		ssize_t n = c->session ? gnutls_record_send(c->session, p, len) : send(c->fd, p, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

ssize_t client_receive(struct client *c, void *data, size_t size)
{
	if (!c->session)
		return recv(c->fd, data, size, 0);
	ssize_t n;
	do
		n = gnutls_record_recv(c->session, data, size);
	while (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED);
	return n;
}

void client_shutdown(struct client *c)
{
	if (c->session)
		gnutls_bye(c->session, GNUTLS_SHUT_WR);
	else
		shutdown(c->fd, SHUT_WR);
}

void client_reset_on_close(struct client *c)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	ck_assert_int_eq(setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
}

void client_close(struct client *c)
{
	if (c->session)
		gnutls_deinit(c->session);
	if (c->credentials)
		gnutls_certificate_free_credentials(c->credentials);
	close(c->fd);
	*c = (struct client){.fd = -1};
}
