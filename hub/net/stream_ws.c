/* Streams over WebSocket, which run over another stream: its bytes are frames. On the stream's loop; must not know what
 * carries the frames, nor MQTT.
 *
 * A message of ours is what one writev brings. When the stream below takes only a part of it, later calls fill it
 * up: its header has promised so many bytes, of whatever comes next. Control frames wait until it is full. */
#include "net/stream_ws.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "net/stream_private.h"
#include "net/ws_frames.h"

enum {
	MAX_PIECES = 64,        /* of a vector, in one call */
	MESSAGE_BYTES = 1 << 18, /* of one message: a browser hands out nothing before its end */
	FRAME_BYTES = WS_HEADER_BYTES + WS_CONTROL_BYTES,
};

/* Bytes that must go before any others: the rest of a header, or control frames. */
struct held {
	uint16_t at, len;
	uint8_t data[2 * FRAME_BYTES];
};

/* The newest ping that is to be answered. */
struct pong {
	uint8_t len;
	uint8_t data[WS_CONTROL_BYTES];
};

struct stream_ws {
	struct stream base;
	struct stream_resume resume;
	struct stream *under;  /* owned; never attached: our watch holds its descriptor */
	struct ws_decoder decoder;
	uint8_t *early;        /* owned; bytes that came before we did, NULL when read */
	size_t early_at, early_len;
	uint64_t promised;     /* bytes of our message that its header announced and that were not written yet */
	struct held *held;     /* owned; NULL while nothing is held */
	struct pong *pong;     /* owned; NULL: none is due */
	struct stream_pass *pass; /* owned, its texts behind it; NULL: none */
	int ended;             /* 1: reading goes on; else what it returns from now on */
	bool close_sent;       /* our close frame is written or held: nothing may follow it */
};

static struct stream_ws *ws_of(struct stream *s)
{
	return container_of(s, struct stream_ws, base);
}

/* ---- what goes beside the payload ----------------------------------------- */

/* Whether a frame may begin here. */
static bool at_boundary(const struct stream_ws *w)
{
	return w->promised == 0;
}

static int hold(struct stream_ws *w, const uint8_t *data, size_t len)
{
	if (!w->held)
		w->held = calloc(1, sizeof *w->held);
	if (!w->held)
		return ERR_NOMEM;
	if (len > sizeof w->held->data - w->held->len)
		return ERR_FULL;
	memcpy(w->held->data + w->held->len, data, len);
	w->held->len = (uint16_t)(w->held->len + len);
	w->base.unflushed = true;
	return 0;
}

static int hold_control(struct stream_ws *w, enum ws_opcode opcode, struct span payload)
{
	uint8_t frame[FRAME_BYTES];
	size_t len = ws_header(opcode, payload.len, frame);
	if (payload.len)
		memcpy(frame + len, payload.data, payload.len);
	return hold(w, frame, len + payload.len);
}

/* Answers the newest ping, unless one of our messages is under way. */
static void hold_pong(struct stream_ws *w)
{
	if (!w->pong || !at_boundary(w) || w->held || w->close_sent)
		return;
	hold_control(w, WS_PONG, span_of(w->pong->data, w->pong->len)); /* without memory: no answer */
	free(w->pong);
	w->pong = NULL;
}

static void hold_close(struct stream_ws *w, struct span payload)
{
	if (w->close_sent || !at_boundary(w))
		return;
	hold_control(w, WS_CLOSE, payload);
	w->close_sent = true;
}

static void hold_close_code(struct stream_ws *w, int code)
{
	const uint8_t payload[] = {(uint8_t)(code >> 8), (uint8_t)code};
	hold_close(w, span_of(payload, sizeof payload));
}

static int flush_held(struct stream_ws *w)
{
	while (w->held) {
		struct iovec rest = {w->held->data + w->held->at, w->held->len - w->held->at};
		ssize_t n = w->under->ops->writev(w->under, &rest, 1);
		if (n < 0)
			return (int)n;
		w->held->at = (uint16_t)(w->held->at + n);
		if (w->held->at < w->held->len)
			continue;
		free(w->held);
		w->held = NULL;
		hold_pong(w);
	}
	return 0;
}

