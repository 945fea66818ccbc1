# QEMU's virt machine with one RV32IMAC core, the instruction set of ESP32-C3, CH32V3 and GD32VF103, and virtio-net.

CPUFLAGS = -march=rv32imac -mabi=ilp32
BOARD_SRC = $(wildcard $(BOARD_DIR)/*.c) $(addprefix boards/bare/optional/,sectors.c host_disk.c host_seed.c)
BUDGET_FLASH = 4190208
BUDGET_RAM = 4194304

include boards/riscv/riscv.mk
