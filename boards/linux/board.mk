# Linux (and what else has sockets, glibc or musl): facts only, the rules are the top Makefile's.

ifeq ($(origin CC),default)
CC = gcc
endif

PORT_SRC = port/run.c port/run_stream.c port/targets.c port/address.c port/phrase.c port/net_posix.c port/tls_mbedtls.c \
  port/crypto_mbedtls.c port/dns_cares.c port/clock_posix.c port/entropy_sodium.c port/flash_file.c port/log_stdio.c
BOARD_SRC = boards/linux/board.c

# Empty, as the sources would write it, so that a file may define it as well.
BOARD_CFLAGS = -D_GNU_SOURCE=
BOARD_LDFLAGS = -Wl,--gc-sections
BOARD_LDLIBS = -lcares
BOARD_PKGS = gcc libc6-dev libc-ares-dev xz-utils bzip2 patch

# Not $(CC): trying another compiler on Mote need not compile the libraries again.
DEPS = mbedtls expat libsodium
DEPS_CC = gcc
DEPS_AR = ar
DEPS_CFLAGS = -O2 -ffunction-sections -fdata-sections -D_GNU_SOURCE
EXPAT_NS ?= 1
EXPAT_FLAGS = $(if $(filter 1,$(EXPAT_NS)),-DXML_NS)
SODIUM_FLAGS = -include boards/linux/sodium_config.h