/* 0 when neither we nor the stream below hold anything, ERR_AGAIN or an error. */
static int ws_flush(struct stream *s)
{
	struct stream_ws *w = ws_of(s);
	int err = 0;
	if (w->under->unflushed)
		err = w->under->ops->flush(w->under);
	if (!err)
		w->under->unflushed = false;
	if (!err)
		err = flush_held(w);
	return err ? err : w->under->unflushed ? ERR_AGAIN : 0;
}

/* ---- reading --------------------------------------------------------------- */

static void on_control(void *ctx, enum ws_opcode opcode, struct span payload)
{
	struct stream_ws *w = ctx;
	if (opcode == WS_CLOSE) {
		hold_close(w, span_of(payload.data, payload.len < 2 ? payload.len : 2)); /* the code without the reason */
	} else if (opcode == WS_PING) {
		if (!w->pong)
			w->pong = malloc(sizeof *w->pong);
		if (!w->pong)
			return;
		w->pong->len = (uint8_t)payload.len;
		if (payload.len)
			memcpy(w->pong->data, payload.data, payload.len);
	}
}

static ssize_t take_early(struct stream_ws *w, void *data, size_t size)
{
	size_t n = size < w->early_len ? size : w->early_len;
	memcpy(data, w->early + w->early_at, n);
	w->early_at += n;
	w->early_len -= n;
	if (w->early_len == 0) {
		free(w->early);
		w->early = NULL;
	}
	return (ssize_t)n;
}

/* Sends at once what reading has called for. */
static void answer(struct stream_ws *w)
{
	hold_pong(w);
	if (w->base.unflushed && ws_flush(&w->base) == 0)
		w->base.unflushed = false;
	/* an error shows itself in the next call, or in the flush that the loop makes */
}

static ssize_t ws_read(struct stream *s, void *data, size_t size)
{
	struct stream_ws *w = ws_of(s);
	if (w->ended != 1)
		return w->ended;
	ssize_t n = w->early ? take_early(w, data, size) : w->under->ops->read(w->under, data, size);
	if (n <= 0)
		return n; /* the end without a close frame too: MQTT does not mind */
	const struct ws_decoder_events events = {on_control, w};
	size_t len;
	int code = ws_decode(&w->decoder, data, (size_t)n, &events, &len);
	if (code) {
		w->ended = code == WS_CLOSE ? 0 : code == WS_INTERNAL_ERROR ? ERR_NOMEM : ERR_PROTOCOL;
		if (code != WS_CLOSE)
			hold_close_code(w, code);
	}
	answer(w);
	if (len)
		return (ssize_t)len; /* what is wrong behind it is for the next call */
	return w->ended == 1 ? ERR_AGAIN : w->ended;
}

static bool ws_pending(struct stream *s)
{
	struct stream_ws *w = ws_of(s);
	return w->early || w->ended != 1 || (w->under->ops->pending && w->under->ops->pending(w->under));
}

/* ---- writing --------------------------------------------------------------- */

/* Copies pieces of at most max bytes in all. Returns the bytes; *count_r: the pieces. */
static size_t cut(const struct iovec *iov, int count, size_t max, struct iovec *pieces_r, int *count_r)
{
	size_t bytes = 0;
	*count_r = 0;
	for (int i = 0; i < count && i < MAX_PIECES && bytes < max; i++) {
		struct iovec *piece = &pieces_r[(*count_r)++];
		*piece = iov[i];
		if (piece->iov_len > max - bytes)
			piece->iov_len = max - bytes;
		bytes += piece->iov_len;
	}
	return bytes;
}

/* The frame that began with a header of so many bytes, or goes on (0), got n bytes onto the wire. Returns what that is for the caller. */
static ssize_t account(struct stream_ws *w, const struct iovec *header, size_t bytes, ssize_t n)
{
	if (n < 0)
		return n; /* not even the header went: no message has begun */
	size_t sent = (size_t)n;
	if (header->iov_len) {
		w->promised = bytes;
		if (sent < header->iov_len) {
			int err = hold(w, (const uint8_t *)header->iov_base + sent, header->iov_len - sent);
			return err ? err : ERR_AGAIN;
		}
		sent -= header->iov_len;
	}
	w->promised -= sent;
	return sent ? (ssize_t)sent : ERR_AGAIN;
}

