# Linux (and what else has sockets, glibc or musl): facts only, the rules are the top Makefile's.

ifeq ($(origin CC),default)
CC = gcc
endif

PORT_SRC = port/run.c port/run_stream.c port/targets.c port/address.c port/phrase.c port/posix.c port/net_posix.c \
  port/dns_cares.c port/wait_posix.c port/clock_posix.c port/log_stdio.c port/line_posix.c port/entropy_sodium.c \
  port/crypto_mbedtls.c port/tls_mbedtls.c port/tls_config.c port/tls_verify.c port/tls_names.c port/tls_memory.c \
  port/tls_ca_file.c port/file_replace.c port/keys_file.c port/keys_pack.c port/config_text.c port/store_file.c
PORT_SRC += port/run_targets.c port/run_reach.c port/run_ladder.c port/run_proxy.c
BOARD_SRC = boards/linux/board.c
BOARD_UNIT = boards/linux/mote@.service.in

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
# No XML_NS: the reader resolves namespaces itself (docs/DESIGN.md).
SODIUM_FLAGS = -include boards/linux/sodium_config.h
