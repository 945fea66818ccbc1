# What the Cortex-M boards have in common. A board.mk sets CPUFLAGS, BOARD_SRC and the QEMU_* of its machine, then
# includes this.
#
# In: EXAMPLE      the program that becomes the firmware
#     TLS=ecdsa    server chains with ECDSA keys only: less flash and less RAM
#     TLS13=1      TLS 1.3 beside 1.2
#     LTO=1        optimised over all files: less flash
#     QEMU=0       for the real chip: without semihosting, which only a debugger or QEMU answers

CC = arm-none-eabi-gcc
AR = arm-none-eabi-gcc-ar
BIN_PREFIX = arm-none-eabi-

EXAMPLE ?= sensor
TLS ?= all
TLS13 ?= 0
LTO ?= 0
QEMU ?= 1

BOARD_VARIANT := $(if $(filter ecdsa,$(TLS)),-ecdsa)$(if $(filter 1,$(TLS13)),-tls13)$(if \
  $(filter 0,$(QEMU)),-chip)
CORTEX_M_DEFS := $(if $(filter ecdsa,$(TLS)),-DMOTE_TLS_ECDSA=1) $(if $(filter 1,$(TLS13)),-DMOTE_TLS_13=1) \
  $(if $(filter 0,$(QEMU)),,-DBOARD_SEMIHOSTING=1)
CORTEX_M_LTO := $(if $(filter 1,$(LTO)),-flto=auto)

PORT_SRC = port/run.c port/run_stream.c port/targets.c port/address.c port/phrase.c port/crypto_mbedtls.c \
  port/tls_mbedtls.c port/tls_config.c port/tls_verify.c port/tls_names.c port/tls_memory.c port/tls_time.c \
  port/net_lwip.c port/dns_lwip.c port/dns_wire.c port/config_text.c port/keys_pack.c port/nosys.c port/clock_tick.c \
  port/entropy_drbg.c
PORT_SRC += port/run_targets.c port/run_reach.c port/meter.c port/duty.c
BOARD_SRC += $(wildcard boards/cortex-m/*.c)
BOARD_INC = -Iboards/cortex-m
BOARD_CONFIGS = $(wildcard boards/cortex-m/*_config.h boards/cortex-m/lwipopts_common.h boards/cortex-m/arch/*.h)

CFLAGS += $(CORTEX_M_LTO)
# A module begins with its struct mote_module, which is less aligned than the whole where there is a uint64_t behind it:
# the way back from the former to the latter looks like a mistake to the compiler of a machine that knows alignment.
CPUFLAGS += -Wno-cast-align
# There is one thread.
CPUFLAGS += -DMOTE_THREAD=
# One connection at a time, and lwIP tells one address of a name.
CPUFLAGS += -DMOTE_RUN_LANES=1 -DMOTE_RUN_ADDRESSES=4
BOARD_CFLAGS = $(CORTEX_M_DEFS)
# strstr: ours, see strstr.c.
BOARD_LDFLAGS = -Wl,-u,strstr -nostartfiles --specs=nano.specs -Wl,--gc-sections -Wl,-T,boards/$(BOARD)/memory.ld -Lboards/cortex-m
BOARD_PKGS = gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm xz-utils bzip2 patch
BOARD_RULES = boards/cortex-m/rules.mk
# For `make sizes`: where the bytes are, and what it executes.
BOARD_SIZES = boards/cortex-m/sizes.py $(BIN_PREFIX) $(OUT)/$(EXAMPLE).elf $(BUDGET_FLASH) $(BUDGET_RAM) $(if \
  $(filter sensor,$(EXAMPLE)),&& tests/boards/cost.py $(BOARD) $(BOARD)$(BOARD_VARIANT))
BOARD_PROGRAMS = $(OUT)/$(EXAMPLE).elf $(OUT)/$(EXAMPLE).bin

DEPS = mbedtls expat lwip
DEPS_CC = arm-none-eabi-gcc
DEPS_AR = arm-none-eabi-gcc-ar
DEPS_CFLAGS = -std=gnu11 $(CPUFLAGS) -Os -g -ffunction-sections -fdata-sections -fno-common $(CORTEX_M_LTO) $(CORTEX_M_DEFS)
# The reader resolves namespaces itself; XML_MIN_SIZE shares the tokenizers of both byte orders of UTF-16.
EXPAT_FLAGS = -DXML_MIN_SIZE
EXPAT_RANDOM = arc4random_buf
