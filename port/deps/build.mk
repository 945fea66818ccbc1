# Fetches and unpacks the pinned sources, and builds them as static libraries for $(BOARD) into build/deps/$(BOARD).
#
# In:  from $(BOARD_DIR)/board.mk: DEPS (which), DEPS_CC, DEPS_AR, DEPS_CFLAGS, EXPAT_FLAGS, EXPAT_RANDOM (which of
#      its random_*.c), SODIUM_FLAGS, and if there
#      are any, BOARD_VARIANT (a suffix: builds with other options lie beside each other) and BOARD_CONFIGS (headers that
#      the configuration headers include)
# Out: DEPS_READY (headers are in place), DEPS_LIBS (the archives), MBEDTLS_INC, EXPAT_INC, SODIUM_INC, LWIP_INC

include port/deps/pins.mk

DEPS_SRC := build/deps/src
DEPS_OUT := build/deps/$(BOARD)$(BOARD_VARIANT)

DEPS_READY := $(DEPS:%=$(DEPS_SRC)/%.unpacked)
DEPS_LIBS := $(foreach d,$(DEPS),$(DEPS_OUT)/$(if $(filter lib%,$d),$d,lib$d).a)

MBEDTLS_INC = -isystem $(DEPS_SRC)/mbedtls/include -DMBEDTLS_CONFIG_FILE=\"$(BOARD_DIR)/mbedtls_config.h\"
EXPAT_INC = -isystem $(DEPS_SRC)/expat/expat/lib
SODIUM_INC = -isystem $(DEPS_SRC)/libsodium/src/libsodium/include
# lwIP's headers include the board's lwipopts.h and the arch/ of its kind.
LWIP_INC = $(if $(filter lwip,$(DEPS)),-isystem $(DEPS_SRC)/lwip/src/include -I$(BOARD_DIR) $(BOARD_INC))

# One fetch for all, because two apt at a time would be in each other's way. What is there already is not touched, so
# that a board with one library more does not compile the others again.
$(DEPS:%=$(DEPS_SRC)/%.src) &: port/deps/pins.mk | $(NEED)
	@MOTE_TARBALLS='$(MOTE_TARBALLS)' MOTE_DEBIAN_MIRROR='$(MOTE_DEBIAN_MIRROR)' port/deps/fetch.sh $(DEPS)
	@for f in $(DEPS:%=$(DEPS_SRC)/%.src); do test $$f -nt $< || touch $$f; done

$(foreach d,$(DEPS),$(eval $(DEPS_SRC)/$d.unpacked: $(wildcard port/deps/patches/$d-*.patch)))
$(DEPS_SRC)/%.unpacked: $(DEPS_SRC)/%.src port/deps/unpack.sh
	@port/deps/unpack.sh $*
	@touch $@

# A flag that changes compiles the library anew.
$(call stamp,$(DEPS_OUT)/flags,$(DEPS_CC) $(DEPS_AR) $(DEPS_CFLAGS))
$(call stamp,$(DEPS_OUT)/flags-expat,$(EXPAT_FLAGS))
$(call stamp,$(DEPS_OUT)/flags-libsodium,$(SODIUM_FLAGS))

# The list of files is known only once they are unpacked, hence a make of its own for each library.
define dep_rule
$(2): $(DEPS_SRC)/$(1).unpacked $(DEPS_OUT)/flags $(3) port/deps/lib.mk
	@echo '  LIB   $$@'
	+@$$(MAKE) --no-print-directory -s $$(JOBS) -f port/deps/lib.mk LIB=$(1) OUT=$$@ BOARD_DIR=$(BOARD_DIR) SRC=$(DEPS_SRC)/$(1) \
	  DEPS_CC='$(DEPS_CC)' DEPS_AR='$(DEPS_AR)' DEPS_CFLAGS='$(DEPS_CFLAGS)' \
	  EXPAT_FLAGS='$(EXPAT_FLAGS)' SODIUM_FLAGS='$(SODIUM_FLAGS)' EXPAT_RANDOM='$(EXPAT_RANDOM)' \
	  BOARD_INC='$(BOARD_INC)' PREFIX_MAP='$$(PREFIX_MAP)' STAMPS='$$^'
endef
$(eval $(call dep_rule,mbedtls,$(DEPS_OUT)/libmbedtls.a,$(BOARD_DIR)/mbedtls_config.h $(BOARD_CONFIGS)))
$(eval $(call dep_rule,expat,$(DEPS_OUT)/libexpat.a,$(BOARD_DIR)/expat_config.h $(BOARD_CONFIGS) $(DEPS_OUT)/flags-expat))
$(eval $(call dep_rule,libsodium,$(DEPS_OUT)/libsodium.a,$(wildcard $(BOARD_DIR)/sodium_config.h) $(DEPS_OUT)/flags-libsodium))
$(eval $(call dep_rule,lwip,$(DEPS_OUT)/liblwip.a,$(wildcard $(BOARD_DIR)/lwipopts.h) $(BOARD_CONFIGS)))
