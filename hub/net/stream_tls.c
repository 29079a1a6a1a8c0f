/* Streams over TLS (GnuTLS, server's side). One receive call fetches a record with the head of the next, and
 * one send call carries what was written in pieces. Runs on the stream's loop; must not know certificates' files. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/span.h"
#include "net/stream_private.h"
#include "net/tls_private.h"

enum {
	RECORD_BYTES = 16384,       /* the largest record's content */
	WRITE_TURN_BYTES = 1 << 18, /* encrypted in one call at most, so that one peer does not hold the loop */
	AHEAD_BYTES = 1000,         /* read in advance: most records of MQTT; small enough for malloc's fast bins */
	MAX_HANDSHAKE_BYTES = 16384,
	IDLE_MESSAGES = 16,         /* warnings, key updates… that one call swallows */
};

struct stream_tls {
	struct stream base;
	struct stream_resume resume;
	gnutls_session_t session;
	struct tls_credentials *credentials; /* a reference */
	char *name;         /* owned; the client's, which TLS has proven; NULL: none */
	bool dead;          /* a fatal error: nothing more may be sent */

	/* GnuTLS asks for a record's head and then for its body. What the kernel gave beyond the question waits here. */
	uint8_t *ahead;     /* AHEAD_BYTES, owned; NULL while nothing waits */
	size_t ahead_at, ahead_len;

	/* Bytes that writev took, from the record on which the socket blocked. */
	uint8_t *held;      /* owned; NULL while nothing is held back */
	size_t held_at, held_len;
};

static struct stream_tls *tls_of(struct stream *s)
{
	return container_of(s, struct stream_tls, base);
}

/* ---- GnuTLS's transport ------------------------------------------------ */

/* Our error codes as the errno that GnuTLS wants to see. */
static ssize_t transport_result(struct stream_tls *t, ssize_t n)
{
	if (n >= 0)
		return n;
	gnutls_transport_set_errno(t->session, n == ERR_AGAIN ? EAGAIN : ECONNRESET);
	return -1;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const giovec_t *iov, int count)
{
	struct stream_tls *t = ptr;
	return transport_result(t, stream_send(t->base.watch.fd, iov, count));
}

static size_t take_ahead(struct stream_tls *t, void *data, size_t size)
{
	size_t n = size < t->ahead_len ? size : t->ahead_len;
	memcpy(data, t->ahead + t->ahead_at, n);
	t->ahead_at += n;
	t->ahead_len -= n;
	if (t->ahead_len == 0) {
		free(t->ahead);
		t->ahead = NULL;
	}
	return n;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t size)
{
	struct stream_tls *t = ptr;
	if (t->ahead)
		return (ssize_t)take_ahead(t, data, size);
	uint8_t *ahead = malloc(AHEAD_BYTES); /* NULL: then without reading ahead */
	struct iovec iov[2] = {{data, size}, {ahead, AHEAD_BYTES}};
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = ahead ? 2 : 1};
	ssize_t n = stream_receive(t->base.watch.fd, &message);
	if (n <= (ssize_t)size) {
		free(ahead);
		return transport_result(t, n);
	}
	t->ahead = ahead;
	t->ahead_at = 0;
	t->ahead_len = (size_t)n - size;
	return (ssize_t)size;
}

/* ---- stream_ops -------------------------------------------------------- */

/* Our code for GnuTLS's; notes when the session is beyond use. */
static int to_err(struct stream_tls *t, ssize_t rc)
{
	if (rc == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED || !gnutls_error_is_fatal((int)rc))
		return ERR_AGAIN;
	t->dead = true;
	switch (rc) {
	case GNUTLS_E_PREMATURE_TERMINATION:
	case GNUTLS_E_PUSH_ERROR:
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_SESSION_EOF:
	case GNUTLS_E_INVALID_SESSION:
	case GNUTLS_E_FATAL_ALERT_RECEIVED: return ERR_CLOSED;
	case GNUTLS_E_MEMORY_ERROR: return ERR_NOMEM;
	default: return ERR_PROTOCOL;
	}
}

