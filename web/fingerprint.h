/* What people compare to know a certificate. */
#ifndef WEB_FINGERPRINT_H
#define WEB_FINGERPRINT_H

/* SHA-256 of the first certificate in PEM text, as "AB:CD:…". Returns 0 or ERR_MALFORMED. */
int fingerprint_pem(const char *pem, char text_r[96]);

#endif
