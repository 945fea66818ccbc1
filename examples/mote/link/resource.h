/* SPDX-License-Identifier: MIT
 * The resource that a session asks for: what comes behind the / of the own address. A server ends the session that has
 * a resource when another one binds it, so no two of our processes may ask for the same.
 */
#ifndef CLI_RESOURCE_H
#define CLI_RESOURCE_H

/* The one of the command line, if it names one; that of the configuration only for a verb that stays, and only for the
 * first of these; else "": the server makes one up that nobody else has. */
const char *resource_claim(void);

/* Let the next verb that stays have it. */
void resource_release(void);

#endif
