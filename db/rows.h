/* The first format of telemetry.db: a row for every sample. */
#ifndef DB_ROWS_H
#define DB_ROWS_H

/* Converts telemetry.db at path when it is of the first format; does nothing otherwise. The new file is made beside the
 * old one and takes its place when it is whole and on the disk, so that a crash at any moment leaves one of
 * the two; the old one stays as <path>.schema-1. message_r (512 bytes): a sentence on failure. Returns 0 or an error of
 * reading or writing. */
int rows_convert(const char *path, char message_r[512]);

#endif
