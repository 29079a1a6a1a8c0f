/* How a device went, as far as the hub knows. The numbers are on the disk. Any thread. */
#ifndef MODEL_PARTING_H
#define MODEL_PARTING_H

enum parting {
	PARTING_NONE,     /* not known, or it has not gone */
	PARTING_GOODBYE,  /* it said so itself */
	PARTING_WILL,     /* its connection broke: its last will said so for it */
	PARTING_TIMEOUT,  /* nothing was heard of it for its keep-alive time: its last will said so for it */
	PARTING_CLOSED,   /* its connection ended without a word */
	PARTING_ABSENT,   /* it has not come back since the hub started */
	PARTING_GATEWAY,  /* what it hangs on cannot be reached */
	PARTING_REVOKED,  /* its credentials were revoked */
	PARTING_REPLACED, /* other hardware was to take its place */
	PARTING_MOVED,    /* its hardware has taken another device's place */
	PARTING_COUNT,
};

/* The name in the API, such as "goodbye"; "" for PARTING_NONE and for what is none. */
const char *parting_name(enum parting parting);

#endif
