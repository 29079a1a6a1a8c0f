/* The schemas of the databases, embedded at build time from schema/. */
#ifndef DB_SCHEMA_H
#define DB_SCHEMA_H

#include "db/migrate.h"

extern const struct schema schema_broker, schema_hub, schema_telemetry;

/* The shelf in PostgreSQL; its version is a row there (pg.h). */
extern const struct schema schema_postgres;

/* The format of telemetry.db before chunks: a row a sample. */
extern const struct schema schema_telemetry_rows;

#endif
