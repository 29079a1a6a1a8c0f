/* The doctor's checks, each over what the hub answered. They append findings
 * {"check","state":"fine|wrong|unknown","text","help"}. */
#ifndef CTL_DOCTOR_H
#define CTL_DOCTOR_H

#include "ctl/ctl.h"

/* Whether the first account is made. health: the answer of GET /api/v1/health. */
void doctor_check_setup(json_t *findings, const json_t *health);

/* How long the certificate is good. */
void doctor_check_certificate(json_t *findings, const json_t *health);

/* Room on the disk, and the store's errors. */
void doctor_check_disk(json_t *findings, const json_t *health);

/* Who is offline. devices: the array of GET /api/v1/devices. */
void doctor_check_devices(json_t *findings, const json_t *devices);

/* Prints them. Returns EXIT_REFUSED when something is wrong. */
int doctor_print(const struct ctl *ctl, const json_t *findings);

#endif
