/* SPDX-License-Identifier: MIT
 * Chooses the resource that a session asks for, which is what comes behind the / of the own address. A server ends the
 * session that has a resource when another one binds it, so no two of our processes may ask for the same.
 */
#ifndef COMMAND_LINK_RESOURCE_H
#define COMMAND_LINK_RESOURCE_H

/* Returns the resource of the command line, if that names one; that of the configuration only for a verb that stays,
 * and only for the first process of these; else "", and the server makes one up that nobody else has. */
const char *resource_claim(void);

/* Give it back, so that the next verb that stays can have it. */
void resource_release(void);

#endif
