# What all boards without an operating system have in common. The file of a family sets CROSS (the prefix of its compiler),
# TOOLCHAIN_PKGS (packages with compiler, C library and emulator), BOARD_SECTIONS and BOARD_LDFLAGS (how to link), adds its
# sources to BOARD_SRC, and then includes this.
#
# In: EXAMPLE      the program that becomes the firmware
#     TLS=ecdsa    server chains with ECDSA keys only: less flash and less RAM
#     TLS13=1      TLS 1.3 beside 1.2
#     LTO=1        optimised over all files: less flash
#     QEMU=0       for the real chip: without semihosting, which only a debugger or QEMU answers

CC = $(CROSS)gcc
AR = $(CROSS)gcc-ar
BIN_PREFIX = $(CROSS)

EXAMPLE ?= sensor
TLS ?= all
TLS13 ?= 0
LTO ?= 0
QEMU ?= 1

BOARD_VARIANT := $(if $(filter ecdsa,$(TLS)),-ecdsa)$(if $(filter 1,$(TLS13)),-tls13)$(if \
  $(filter 0,$(QEMU)),-chip)
BARE_DEFS := $(if $(filter ecdsa,$(TLS)),-DMOTE_TLS_ECDSA=1) $(if $(filter 1,$(TLS13)),-DMOTE_TLS_13=1) \
  $(if $(filter 0,$(QEMU)),,-DBOARD_SEMIHOSTING=1)
BARE_LTO := $(if $(filter 1,$(LTO)),-flto=auto)

PORT_SRC = port/run/run.c port/run/stream.c port/run/srv_order.c port/net/address.c port/base/phrase.c port/crypto/hash_mbedtls.c \
  port/tls/mbedtls.c port/tls/config.c port/tls/resume.c port/tls/verify.c port/tls/names.c port/tls/memory.c port/tls/clock_mbedtls.c \
  port/net/lwip.c port/dns/lwip.c port/dns/wire.c port/run/config_text.c port/store/keys_pack.c port/store/token_store.c port/os/nosys.c port/clock/tick.c \
  port/crypto/random_drbg.c
PORT_SRC += port/run/targets.c port/run/reach.c port/run/meter.c port/run/duty.c port/crypto/sha1_small.c
BOARD_SRC += $(wildcard boards/bare/*.c)
BOARD_INC = -Iboards/bare
BOARD_CONFIGS = $(wildcard boards/bare/*_config.h boards/bare/lwipopts_common.h boards/bare/arch/*.h)

CFLAGS += $(BARE_LTO)
# A module begins with its struct mote_module, and code gets from that back to the module, whose alignment may be
# stricter. On a machine that knows alignment the compiler warns of that.
CPUFLAGS += -Wno-cast-align
# Tables of addresses, and values that are lifted out of a loop, save little time and cost bytes.
CPUFLAGS += -fno-jump-tables -fno-move-loop-invariants
# There is one thread, and no login goes out together with the stream header.
CPUFLAGS += -DMOTE_THREAD= -DMOTE_SETUP_SIZE=768
# Only one connection is tried at a time, and lwIP tells one address of a name.
CPUFLAGS += -DMOTE_RUN_LANES=1 -DMOTE_RUN_ADDRESSES=4
BOARD_CFLAGS = $(BARE_DEFS)
BOARD_PKGS = $(TOOLCHAIN_PKGS) xz-utils bzip2 patch
BOARD_RULES = boards/bare/rules.mk
# What `make sizes` prints: where the bytes are, and what the sensor executes.
BOARD_SIZES = boards/bare/sizes.py $(BIN_PREFIX) $(OUT)/$(EXAMPLE).elf $(BUDGET_FLASH) $(BUDGET_RAM) $(if \
  $(filter sensor,$(EXAMPLE)),&& tests/boards/cost.py $(BOARD) $(BOARD)$(BOARD_VARIANT))
# BOARD_IMAGES: what else a board makes of them.
BOARD_PROGRAMS = $(OUT)/$(EXAMPLE).elf $(OUT)/$(EXAMPLE).bin $(BOARD_IMAGES)

DEPS = mbedtls expat lwip
DEPS_CC = $(CC)
DEPS_AR = $(AR)
DEPS_CFLAGS = -std=gnu11 $(CPUFLAGS) -Os -g -ffunction-sections -fdata-sections -fno-common $(BARE_LTO) $(BARE_DEFS)
# The reader resolves namespaces itself; XML_MIN_SIZE shares the tokenizers of both byte orders of UTF-16.
EXPAT_FLAGS = -DXML_MIN_SIZE
EXPAT_RANDOM = arc4random_buf
