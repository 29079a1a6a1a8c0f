/* What a disk tells of the broker through the persist port, held against what its clients were told. */
#ifndef TEST_BROKER_POWER_KEPT_H
#define TEST_BROKER_POWER_KEPT_H

#include "model/persist.h"
#include "power_story.h"

/* What came of a disk. */
struct judgement {
	unsigned lost;  /* acknowledged, and not there */
	unsigned again; /* over, or in the queue already, and comes as new */
	unsigned wrong; /* neither what it was nor what it was to be */
	char why[200];  /* the first */
};

static inline bool judgement_good(const struct judgement *j)
{
	return !j->lost && !j->again && !j->wrong;
}

/* Loads all that the port keeps and judges it. apart: sender and receiver may live on different workers, whose groups
 * reach the disk each by itself, the message's before its handshake's (hub/broker/README.md): then a QoS 2 message may come
 * a second time. Nothing may be lost all the same. */
void power_judge(const struct persist_port *port, const struct model *model, bool apart, struct judgement *judgement_r);

#endif
