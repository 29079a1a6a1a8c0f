/* Bundles: entities that people command as one. */
#ifndef MODEL_BUNDLE_H
#define MODEL_BUNDLE_H

/* The numbers are on the disk. */
enum bundle_kind {
	BUNDLE_GROUP = 0, /* takes one value for all */
	BUNDLE_SCENE = 1, /* has a value for each */
	BUNDLE_KINDS
};

enum {
	BUNDLES_MAX = 200,        /* of a kind */
	BUNDLE_MEMBERS_MAX = 100, /* of one */
};

#endif
