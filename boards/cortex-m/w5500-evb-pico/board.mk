# WIZnet W5500-EVB-Pico: RP2040 (Cortex-M0+, 264 KiB of RAM), 2 MiB of flash, W5500 Ethernet on SPI.

CPUFLAGS = -mcpu=cortex-m0plus -mthumb
BOARD_SRC = $(wildcard $(BOARD_DIR)/*.c)
# The program has the first 1,020 KiB of the flash (memory.ld). The last 8 KiB of the RAM are for the flash's driver.
BUDGET_FLASH = 1044224
BUDGET_RAM = 262144
BOARD_IMAGES = $(OUT)/$(EXAMPLE).uf2

include boards/cortex-m/cortex-m.mk
