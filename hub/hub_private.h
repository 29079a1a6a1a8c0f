/* The inside of the hub, shared by its own files: hub.c makes, starts and stops it, hub_events.c is what its rooms tell each other,
 * hub_certificate.c what it shows to those who connect. */
#ifndef HUB_HUB_PRIVATE_H
#define HUB_HUB_PRIVATE_H

#include <stdatomic.h>

#include "broker/broker.h"
#include "db/store.h"
#include "device/house.h"
#include "enrolment/clients.h"
#include "enrolment/enrolment.h"
#include "main/anomalies.h"
#include "main/credentials.h"
#include "main/hub.h"
#include "main/identity.h"
#include "main/open_mqtt.h"
#include "net/tls.h"
#include "thread/thread.h"
#include "transfer/transfer.h"
#include "web/server.h"

struct hub {
	const struct conf *conf; /* borrowed */
	char state_dir[4096];
	char id[HUB_ID_SIZE];
	struct buf ca_pem;             /* constant once loaded */
	struct buf chain_pem, key_pem; /* what the web serves with */
	char endpoints[MAX_ENDPOINTS][ENDPOINT_SIZE];
	const char *endpoint_list[MAX_ENDPOINTS + 1];

	struct store *store;
	struct persist_port persist; /* the store's, for the broker */
	struct tls_server *tls;
	struct password_desk *passwords;
	struct access_table *access; /* the newest */
	struct credentials credentials; /* constant once the store is open */
	struct broker *broker;
	struct house *house;
	struct enrolment *enrolment;
	struct clients_config clients;
	struct open_mqtt open;
	struct transfer *transfer;
	struct web *web;

	bool house_started, broker_started, web_started;

	struct anomalies anomalies;
	_Atomic int64_t certificate_expires_ms; /* any thread */
	struct lock access_lock; /* "access": one rebuild of the table at a time, so that the newest wins */
	struct mono_ms pki_checked;
	bool broker_behind; /* it did not take the files last time */
	struct wall_ms started_at;
	char message[512];
};

/* hub_events.c */
struct broker_events hub_broker_events(struct hub *hub);
struct house_callbacks hub_house_callbacks(struct hub *hub);
struct enrolment_events hub_enrolment_events(struct hub *hub);
struct clients_config hub_clients(struct hub *hub);
struct transfer_config hub_transfer(struct hub *hub);
/* What the web asks of the rooms; they are all made. */
struct web_ports hub_web_ports(struct hub *hub);
/* What was wrong with the store when the hub stopped is over unless it says it again. */
void hub_listen_to_store(struct hub *hub);

/* hub_certificate.c: main thread. */
/* The certificate authority, the certificate, made where they are missing, and what is derived from them. Returns 0 or an error with
 * hub.message. */
int hub_load_certificate(struct hub *hub);
/* Makes it anew where that is due, on the disk. Returns 0, or an error that is in the log. */
int hub_renew_certificate(struct hub *hub);
/* Gives the certificate's files to those who do not serve with them yet, and to the broker if clients is set: what says
 * who they are may be new. Neither waits for what the other one lacks; who failed is asked again the next time. Returns
 * the last error, which is in the log. */
int hub_take_certificate(struct hub *hub, bool clients);
/* Wipes and frees. */
void hub_finish_secret(struct buf *secret);

#endif
