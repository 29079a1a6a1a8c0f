/* The name under which this hub's history lies in a database that it may share with others. */
#ifndef DB_STORE_ID_H
#define DB_STORE_ID_H

struct conn;

enum { STORE_ID_SIZE = 17 }; /* with terminator */

/* Reads the id from hub.db, or makes one there. Returns 0 or an error as query_end. */
int store_id(struct conn *hub, char id_r[STORE_ID_SIZE]);

#endif
