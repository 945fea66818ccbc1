# Linux (and what else has sockets, glibc or musl): facts only, the rules are the top Makefile's.

ifeq ($(origin CC),default)
CC = gcc
endif

PORT_SRC = port/run.c port/run_stream.c port/targets.c port/address.c port/phrase.c port/posix.c port/net_posix.c \
  port/dns_cares.c port/wait_posix.c port/clock_posix.c port/log_stdio.c port/line_posix.c port/entropy_sodium.c \
  port/crypto_mbedtls.c port/tls_mbedtls.c port/tls_config.c port/tls_verify.c port/tls_names.c port/tls_memory.c \
  port/tls_ca_file.c port/file_replace.c port/keys_file.c port/keys_pack.c port/config_text.c port/store_file.c
PORT_SRC += port/run_targets.c port/run_reach.c port/run_ladder.c port/run_proxy.c port/meter.c port/duty.c
BOARD_SRC = boards/linux/board.c
BOARD_UNIT = boards/linux/mote@.service.in

# Empty, as the sources would write it, so that a file may define it as well.
# Files beyond 2 GiB where a long has 32 bits.
BOARD_CFLAGS = -D_GNU_SOURCE= -D_FILE_OFFSET_BITS=64
BOARD_LDFLAGS = -Wl,--gc-sections

# Against what a bug in memory could be used for. Fortified forms of memcpy and its kin need optimisation; control-flow
# protection is x86's. tests/link looks for each in the command.
BOARD_HARDEN := -fPIE -fstack-protector-strong $(if $(filter x86_64-%,$(shell $(CC) -dumpmachine)),-fcf-protection) \
  $(if $(filter-out -O0,$(filter -O%,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
BOARD_HARDEN_LINK = -pie -Wl,-z,relro,-z,now,-z,noexecstack
BOARD_LDLIBS = -lcares
BOARD_PKGS = gcc libc6-dev libc-ares-dev xz-utils bzip2 patch

# Another kind of machine (tests/arch.sh): the tests alone, static, with what of the port needs no library of that machine.
ARCH_arm = arm-linux-gnueabihf-
ARCH_mips = mips-linux-gnu-
ifdef ARCH
BOARD_VARIANT = -$(ARCH)
CC = $(ARCH_$(ARCH))gcc
AR = $(ARCH_$(ARCH))ar
PORT_SRC := $(filter-out %/dns_cares.c,$(PORT_SRC))
BOARD_SRC =
# A struct is reached by its first member, whose type need not be aligned as strictly.
CPUFLAGS = -Wno-cast-align
BOARD_HARDEN =
BOARD_HARDEN_LINK = -static
BOARD_LDLIBS =
endif

# Not $(CC): trying another compiler on Mote need not compile the libraries again.
DEPS = mbedtls expat libsodium
DEPS_CC = $(ARCH_$(ARCH))gcc
DEPS_AR = $(ARCH_$(ARCH))ar
DEPS_CFLAGS = -O2 -ffunction-sections -fdata-sections -D_GNU_SOURCE -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE \
  -D_FORTIFY_SOURCE=2
# No XML_NS: the reader resolves namespaces itself (docs/DESIGN.md).
SODIUM_FLAGS = -include boards/linux/sodium_config.h
