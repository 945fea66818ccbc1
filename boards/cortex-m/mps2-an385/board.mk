# ARM MPS2 with the AN385 image: Cortex-M3, 4 MiB for code and 4 MiB for data, LAN9118 Ethernet.

CPUFLAGS = -mcpu=cortex-m3 -mthumb
BOARD_SRC = $(wildcard $(BOARD_DIR)/*.c) $(addprefix boards/bare/optional/,sectors.c host_disk.c host_seed.c)
BUDGET_FLASH = 4190208
BUDGET_RAM = 4194304

include boards/cortex-m/cortex-m.mk
