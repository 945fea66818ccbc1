# What RISC-V boards have in common. A board.mk sets CPUFLAGS, BOARD_SRC and the budgets, and then includes this.

CROSS = riscv64-unknown-elf-
TOOLCHAIN_PKGS = gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc
BOARD_SRC += $(wildcard boards/riscv/*.c)
BOARD_SECTIONS = boards/riscv/sections.ld
# picolibc's specs bring a linker script of their own, unless gcc itself (not only the linker) is given one.
BOARD_LDFLAGS = -Wl,-u,strstr -nostartfiles -Wl,--gc-sections -T$(BOARD_DIR)/memory.ld -Lboards/riscv

include boards/bare/bare.mk
# The specs choose the headers, too. An ISA before 2.2 has the CSR instructions in it; with _zicsr in -march, gcc 12 finds
# none of its libraries.
CPUFLAGS += -misa-spec=2.2 -mcmodel=medany --specs=picolibc.specs
