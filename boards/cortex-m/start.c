/* SPDX-License-Identifier: MIT
 * Reset, faults and the memory protection unit.
 *
 * The MPU lets through what is there (flash to read, RAM without code, devices) and nothing else. So a stack that
 * leaves the RAM at its lower end faults, and so does a wild pointer, also on a bus that would ignore them.
 */
#include "boards/bare/machine.h"

#include <stddef.h>

#include "boards/cortex-m/mpu.h"

extern uint32_t _stack_low[], _stack_top[];
/* The linker puts the numbers into the addresses. */
extern uint8_t _flash_start[], _flash_size[], _ram_start[], _ram_size[];

void Reset_Handler(void);
void mote__fault_entry(void);
void mote__fault_report(const uint32_t *frame);
void SysTick_Handler(void);

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

void mote__machine_halt(void)
{
    __asm__ volatile("cpsid i\n wfi");
}

/// Faults ///

/* The stack may be what has caused the fault, so it begins anew. */
__attribute__((naked)) void mote__fault_entry(void)
{
    __asm__ volatile("mov r0, sp\n"
                     "ldr r1, =_stack_top\n"
                     "mov sp, r1\n"
                     "ldr r1, =mote__fault_report\n"
                     "bx r1\n"
                     ".ltorg\n");
}

__attribute__((used)) void mote__fault_report(const uint32_t *frame)
{
    uintptr_t at = (uintptr_t)frame;
    mote__machine_put("fault:");
    if (at >= (uintptr_t)_stack_low && at + 32 <= (uintptr_t)_stack_top) {
        mote__machine_put_hex(" pc ", frame[6]);
        mote__machine_put_hex(" lr ", frame[5]);
    } else {
        mote__machine_put(" the stack is full");
    }
#if !defined(__ARM_ARCH_6M__) /* which has one kind of fault, and does not say what it was */
    uint32_t status = REG(0xe000ed28);
    mote__machine_put_hex(" cfsr ", status);
    if (status & 0x80) {
        mote__machine_put_hex(" address ", REG(0xe000ed34));
    } else if (status & 0x8000) {
        mote__machine_put_hex(" address ", REG(0xe000ed38));
    }
#endif
    mote__machine_put("\n");
    mote__machine_exit(71);
}

/// Memory protection ///

void mote__mpu_region(uint32_t number, uintptr_t base, size_t size, uint32_t access)
{
    uint32_t log = 0;
    while (((size_t)2 << log) < size) {
        log++;
    }
    REG(0xe000ed98) = number;
    REG(0xe000ed9c) = (uint32_t)base;
    REG(0xe000eda0) = access | log << 1 | 1;
}

void mote__machine_protect(void)
{
    uint32_t regions = REG(0xe000ed90) >> 8 & 0xff;
    if (regions == 0 || regions > 16) {
        return; /* the chip has no MPU, or an emulator answers for one that it does not have */
    }
    mote__mpu_region(0, (uintptr_t)_flash_start, (size_t)_flash_size, MPU_READ_ONLY | MPU_MEMORY);
    mote__mpu_region(1, (uintptr_t)_ram_start, (size_t)_ram_size, MPU_READ_WRITE | MPU_MEMORY | MPU_NO_CODE);
    mote__mpu_region(2, 0x40000000, 0x20000000, MPU_READ_WRITE | MPU_DEVICE | MPU_NO_CODE);
    REG(0xe000ed94) = 1;           /* on, without a default map; not while a fault is being handled */
#if !defined(__ARM_ARCH_6M__)
    REG(0xe000ed24) |= 7u << 16;   /* memory, bus and usage faults are told apart */
#endif
    __asm__ volatile("dsb\n isb");
}

/// Reset ///

/* It is naked, because it fills the stack that its frame would lie on. */
__attribute__((naked)) void Reset_Handler(void)
{
    __asm__ volatile("ldr r0, =_stack_low\n"
                     "ldr r1, =_stack_top\n"
                     "ldr r2, =%c0\n"
                     "1: stmia r0!, {r2}\n"
                     "cmp r0, r1\n"
                     "blo 1b\n"
                     "ldr r0, =mote__machine_run\n"
                     "bx r0\n"
                     ".ltorg\n"
                     :
                     : "i"(MACHINE_PAINT));
}

typedef void handler(void);

/* Only SysTick's interrupt is used, because everything else is polled. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    handler *handlers[15];
} vectors = {_stack_top,
             {Reset_Handler, mote__fault_entry, mote__fault_entry, mote__fault_entry, mote__fault_entry,
              mote__fault_entry, NULL, NULL, NULL, NULL, mote__fault_entry, mote__fault_entry, NULL, mote__fault_entry,
              SysTick_Handler}};
