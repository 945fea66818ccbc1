/* SPDX-License-Identifier: MIT
 * Reset, traps and physical memory protection (RISC-V Privileged Architecture, 3.7). Everything runs in machine mode.
 *
 * The protection lets through what is there (flash to read and run, RAM without code, devices) and nothing else, and
 * its entries are locked, so that they hold for machine mode, too. So a stack that leaves the RAM at its lower end
 * faults, and so does a wild pointer.
 */
#include "boards/bare/machine.h"

#include <stddef.h>

#include "boards/riscv/riscv.h"

extern uint32_t _stack_low[], _stack_top[];
/* The linker puts the numbers into the addresses. */
extern uint8_t _flash_start[], _flash_size[], _ram_start[], _ram_size[];

void mote__reset(void);
void mote__trap_entry(void);
void mote__trap_report(uintptr_t stack);

void mote__machine_halt(void)
{
    __asm__ volatile("csrw mie, zero\n wfi");
}

/// Traps ///

/* The stack may be what has caused the trap, so it begins anew. Only the timer's interrupt is on, and that wakes wfi
 * without being taken (tick.c), so each trap is a fault. */
__attribute__((naked, aligned(4))) void mote__trap_entry(void)
{
    __asm__ volatile("mv a0, sp\n"
                     "la sp, _stack_top\n"
                     "j mote__trap_report\n");
}

__attribute__((used)) void mote__trap_report(uintptr_t stack)
{
    uint32_t cause, at, address;
    __asm__ volatile("csrr %0, mcause\n csrr %1, mepc\n csrr %2, mtval" : "=r"(cause), "=r"(at), "=r"(address));
    mote__machine_put("fault:");
    uintptr_t low = (uintptr_t)_stack_low;
    if (stack < low || stack > (uintptr_t)_stack_top || address - (low - 4096) < 4096) {
        mote__machine_put(" the stack is full");
    }
    mote__machine_put_hex(" pc ", at);
    mote__machine_put_hex(" cause ", cause);
    mote__machine_put_hex(" address ", address);
    mote__machine_put("\n");
    mote__machine_exit(71);
}

/// Memory protection ///

enum { READ = 1, WRITE = 2, EXECUTE = 4, NAPOT = 3 << 3, LOCKED = 1 << 7 };

/* A naturally aligned power of two: the address's low bits tell the size. */
static uint32_t napot(uintptr_t base, size_t size)
{
    return (uint32_t)(base >> 2 | ((size >> 3) - 1));
}

void mote__machine_protect(void)
{
    uint32_t first = (READ | EXECUTE | NAPOT | LOCKED) | (READ | WRITE | NAPOT | LOCKED) << 8 |
                     (READ | WRITE | NAPOT | LOCKED) << 16 | (uint32_t)(READ | WRITE | NAPOT | LOCKED) << 24;
    __asm__ volatile("csrw mtvec, %0" ::"r"((uintptr_t)mote__trap_entry));
    __asm__ volatile("csrw pmpaddr0, %0" ::"r"(napot((uintptr_t)_flash_start, (size_t)_flash_size)));
    __asm__ volatile("csrw pmpaddr1, %0" ::"r"(napot((uintptr_t)_ram_start, (size_t)_ram_size)));
    __asm__ volatile("csrw pmpaddr2, %0" ::"r"(napot(mote__riscv_devices[0].base, mote__riscv_devices[0].size)));
    __asm__ volatile("csrw pmpaddr3, %0" ::"r"(napot(mote__riscv_devices[1].base, mote__riscv_devices[1].size)));
    __asm__ volatile("csrw pmpaddr4, %0" ::"r"(0xffffffffu)); /* all that is left: nobody */
    __asm__ volatile("csrw pmpcfg0, %0" ::"r"(first));
    __asm__ volatile("csrw pmpcfg1, %0" ::"r"(NAPOT | LOCKED));
}

/// Reset ///

/* It is naked, because it fills the stack that its frame would lie on. */
__attribute__((naked, section(".reset"), used)) void mote__reset(void)
{
    __asm__ volatile("la t0, _stack_low\n"
                     "la t1, _stack_top\n"
                     "li t2, %0\n"
                     "1: sw t2, 0(t0)\n"
                     "addi t0, t0, 4\n"
                     "bltu t0, t1, 1b\n"
                     "mv sp, t1\n"
                     "j mote__machine_run\n"
                     :
                     : "i"(MACHINE_PAINT));
}
