/* Topic names and topic filters (MQTT 5.0 §4.7). Sans I/O. */
#ifndef MQTT_TOPIC_H
#define MQTT_TOPIC_H

#include <stdbool.h>

#include "base/span.h"

/* Whether s may be published to: 1..65535 bytes of valid UTF-8, no '+', '#', NUL. */
bool topic_name_valid(struct span s);

/* Whether s is a well-formed topic filter: '#' last and alone in its level,
 * '+' alone in its level. A "$share/…" filter is checked whole, share name included
 * (MQTT 5.0 §4.8.2). */
bool topic_filter_valid(struct span s);

/* Whether there is a '+' or '#' in a filter or a part of one. */
bool topic_has_wildcard(struct span s);

/* Whether filter (valid, not shared) matches the topic name. Leading wildcards
 * do not match topics that begin with '$' (§4.7.2). */
bool topic_matches(struct span filter, struct span name);

/* Whether every topic that `inner` can match is also matched by `outer`: how an
 * ACL decides a subscription. Both are valid filters. */
bool topic_filter_covers(struct span outer, struct span inner);

/* Splits "$share/NAME/FILTER". Returns false when s is not a shared filter. */
bool topic_split_shared(struct span s, struct span *name_r, struct span *filter_r);

/* Takes the next level from *rest, a topic or filter, and moves behind its
 * slash. Returns false when no level is left. Start with *done false. */
bool topic_next_level(struct span *rest, bool *done, struct span *level_r);

#endif
