/* SPDX-License-Identifier: Apache-2.0 */
/* The transport of a program that was told none. */
#ifndef DEFAULT_URL_H
#define DEFAULT_URL_H

/* The URL, to free(); NULL without memory. */
char *default_url(void);

#endif
