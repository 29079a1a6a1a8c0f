/* A real web server on free loopback ports, with fake ports behind it, and a
 * small HTTP client of raw sockets that says exactly what a test wants said. */
#ifndef TESTS_WEB_HARNESS_H
#define TESTS_WEB_HARNESS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "db/store.h"
#include "web/server.h"

struct memory_history;

struct harness {
	char dir[64];      /* state and pages; removed at the end */
	char socket[96];   /* the admin's Unix socket */
	struct store *store;
	struct web *web;
	struct live_port live;
	int https_port, http_port;
	char token[33];    /* the set-up token; "" when accounts were made */
	/* what the fake ports saw */
	_Atomic int verified, hashed, erased, commands, verify_err, house_err;
	int more_devices; /* besides the lamp: "d0000" and so on */
	char last_command[256]; /* "<device>/<entity> <value> by <by>" */
	char last_enrol[64];    /* the address of the last step */
	struct buf certificate, key;
	struct memory_history *history; /* what is exported */
	_Atomic int import_err;         /* import_start's answer */
	_Atomic bool import_takes;      /* renames the file to <dir>/taken */
	_Atomic long import_bytes;      /* of the last file; -1 when request and file differ */
	_Atomic unsigned import_sum;    /* of its bytes */
	char import_said[192];          /* "<format> <series> by <by>" */
	/* what the broker was given, one socket at a time: take them with harness_adopted */
	pthread_mutex_t adopt_lock;
	pthread_cond_t adopt_change;
	struct adopted {
		int fd; /* -1: none */
		struct sockaddr_storage peer;
		struct buf early;
		char user[32], client_id[64]; /* "" for none */
		char rooms[64]; /* names, each ended by a line feed; "*": it goes by its user's rights */
	} adopted;
};

/* Starts. accounts: make owner, adult and viewer (passwords "password of <name>"). */
void harness_start(struct harness *h, bool accounts);
/* The same with a chance to change the settings. */
void harness_start_with(struct harness *h, bool accounts, void (*change)(struct web_config *config));
void harness_stop(struct harness *h);

/* Makes an account with the password "password of <name>"; room: of a guest, or NULL. Returns its id. */
int64_t harness_account(struct harness *h, const char *name, enum role role, const char *room);

/* Tells store, history and live events of a device in the room, with one series that has a sample. */
void harness_device(struct harness *h, const char *id, const char *room, int64_t series);

struct reply {
	int status;       /* 0: the connection broke */
	struct buf raw;   /* all, terminated */
	char *headers;    /* in raw: status line to blank line */
	char *body;       /* in raw; dechunked when it was chunked */
};

void reply_finish(struct reply *reply);
/* The value of a header, or NULL. Static storage, until the next call. */
const char *reply_header(const struct reply *reply, const char *name);

struct call {
	const char *method, *path;
	const char *host;    /* NULL: 127.0.0.1:<port> */
	const char *headers; /* further lines, each with \r\n; NULL: none */
	const char *body;    /* NULL: none; sets Content-Length */
	bool local;          /* over the Unix socket */
	const char *address; /* NULL: 127.0.0.1 */
	const char *from;    /* the client's own address; NULL: whichever */
};

/* One request on a connection of its own. */
struct reply harness_call(struct harness *h, const struct call *call);

/* A request as our page sends it, JSON and X-Tomte included, with a session (NULL or "": none). */
struct reply harness_api(struct harness *h, const char *method, const char *path, const char *session,
			 const char *body);

/* Logs in over plain loopback HTTP and returns the cookie's "tomte=…" (static per name). */
void harness_login(struct harness *h, const char *name, char cookie_r[80]);

/* Waits until the web hands over a socket; its descriptor and early bytes are the caller's. */
struct adopted harness_adopted(struct harness *h);

/* Raw sockets, for tests that hold connections. */
int harness_connect(const struct harness *h, const char *address);
int harness_connect_local(const struct harness *h);
void harness_send(int fd, const char *text);
/* Reads until the end of stream; status 0 when nothing came. */
struct reply harness_receive(int fd);
/* Reads until text shows up in *got (terminated); false at the end of stream or after 10 s. */
bool harness_wait_for(int fd, struct buf *got, const char *text);

#endif
