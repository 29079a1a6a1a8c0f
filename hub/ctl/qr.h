/* QR codes in a terminal. */
#ifndef CTL_QR_H
#define CTL_QR_H

#include <stdbool.h>
#include <stdio.h>

/* Draws text with half blocks, two modules a character. colours: set black on
 * white, so that it scans on any background; without, it is made for a dark one. Returns 0
 * or ERR_TOO_LARGE. */
int qr_print(FILE *out, const char *text, bool colours);

#endif
