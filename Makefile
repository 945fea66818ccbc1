# Mote. `make help` tells the targets and variables.

BOARD ?= linux
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
DESTDIR ?=
CFLAGS ?= -Os -g
V ?= 0
HARDEN ?= yes

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
Q := $(if $(filter 1,$(V)),,@)
MAKEFLAGS += --no-builtin-rules

# The same sources give the same bytes, wherever and whenever they are built (make reproduce). Paths in the output are relative
# to this folder, and what asks for the time gets that of the last commit, or in a tarball that of the change log.
space := $(subst ,, )
PREFIX_MAP := -ffile-prefix-map=$(subst $(space),\$(space),$(CURDIR))=.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || stat -c %Y docs/CHANGELOG.md)
export SOURCE_DATE_EPOCH

# The libraries are compiled in parallel even when nobody asked for it: it is the longest part of a first build.
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))

# $(call stamp,file,text): the file changes when the text does (which may be empty), so whatever depends on it is built anew.
stamp = $(if $(filter clean help,$(MAKECMDGOALS)),,$(eval $(call stamp_write,$(strip $(1)),$(strip $(2)))))
define stamp_write
ifneq ($$(wildcard $(1))$$(file <$(1)),$(1)$(2))
$$(shell mkdir -p $(dir $(1)))
$$(file >$(1),$(2))
endif
endef

# The fuzz targets need libFuzzer, which is clang's.
ifdef FUZZ
CC = clang
endif
# A board is a folder with a board.mk: boards/linux, or below its family, as boards/cortex-m/lm3s6965evb.
BOARDS := $(patsubst %/board.mk,%,$(wildcard boards/*/board.mk boards/*/*/board.mk))
BOARD_DIR := $(firstword $(filter %/$(BOARD),$(BOARDS)))
$(if $(BOARD_DIR),,$(error there is no board $(BOARD); there are: $(notdir $(BOARDS))))
include $(BOARD_DIR)/board.mk

OUT := build/$(BOARD)$(BOARD_VARIANT)$(if $(SAN),-san)$(if $(FUZZ),-fuzz)$(if $(COV),-cov)$(if $(filter no,$(HARDEN)),-plain)
NEED := build/.need-$(BOARD)
include port/deps/build.mk

# --- flags ----------------------------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
  -Wundef -Wcast-align -Wwrite-strings -Wvla -Wformat=2 -Werror
BASE := -std=c11 -ffunction-sections -fdata-sections -I.
comma := ,
SANFLAGS := $(if $(SAN)$(FUZZ),-O$(if $(FUZZ),2,1) -fno-omit-frame-pointer -fsanitize=address$(comma)undefined \
  -fno-sanitize-recover=undefined $(if $(FUZZ),-fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp)) \
  $(if $(COV),-O0 --coverage)

# Flags that make an attack harder, where the board has them (BOARD_HARDEN); not with the sanitizers, which bring their own.
hardened := $(if $(filter no,$(HARDEN))$(SAN)$(FUZZ)$(COV),,yes)
HARDFLAGS = $(if $(hardened),$(BOARD_HARDEN))
HARDLINK = $(if $(hardened),$(BOARD_HARDEN_LINK))

# The core's loops and functions are short, so what these passes of gcc move, keep or merge costs more bytes (registers that have
# to be saved, calls of memset) than it saves.
CORE_SMALL = $(if $(filter -Os,$(CFLAGS)),$(if $(findstring clang,$(CC)),,-fno-move-loop-invariants -fno-caller-saves -fno-gcse \
    -fno-shrink-wrap -fno-code-hoisting -fno-tree-loop-distribute-patterns))
# Of all libraries, only expat's headers are visible to the core.
CORE_CFLAGS = $(BASE) $(WARN) $(CPUFLAGS) $(CFLAGS) $(CORE_SMALL) $(HARDFLAGS) $(SANFLAGS) $(EXPAT_INC)
PORT_CFLAGS = $(BASE) -I$(BOARD_DIR) $(WARN) $(CPUFLAGS) $(BOARD_CFLAGS) $(CFLAGS) $(HARDFLAGS) $(SANFLAGS) $(EXPAT_INC) $(MBEDTLS_INC) $(SODIUM_INC) \
  $(LWIP_INC)
LINKFLAGS = $(CPUFLAGS) $(CFLAGS) $(HARDFLAGS) $(HARDLINK) $(SANFLAGS) $(BOARD_LDFLAGS) $(LDFLAGS)
LIBS = $(OUT)/libmote.a $(DEPS_LIBS) $(BOARD_LDLIBS) $(LDLIBS)

