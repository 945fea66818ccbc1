/* SPDX-License-Identifier: MIT
 * What every machine does alike: begin the program, end it, say why, and watch the stack.
 */
#include "boards/bare/machine.h"

#include <string.h>

#include "boards/bare/semihost.h"

extern uint32_t _stack_low[], _stack_top[], _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[];

int main(int argc, char **argv);

/// The end ///

void mote__machine_put(const char *text)
{
    while (*text != '\0') {
        mote__hw_put(*text++);
    }
}

void mote__machine_put_hex(const char *name, uint32_t value)
{
    mote__machine_put(name);
    for (int shift = 28; shift >= 0; shift -= 4) {
        mote__hw_put("0123456789abcdef"[(value >> shift) & 15]);
    }
}

void mote__machine_exit(int code)
{
    mote__semihost_exit(code);
    for (;;) { /* a chip sleeps until somebody resets it */
        mote__machine_halt();
    }
}

void mote__machine_stop(const char *what)
{
    mote__machine_put("stopped: ");
    mote__machine_put(what);
    mote__machine_put_hex(" at ", (uint32_t)(uintptr_t)__builtin_return_address(0));
    mote__machine_put("\n");
    mote__machine_exit(70);
}

/// The stack ///

size_t mote__machine_stack_size(void)
{
    return (size_t)((uint8_t *)_stack_top - (uint8_t *)_stack_low);
}

size_t mote__machine_stack_peak(void)
{
    const uint32_t *p = _stack_low;
    while (p < _stack_top && *p == MACHINE_PAINT) {
        p++;
    }
    return (size_t)((const uint8_t *)_stack_top - (const uint8_t *)p);
}

/// The beginning ///

__attribute__((used)) void mote__machine_run(void)
{
    memcpy(_data_start, _data_load, (size_t)((uint8_t *)_data_end - (uint8_t *)_data_start));
    memset(_bss_start, 0, (size_t)((uint8_t *)_bss_end - (uint8_t *)_bss_start));
    mote__machine_protect();
    mote__hw_start();
    mote__tick_start();
    int code = main(0, NULL);
    mote__machine_report();
    mote__machine_exit(code);
}
