/* SPDX-License-Identifier: MIT
 * The bare machine: start-up, faults, the stack, and the end of the program.
 */
#ifndef MOTE_BARE_MACHINE_H
#define MOTE_BARE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/* Print `what` and end the program as failed. It is for what must never happen. */
void mote__machine_stop(const char *what) __attribute__((noreturn));

/* End the program. Under QEMU it ends with this exit code; a chip sleeps until its reset. */
void mote__machine_exit(int code) __attribute__((noreturn));

/* Bytes of the stack that were ever in use, and how many there are. */
size_t mote__machine_stack_peak(void);
size_t mote__machine_stack_size(void);

/* Print what the program has used so far (boards/bare/board.c). It is also called at the end. */
void mote__machine_report(void);

/* A line for the console, straight to the hardware: it is for a program that cannot go on. */
void mote__machine_put(const char *text);
void mote__machine_put_hex(const char *name, uint32_t value); /* the name, and eight digits behind it */

/* Begin: variables, memory protection, hardware, and then main. The processor's first instructions fill the stack with
 * MACHINE_PAINT and go here. */
void mote__machine_run(void) __attribute__((noreturn));
enum { MACHINE_PAINT = 0x4d4f5445 };

/// What each family has in its start.c ///

void mote__machine_protect(void); /* turn memory protection on, where the processor has it */
void mote__machine_halt(void);    /* sleep with interrupts off */

/// What each board has in its hw.c ///

/* Set up clock and console. It is called first, while interrupts are off. */
void mote__hw_start(void);

/* Ticks in one millisecond of the clock that tick.c counts. */
extern const uint32_t mote__hw_ticks_per_ms;

void mote__hw_put(char c); /* one byte to the console; waits while its FIFO is full */
int mote__hw_get(void);    /* one byte that was typed, or -1 */

/* Random bytes from a source of noise, or negative when there is none that can be trusted. It is called once, at the
 * start. boards/bare/optional/host_seed.c takes those of the host, for boards without a source. */
int mote__hw_seed(uint8_t *bytes, size_t len);

/// Time: tick.c of the family ///

void mote__tick_start(void);
uint64_t mote__tick_ms(void);    /* since mote__tick_start */
uint64_t mote__tick_count(void); /* the same in ticks: mote__hw_ticks_per_ms of them are a millisecond */
void mote__tick_sleep(void);     /* until the next interrupt, at most a millisecond */
uint64_t mote__tick_slept(void); /* ticks spent in mote__tick_sleep */

#endif
