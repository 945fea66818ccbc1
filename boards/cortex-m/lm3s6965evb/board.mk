# Stellaris LM3S6965 evaluation board: Cortex-M3, 256 KiB of flash, 64 KiB of RAM, Ethernet MAC and PHY on the chip.

CPUFLAGS = -mcpu=cortex-m3 -mthumb -DMOTE_RUN_TARGETS=$(if $(filter ecdsa,$(TLS)),2,3) -DMOTE_RUN_GATHER=0 -DMOTE_RUN_EXTRAS=0 -DMOTE_PUBSUB_REQUESTS=4 -DMOTE_TOKEN_MAX=127 -DMOTE_STORE_KEYS=8 -DMOTE_STORE_AHEAD=4
BOARD_SRC = $(wildcard $(BOARD_DIR)/*.c) $(addprefix boards/bare/optional/,sectors.c host_seed.c)
# The budgets are 216 and 56 KiB; with ECDSA chains only 208 and 40 KiB; with TLS 1.3 all that the chip has.
BUDGET_FLASH = $(if $(filter 1,$(TLS13)),258048,$(if $(filter ecdsa,$(TLS)),212992,221184))
BUDGET_RAM = $(if $(filter 1,$(TLS13)),65536,$(if $(filter ecdsa,$(TLS)),40960,57344))

# Without it the sensor does not fit.
LTO ?= 1

include boards/cortex-m/cortex-m.mk