/* The client has shown who it is, if it has. Resumed sessions are judged again: the authority may be another one. */
static int identify(struct stream_tls *t)
{
	const char *why = "";
	int err = tls_credentials_identify(t->credentials, t->session, &t->name, &why);
	if (err) {
		log_info("tls", "%s: connection refused: %s", stream_address(&t->base.peer).text, err == ERR_DENIED ? why : err_text(err));
		gnutls_alert_send(t->session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
		t->dead = true;
	}
	return err;
}

static int tls_handshake(struct stream *s, unsigned *events_r)
{
	struct stream_tls *t = tls_of(s);
	int rc = GNUTLS_E_AGAIN;
	/* Not fatal and not AGAIN: a warning, behind which more may already have been read. */
	for (int i = 0; i < IDLE_MESSAGES; i++) {
		rc = gnutls_handshake(t->session);
		if (rc == 0)
			return identify(t);
		if (rc == GNUTLS_E_AGAIN || gnutls_error_is_fatal(rc))
			break;
	}
	int err = to_err(t, rc);
	if (err == ERR_AGAIN) {
		*events_r = gnutls_record_get_direction(t->session) ? LOOP_WRITE : LOOP_READ;
	} else {
		log_debug(stream_address(&s->peer).text, "TLS handshake failed: %s", gnutls_strerror(rc));
		gnutls_alert_send_appropriate(t->session, rc);
	}
	return err;
}

static bool tls_pending(struct stream *s)
{
	struct stream_tls *t = tls_of(s);
	return t->ahead || gnutls_record_check_pending(t->session) > 0;
}

static ssize_t tls_read(struct stream *s, void *data, size_t size)
{
	struct stream_tls *t = tls_of(s);
	ssize_t n = GNUTLS_E_AGAIN;
	/* Messages without content (key updates, warnings) also give AGAIN, though content
	 * may follow in what has been read ahead. */
	for (int i = 0; i < IDLE_MESSAGES; i++) {
		n = gnutls_record_recv(t->session, data, size);
		if (n >= 0)
			return n;
		if (gnutls_error_is_fatal((int)n) || n == GNUTLS_E_REHANDSHAKE || !t->ahead)
			break;
	}
	if (n == GNUTLS_E_REHANDSHAKE) { /* TLS 1.2 renegotiation: costs us much and nobody needs it */
		t->dead = true;
		return ERR_PROTOCOL;
	}
	return to_err(t, n);
}

static void drop_held(struct stream_tls *t)
{
	free(t->held);
	t->held = NULL;
}

static int tls_flush(struct stream *s)
{
	struct stream_tls *t = tls_of(s);
	/* The first call after AGAIN must be without data: it finishes the record that GnuTLS
	 * has encrypted already, and tells how many bytes that was. */
	ssize_t n = gnutls_record_send(t->session, NULL, 0);
	while (n >= 0) {
		t->held_at += (size_t)n;
		if (t->held_at == t->held_len) {
			drop_held(t);
			return 0;
		}
		n = gnutls_record_send(t->session, t->held + t->held_at, t->held_len - t->held_at);
	}
	return to_err(t, n);
}

/* Takes over bytes whose first record GnuTLS could not get rid of. */
static int hold_back(struct stream_tls *t, const uint8_t *data, size_t len)
{
	t->held = malloc(len);
	if (!t->held) {
		t->dead = true; /* a part of a record is on the wire: there is no way back */
		return ERR_NOMEM;
	}
	memcpy(t->held, data, len);
	t->held_at = 0;
	t->held_len = len;
	t->base.unflushed = true;
	return 0;
}

/* Sends len bytes or holds back the rest. Returns 0 or an error. */
static int send_all(struct stream_tls *t, const uint8_t *data, size_t len)
{
	while (len) {
		/* less than len: the client negotiated small records */
		ssize_t n = gnutls_record_send(t->session, data, len);
		if (n < 0) {
			int err = to_err(t, n);
			return err == ERR_AGAIN ? hold_back(t, data, len) : err;
		}
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A place in a vector. */
struct cursor {
	const struct iovec *iov;
	int count;
	size_t offset;
};

/* The next record's content: within the vector itself when a piece is large, else gathered in scratch. */
static struct span next_record(struct cursor *c, uint8_t scratch[RECORD_BYTES])
{
	size_t len = 0;
	while (c->count && len < RECORD_BYTES) {
		const uint8_t *piece = (const uint8_t *)c->iov->iov_base + c->offset;
		size_t left = c->iov->iov_len - c->offset;
		if (len == 0 && left >= RECORD_BYTES) {
			c->offset += RECORD_BYTES;
			return span_of(piece, RECORD_BYTES);
		}
		size_t n = left < RECORD_BYTES - len ? left : RECORD_BYTES - len;
		if (n)
			memcpy(scratch + len, piece, n);
		len += n;
		c->offset += n;
		if (n == left) {
			c->iov++;
			c->count--;
			c->offset = 0;
		}
	}
	return span_of(scratch, len);
}

static ssize_t tls_writev(struct stream *s, const struct iovec *iov, int count)
{
	struct stream_tls *t = tls_of(s);
	if (t->dead)
		return ERR_CLOSED;
	if (s->unflushed) {
		int err = tls_flush(s);
		if (err)
			return err;
		s->unflushed = false;
	}
	uint8_t scratch[RECORD_BYTES];
	struct cursor cursor = {.iov = iov, .count = count};
	size_t sent = 0;
	while (sent < WRITE_TURN_BYTES && !s->unflushed) {
		struct span record = next_record(&cursor, scratch);
		if (record.len == 0)
			break;
		int err = send_all(t, record.data, record.len);
		if (err)
			return err;
		sent += record.len;
	}
	return (ssize_t)sent;
}

static void tls_destroy(struct stream *s)
{
	struct stream_tls *t = tls_of(s);
	if (t->session && !t->dead && s->open && (!s->unflushed || tls_flush(s) == 0))
		gnutls_bye(t->session, GNUTLS_SHUT_WR);
	if (t->session)
		gnutls_deinit(t->session);
	tls_credentials_unref(t->credentials);
	free(t->ahead);
	free(t->name);
	drop_held(t);
	stream_close_socket(s->watch.fd);
	free(t);
}

static const char *tls_proven(const struct stream *s)
{
	return ((const struct stream_tls *)(const void *)((const char *)s - offsetof(struct stream_tls, base)))->name;
}

static const struct stream_ops tls_ops = {
	.name = "tls",
	.handshake = tls_handshake,
	.read = tls_read,
	.writev = tls_writev,
	.pending = tls_pending,
	.flush = tls_flush,
	.destroy = tls_destroy,
	.proven = tls_proven,
};

static int start_session(struct stream_tls *t)
{
	int rc = gnutls_init(&t->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
	if (rc < 0)
		return rc;
	rc = tls_credentials_use(t->credentials, t->session);
	gnutls_handshake_set_max_packet_length(t->session, MAX_HANDSHAKE_BYTES);
	gnutls_transport_set_ptr(t->session, t);
	gnutls_transport_set_pull_function(t->session, pull);
	gnutls_transport_set_vec_push_function(t->session, push);
	return rc;
}

int stream_tls_create(int fd, const struct sockaddr *peer, struct tls_server *tls, struct stream **stream_r)
{
	struct stream_tls *t = calloc(1, sizeof *t);
	if (!t) {
		close(fd);
		return ERR_NOMEM;
	}
	stream_init(&t->base, &tls_ops, fd, peer);
	t->base.resume = &t->resume;
	t->credentials = tls_server_credentials(tls);
	if (start_session(t) < 0) {
		tls_destroy(&t->base);
		return ERR_NOMEM;
	}
	*stream_r = &t->base;
	return 0;
}
