# What the Cortex-M boards have in common. A board.mk sets CPUFLAGS, BOARD_SRC and the budgets, and then includes this.

CROSS = arm-none-eabi-
TOOLCHAIN_PKGS = gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm
BOARD_SRC += $(wildcard boards/cortex-m/*.c)
BOARD_SECTIONS = boards/cortex-m/sections.ld
# The undefined strstr makes the linker take that of boards/bare/strstr.c.
BOARD_LDFLAGS = -Wl,-u,strstr -nostartfiles --specs=nano.specs -Wl,--gc-sections -Wl,-T,$(BOARD_DIR)/memory.ld -Lboards/cortex-m

include boards/bare/bare.mk