static ssize_t ws_writev(struct stream *s, const struct iovec *iov, int count)
{
	struct stream_ws *w = ws_of(s);
	if (w->close_sent)
		return ERR_CLOSED;
	int err = flush_held(w);
	if (err)
		return err;
	struct iovec pieces[1 + MAX_PIECES];
	uint8_t header[WS_HEADER_BYTES];
	int piece_count;
	size_t max = w->promised && w->promised < MESSAGE_BYTES ? w->promised : MESSAGE_BYTES;
	size_t bytes = cut(iov, count, max, pieces + 1, &piece_count);
	if (bytes == 0)
		return 0;
	pieces[0] = (struct iovec){header, w->promised ? 0 : ws_header(WS_BINARY, bytes, header)};
	bool begins = pieces[0].iov_len > 0;
	ssize_t n = w->under->ops->writev(w->under, begins ? pieces : pieces + 1, piece_count + begins);
	n = account(w, &pieces[0], bytes, n);
	hold_pong(w);
	s->unflushed = w->held || w->under->unflushed;
	return n;
}

/* ---- the rest ---------------------------------------------------------------- */

static int ws_handshake(struct stream *s, unsigned *events_r)
{
	struct stream_ws *w = ws_of(s);
	int err = w->under->ops->handshake(w->under, events_r);
	w->under->open = err == 0;
	return err;
}

static void ws_destroy(struct stream *s)
{
	struct stream_ws *w = ws_of(s);
	if (s->open) {
		hold_close_code(w, WS_NORMAL);
		ws_flush(s);
	}
	w->under->ops->destroy(w->under);
	ws_decoder_finish(&w->decoder);
	free(w->early);
	free(w->held);
	free(w->pong);
	free(w->pass);
	free(w);
}

static const struct stream_ws *const_ws_of(const struct stream *s)
{
	return (const struct stream_ws *)(const void *)((const char *)s - offsetof(struct stream_ws, base));
}

static const char *ws_proven(const struct stream *s)
{
	return stream_proven(const_ws_of(s)->under);
}

static const struct stream_pass *ws_pass(const struct stream *s)
{
	return const_ws_of(s)->pass;
}

static const struct stream_ops ws_ops = {
	.name = "ws",
	.handshake = ws_handshake,
	.read = ws_read,
	.writev = ws_writev,
	.pending = ws_pending,
	.flush = ws_flush,
	.destroy = ws_destroy,
	.proven = ws_proven,
	.pass = ws_pass,
};

static int keep_early(struct stream_ws *w, struct span early)
{
	if (early.len == 0)
		return 0;
	w->early = malloc(early.len);
	if (!w->early)
		return ERR_NOMEM;
	memcpy(w->early, early.data, early.len);
	w->early_len = early.len;
	return 0;
}

int stream_ws_wrap(struct stream *under, struct span early, struct stream **stream_r)
{
	struct stream_ws *w = calloc(1, sizeof *w);
	if (!w || keep_early(w, early)) {
		free(w);
		under->ops->destroy(under);
		return ERR_NOMEM;
	}
	w->base = (struct stream){.ops = &ws_ops, .watch.fd = under->watch.fd, .peer = under->peer, .resume = &w->resume};
	w->under = under;
	w->ended = 1;
	*stream_r = &w->base;
	return 0;
}

static struct stream_pass *copy_pass(const struct stream_pass *pass)
{
	size_t user_size = strlen(pass->user) + 1, id_size = strlen(pass->client_id) + 1;
	size_t rooms_size = pass->rooms ? strlen(pass->rooms) + 1 : 0;
	struct stream_pass *copy = malloc(sizeof *copy + user_size + id_size + rooms_size);
	if (!copy)
		return NULL;
	char *texts = (char *)(copy + 1);
	memcpy(texts, pass->user, user_size);
	memcpy(texts + user_size, pass->client_id, id_size);
	*copy = (struct stream_pass){.user = texts, .client_id = texts + user_size};
	if (rooms_size)
		copy->rooms = memcpy(texts + user_size + id_size, pass->rooms, rooms_size);
	return copy;
}

int stream_ws_create(const struct stream_ws_config *config, struct stream **stream_r)
{
	struct stream *under;
	int err = stream_tcp_create(config->fd, config->peer, &under);
	if (err)
		return err;
	err = stream_ws_wrap(under, config->early, stream_r);
	if (err || !config->pass)
		return err;
	struct stream_pass *pass = copy_pass(config->pass);
	if (!pass) {
		stream_destroy(stream_r);
		return ERR_NOMEM;
	}
	ws_of(*stream_r)->pass = pass;
	return 0;
}
