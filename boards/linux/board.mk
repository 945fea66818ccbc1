# The facts of Linux (and of what else has sockets, glibc or musl). The rules are in the top Makefile.

ifeq ($(origin CC),default)
CC = gcc
endif

PORT_SRC = port/run/run.c port/run/stream.c port/run/srv_order.c port/net/address.c port/base/phrase.c port/os/posix.c \
  port/net/posix.c port/dns/cares.c port/os/wait_posix.c port/clock/posix.c port/os/log_stdio.c \
  port/os/line_posix.c port/crypto/random_sodium.c port/crypto/hash_mbedtls.c port/crypto/sha256_x86.c \
  port/base/prepare.c port/tls/mbedtls.c port/tls/config.c port/tls/resume.c \
  port/tls/verify.c port/tls/names.c port/tls/memory.c port/tls/ca_file.c port/store/replace.c \
  port/store/safe_path.c port/store/keys_file.c port/store/keys_pack.c port/store/token_store.c port/run/config_text.c port/store/file.c \
  port/link/link.c port/http/url.c port/http/request.c port/http/response.c port/http/fetch.c \
  port/run/targets.c port/run/reach.c port/run/ladder.c port/run/proxy.c port/run/meter.c port/run/duty.c
BOARD_SRC = boards/linux/board.c
BOARD_UNIT = boards/linux/mote@.service.in
BOARD_PACKAGE = boards/linux/package/package.mk

# _GNU_SOURCE is empty, as sources write it, so that a file may define it as well. _FILE_OFFSET_BITS makes files beyond
# 2 GiB possible where a long has 32 bits.
BOARD_CFLAGS = -D_GNU_SOURCE= -D_FILE_OFFSET_BITS=64 $(if $(ARCH),,-DMOTE_IDN=)
BOARD_LDFLAGS = -Wl,--gc-sections

# These make a bug in memory harder to use. Fortified forms of memcpy and its like need optimisation; control-flow
# protection is only there on x86. tests/link looks for each of them in the command.
BOARD_HARDEN := -fPIE -fstack-protector-strong $(if $(filter x86_64-%,$(shell $(CC) -dumpmachine)),-fcf-protection) \
  $(if $(filter-out -O0,$(filter -O%,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
BOARD_HARDEN_LINK = -pie -Wl,-z,relro,-z,now,-z,noexecstack
BOARD_LDLIBS = -lcares -lidn
BOARD_PKGS = gcc libc6-dev libc-ares-dev libidn-dev xz-utils bzip2 patch

# For another kind of machine or another C library (tests/arch.sh) only the tests are built, static, with those parts of
# the port that need no library built for it.
ARCH_arm = arm-linux-gnueabihf-
ARCH_mips = mips-linux-gnu-
ARCH_aarch64 = aarch64-linux-gnu-
ARCH_musl = musl-
ifdef ARCH
BOARD_VARIANT = -$(ARCH)
CC = $(ARCH_$(ARCH))gcc
AR = $(DEPS_AR)
PORT_SRC := $(filter-out %/dns/cares.c,$(PORT_SRC))
BOARD_SRC =
# Code gets from the first member of a struct to the struct, whose alignment may be stricter; the compiler warns of it.
CPUFLAGS = -Wno-cast-align
BOARD_HARDEN =
BOARD_HARDEN_LINK = -static
BOARD_LDLIBS =
endif

# This is not $(CC), so that trying another compiler on Mote does not compile the libraries again.
DEPS = mbedtls expat libsodium
DEPS_CC = $(ARCH_$(ARCH))gcc
DEPS_AR = $(if $(filter musl,$(ARCH)),,$(ARCH_$(ARCH)))ar
DEPS_CFLAGS = -O2 -ffunction-sections -fdata-sections -D_GNU_SOURCE -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE \
  -D_FORTIFY_SOURCE=2
# There is no XML_NS, because the reader resolves namespaces itself (docs/DESIGN.md).
SODIUM_FLAGS = -include boards/linux/sodium_config.h
# getrandom() is in every C library; arc4random() is in glibc since 2.36, and not in musl.
EXPAT_RANDOM = getrandom