# --- what there is --------------------------------------------------------------------------------------------------

# Folders below core/ are at most two deep.
CORE_SRC := $(sort $(wildcard core/*/*.c core/*/*/*.c))
GLUE_SRC := $(wildcard $(PORT_SRC) $(BOARD_SRC))
EXAMPLES := $(filter-out mote,$(patsubst examples/%/main.c,%,$(wildcard examples/*/main.c)))
COMMAND_SRC := $(sort $(wildcard examples/mote/*.c examples/mote/*/*.c))
# What an application may include. All other headers are private; tests/link says who may include them.
PUBLIC_HEADERS := $(addprefix core/,mote.h config.h error.h register.h sasl2.h state.h services.h module.h base/text.h xml/stanza.h xml/writer.h \
    store/store.h stream/retry.h) \
  $(addprefix core/modules/,account.h archive/archive.h blog/blog.h blog/atom.h chat/chat.h chat/sharing.h files/files.h outbox/outbox.h outbox_blog.h \
    outbox_chat.h outbox_files.h clock.h csi.h disco.h enclosure.h ping.h presence.h pubsub.h upload/upload.h) \
  $(addprefix port/,port.h base/prepare.h http/url.h http/http.h http/fetch.h link/link.h run/run.h run/ladder.h run/duty.h run/meter.h \
    run/config_text.h clock/posix.h \
    crypto/hash_mbedtls.h \
    crypto/random_sodium.h dns/cares.h net/address.h net/posix.h os/line_posix.h os/log_stdio.h os/posix.h os/wait_posix.h \
    store/file.h store/keys_file.h store/keys_pack.h store/replace.h store/safe_path.h store/token_store.h \
    tls/ca_file.h tls/mbedtls.h tls/memory.h tls/resume.h tls/verify.h) \
  boards/board.h

objects = $(patsubst %.c,$(OUT)/%.o,$(1))
example_src = $(sort $(wildcard examples/$(1)/*.c))
LIB_OBJS := $(call objects,$(CORE_SRC) $(GLUE_SRC))
APP_OBJS := $(call objects,$(COMMAND_SRC) $(foreach e,$(EXAMPLES),$(call example_src,$e)))
# A board without an operating system names its firmware instead (BOARD_PROGRAMS), and how to link it (BOARD_RULES).
PROGRAMS := $(if $(BOARD_RULES),$(BOARD_PROGRAMS),$(if $(COMMAND_SRC),$(OUT)/mote) $(EXAMPLES:%=$(OUT)/%))

$(call stamp,$(OUT)/flags-core,$(CC) $(CORE_CFLAGS))
$(call stamp,$(OUT)/flags-port,$(CC) $(PORT_CFLAGS))
$(call stamp,$(OUT)/flags-link,$(CC) $(LINKFLAGS) $(LIBS))
$(call stamp,$(OUT)/members,$(LIB_OBJS))

# --- rules ----------------------------------------------------------------------------------------------------------

.PHONY: all lib deps
all: lib $(PROGRAMS)
lib: $(OUT)/libmote.a
deps: $(DEPS_LIBS)

$(NEED): port/deps/need.sh $(BOARD_DIR)/board.mk
	@port/deps/need.sh $(BOARD_PKGS)
	@mkdir -p $(@D) && touch $@

$(OUT)/core/%.o: core/%.c $(OUT)/flags-core $(DEPS_READY) | $(NEED)
	@echo '  CC    $<'
	@mkdir -p $(@D)
	$(Q)$(CC) $(CORE_CFLAGS) $(PREFIX_MAP) -frandom-seed=$@ -MMD -MP -c $< -o $@

$(OUT)/%.o: %.c $(OUT)/flags-port $(DEPS_READY) | $(NEED)
	@echo '  CC    $<'
	@mkdir -p $(@D)
	$(Q)$(CC) $(PORT_CFLAGS) $(PREFIX_MAP) -frandom-seed=$@ -MMD -MP -c $< -o $@

# -isystem keeps this header out of the dependency files.
$(filter $(OUT)/port/% $(OUT)/boards/%,$(LIB_OBJS)): $(BOARD_DIR)/mbedtls_config.h $(BOARD_CONFIGS)

$(OUT)/libmote.a: $(LIB_OBJS) $(OUT)/members
	@echo '  AR    $@'
	@rm -f $@
	$(Q)$(or $(AR),ar) qcsD $@ $(LIB_OBJS)

define program
$(1): $(2) $(OUT)/libmote.a $(DEPS_LIBS) $(OUT)/flags-link
	@echo '  LINK  $$@'
	$(Q)$$(CC) $$(LINKFLAGS) $$(PREFIX_MAP) -frandom-seed=$$@ -o $$@ $(2) $$(LIBS)
endef
ifeq ($(BOARD_RULES),)
$(if $(COMMAND_SRC),$(eval $(call program,$(OUT)/mote,$(call objects,$(COMMAND_SRC)))))
$(foreach e,$(EXAMPLES),$(eval $(call program,$(OUT)/$e,$(call objects,$(call example_src,$e)))))
else
include $(BOARD_RULES)
endif

-include $(patsubst %.o,%.d,$(LIB_OBJS) $(APP_OBJS))

# --- tests ----------------------------------------------------------------------------------------------------------

DEMO_PKGS := make curl openssl prosody lua-unbound python3 python3-slixmpp python3-aiohttp
# The compilers and the emulators of the boards: TOOLCHAIN_PKGS of boards/cortex-m/cortex-m.mk and boards/riscv/riscv.mk.
FIRMWARE := lm3s6965evb mps2-an385
FIRMWARE_PKGS := gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm xz-utils bzip2 patch
RISCV_PKGS := gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc
PICO_PKGS := $(if $(shell command -v npm),,nodejs npm)
CHECK_PKGS := $(DEMO_PKGS) ejabberd systemd python3-pytest python3-cryptography iproute2 libcmocka-dev go-sendxmpp valgrind libstrophe-dev \
  strace clang musl-tools g++ cmake pkgconf fish zsh
INSTALL_PKGS := gcc g++ cmake pkgconf fish zsh python3-pytest

FUZZ_PKGS := clang libclang-rt-dev
LINT_PKGS := clang clang-tidy cppcheck pyflakes3
ARCH_PKGS := gcc-arm-linux-gnueabihf libc6-dev-armhf-cross gcc-mips-linux-gnu libc6-dev-mips-cross musl-tools qemu-user

# Packages come first, before this make could have looked for a compiler.
.PHONY: demo check check-fast check-long storm sizes
demo:
	@port/deps/need.sh $(BOARD_PKGS) $(DEMO_PKGS) $(FIRMWARE_PKGS)
	+@$(MAKE) --no-print-directory $(JOBS) all
	+@for b in $(FIRMWARE); do $(MAKE) --no-print-directory $(JOBS) BOARD=$$b EXAMPLE=sensor || exit 1; done
	+@tests/demo.sh

check:
	@port/deps/need.sh $(BOARD_PKGS) $(CHECK_PKGS) $(FIRMWARE_PKGS) $(RISCV_PKGS) $(PICO_PKGS)
	+@$(MAKE) --no-print-directory $(JOBS) all
	+@tests/run.sh

check-fast:
	@port/deps/need.sh $(BOARD_PKGS) $(CHECK_PKGS)
	+@$(MAKE) --no-print-directory $(JOBS) all
	+@tests/run.sh fast

# Tests that take up to half an hour, and are not part of check.
check-long:
	@port/deps/need.sh $(BOARD_PKGS) $(CHECK_PKGS) $(FIRMWARE_PKGS) $(RISCV_PKGS) $(PICO_PKGS)
	+@$(MAKE) --no-print-directory $(JOBS) all
	+@tests/long.sh

# Kills mote run 50 times and restarts the server 5 times, while 500 posts go through.
storm:
	@port/deps/need.sh $(BOARD_PKGS) $(DEMO_PKGS)
	+@$(MAKE) --no-print-directory $(JOBS) all
	@/usr/bin/python3 tests/server/storm.py

# Runs the firmware of all boards in QEMU against a real Prosody.
.PHONY: check-boards
check-boards:
	@port/deps/need.sh $(BOARD_PKGS) $(DEMO_PKGS) $(FIRMWARE_PKGS) $(RISCV_PKGS) $(PICO_PKGS) python3-pytest
	+@$(MAKE) --no-print-directory $(JOBS) all
	@/usr/bin/python3 -m pytest -q -p no:cacheprovider tests/boards

# lint finds what compilers do not see, coverage what the tests do not reach, and check-arch runs the small suites as programs
# of other kinds of machine.
.PHONY: lint coverage check-arch
lint:
	@port/deps/need.sh $(BOARD_PKGS) $(LINT_PKGS)
	+@$(MAKE) --no-print-directory $(JOBS) $(DEPS_READY)
	+@tests/lint.sh $(TOOL)

coverage:
	@port/deps/need.sh $(BOARD_PKGS) $(CHECK_PKGS)
	+@$(MAKE) --no-print-directory $(JOBS) COV=1 test-programs fuzz-programs
	+@tests/coverage.sh

check-arch:
	@port/deps/need.sh $(BOARD_PKGS) $(ARCH_PKGS)
	+@tests/arch.sh

# Runs make demo and make check in a fresh Debian of another release, in a folder of its own; only root may.
.PHONY: check-debian
SUITE ?= trixie
RUN ?= demo check
check-debian:
	@port/deps/need.sh debootstrap
	@MOTE_DEBIAN_MIRROR='$(MOTE_DEBIAN_MIRROR)' tests/debian.sh $(SUITE) $(RUN)

# Tests what make install makes, and programs against it. It is part of check.
.PHONY: check-install
check-install:
	@port/deps/need.sh $(BOARD_PKGS) $(INSTALL_PKGS)
	+@$(MAKE) --no-print-directory $(JOBS) all
	@/usr/bin/python3 -m pytest -q -p no:cacheprovider tests/install/test_install.py tests/install/test_options.py

# Compares two builds, made in two folders, at two times and with two users' settings, byte by byte.
.PHONY: reproduce
reproduce:
	@port/deps/need.sh $(BOARD_PKGS) $(FIRMWARE_PKGS)
	+@$(MAKE) --no-print-directory $(JOBS) $(DEPS_READY)
	+@tests/reproduce.sh

# Runs every fuzz target for SECONDS seconds, or TARGET alone.
.PHONY: fuzz
SECONDS ?= 60
fuzz:
	@port/deps/need.sh $(BOARD_PKGS) $(FUZZ_PKGS)
	+@$(MAKE) --no-print-directory $(JOBS) FUZZ=1 fuzz-programs
	+@tests/fuzz/run.sh $(SECONDS) $(TARGET)

sizes:
	@port/deps/need.sh $(BOARD_PKGS) $(if $(BOARD_SIZES),$(DEMO_PKGS))
	+@$(if $(BOARD_SIZES),$(MAKE) --no-print-directory $(JOBS) all)
	+@$(or $(BOARD_SIZES),tests/sizes.sh)

-include $(wildcard tests/tests.mk)

# Measures Mote side by side with other libraries, and writes docs/BENCH.md. PART names only some, see tests/bench/parts.py.
.PHONY: bench
bench:
	@port/deps/need.sh $(BOARD_PKGS) $(BENCH_PKGS)
	+@$(MAKE) --no-print-directory $(JOBS) bench-programs
	@/usr/bin/python3 -B tests/bench/bench.py $(PART)

# For scripts that compile something themselves: eval "$(make -s vars)"; eval "$CC $CORE_CFLAGS ..."
.PHONY: vars
vars:
	$(info OUT='$(OUT)')
	$(info CC='$(CC)')
	$(info CORE_CFLAGS='$(CORE_CFLAGS)')
	$(info CORE_SMALL='$(CORE_SMALL)')
	$(info PORT_CFLAGS='$(PORT_CFLAGS)')
	$(info LINKFLAGS='$(LINKFLAGS)')
	$(info LIBS='$(LIBS)')
	$(info HARDFLAGS='$(HARDFLAGS)')
	$(info PUBLIC_HEADERS='$(PUBLIC_HEADERS)')
	$(info FUZZ_TARGETS='$(FUZZ_TARGETS)')
	@:

# The sources of what this board's build is made of, for the same scripts.
.PHONY: sources
sources:
	@echo $(CORE_SRC) $(GLUE_SRC) $(COMMAND_SRC) $(foreach e,$(EXAMPLES),$(call example_src,$e))

# --- install, clean, help -------------------------------------------------------------------------------------------

# Public headers lie below mote/ as they do here; those of mbedTLS, which port/tls includes, beside them with this build's
# configuration. The libraries have names of their own, so that none is taken for the system's.
INCLUDES = $(DESTDIR)$(PREFIX)/include/mote
VERSION := $(shell sed -n 's/^\#define MOTE_VERSION "\(.*\)"/\1/p' core/mote.h)
include $(BOARD_PACKAGE)

.PHONY: install clean help
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR)/mote
	$(if $(COMMAND_SRC),install -m 755 $(OUT)/mote $(DESTDIR)$(PREFIX)/bin/mote)
	$(if $(wildcard docs/mote.1),install -D -m 644 docs/mote.1 $(DESTDIR)$(PREFIX)/share/man/man1/mote.1)
	$(if $(BOARD_UNIT),install -d $(DESTDIR)$(PREFIX)/lib/systemd/system)
	$(if $(BOARD_UNIT),sed 's|@BINDIR@|$(PREFIX)/bin|' $(BOARD_UNIT) >$(DESTDIR)$(PREFIX)/lib/systemd/system/mote@.service)
	install -m 644 $(OUT)/libmote.a $(DESTDIR)$(LIBDIR)/libmote.a
	for l in $(DEPS); do install -m 644 $(DEPS_OUT)/lib$${l#lib}.a $(DESTDIR)$(LIBDIR)/mote/libmote-$${l#lib}.a || exit 1; done
	for h in $(PUBLIC_HEADERS); do install -D -m 644 $$h $(INCLUDES)/$$h || exit 1; done
	install -m 644 $(BOARD_DIR)/board_limits.h $(INCLUDES)/boards/board_limits.h
	for h in $(BOARD_DIR)/mbedtls_config.h $(filter %/mbedtls_config.h,$(BOARD_CONFIGS)); do \
	  install -D -m 644 $$h $(INCLUDES)/$$h || exit 1; done
	install -d $(INCLUDES)/deps/mbedtls $(INCLUDES)/deps/psa
	install -m 644 $(DEPS_SRC)/mbedtls/include/mbedtls/*.h $(INCLUDES)/deps/mbedtls
	install -m 644 $(DEPS_SRC)/mbedtls/include/psa/*.h $(INCLUDES)/deps/psa
	echo '#include "$(BOARD_DIR)/mbedtls_config.h"' >$(INCLUDES)/deps/mbedtls/mbedtls_config.h

clean:
	rm -rf $(filter-out build/deps build/debian,$(wildcard build/*)) $(filter-out build/deps/src,$(wildcard build/deps/*)) $(NEED)

help:
	@sed -n 's/^#h \{0,1\}//p' Makefile

#h make              library, the mote command and the examples, into build/$BOARD
#h make demo         the whole thing at work against a private server; installs what it needs (Debian, Ubuntu)
#h make check        all tests; installs what it needs
#h make check-fast   those that take seconds
#h make check-long   more faults, for up to half an hour
#h make storm        mote run and its server die again and again while 500 posts go through; to watch
#h make check-boards the firmware of both boards in QEMU
#h make sizes        memory tables, and whether the budgets hold
#h make fuzz         each fuzz target for SECONDS=60 seconds, or TARGET=stream alone
#h make bench        Mote and other libraries side by side, into docs/BENCH.md (PART="feed idle": some of it)
#h make lint         gcc's analyzer, clang-tidy, cppcheck, clang's warnings, pyflakes; TOOL=tidy for one of them
#h make coverage     how much of core/ the tests reach, lines and branches
#h make check-arch   the small suites as 32-bit ARM and big-endian MIPS in QEMU, and with musl
#h make reproduce    builds twice in two folders, and compares the bytes
#h make check-debian make demo and make check in a fresh Debian, SUITE=trixie; RUN=check-fast something else (root)
#h make install      the command, its man page, completions, unit for systemd; libmote.a, its headers, for pkg-config and CMake
#h make check-install  installs into a temporary folder, and builds programs against what is there
#h make clean        what was built; fetched sources and systems stay (rm -r build to drop them, too)
#h
#h BOARD=linux       which machine: a folder below boards/
#h CC, CFLAGS        compiler; optimisation and debugging (-Os -g)
#h HARDEN=no         without stack protector and the like, as on a small board, into build/$BOARD-plain
#h SAN=1             with address and undefined-behaviour sanitizers, into build/$BOARD-san
#h V=1               show the commands
#h PREFIX, DESTDIR, LIBDIR   where to install (/usr/local; PREFIX/lib)
#h MOTE_TARBALLS     folder with the tarballs named in port/deps/pins.mk, for building without network
#h MOTE_DEBIAN_MIRROR  a Debian mirror to fetch them from, where apt's own is none (Ubuntu)
#h CI=true           install packages through sudo without asking
