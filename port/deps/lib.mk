# Compiles one third-party library, LIB below SRC, into the archive OUT. Called by build.mk, which knows when.

OBJ := $(basename $(OUT)).obj
.DEFAULT_GOAL := $(OUT)

ifeq ($(LIB),mbedtls)
FILES := $(wildcard $(SRC)/library/*.c)
FLAGS := -I. -I$(SRC)/include -I$(SRC)/library -DMBEDTLS_CONFIG_FILE=\"$(BOARD_DIR)/mbedtls_config.h\"
endif

ifeq ($(LIB),expat)
FILES := $(addprefix $(SRC)/expat/lib/,xmlparse.c xmlrole.c xmltok.c) $(wildcard $(SRC)/expat/lib/random_$(or $(EXPAT_RANDOM),*).c)
# Files of other systems (rand_s) are empty unless asked for.
FILES := $(filter-out %/random_rand_s.c,$(FILES))
FLAGS := -I$(BOARD_DIR) -I$(SRC)/expat/lib -DNDEBUG $(EXPAT_FLAGS)
endif

ifeq ($(LIB),libsodium)
FILES := $(shell find $(SRC)/src/libsodium -name '*.c')
FLAGS := -I$(SRC)/src/libsodium/include/sodium -I$(SRC)/src/libsodium/include -DCONFIGURED=1 -DSODIUM_STATIC $(SODIUM_FLAGS)
endif

ifeq ($(LIB),lwip)
# IPv4 over Ethernet by the raw API; what lwipopts.h switches off compiles to nothing.
FILES := $(wildcard $(SRC)/src/core/*.c $(SRC)/src/core/ipv4/*.c) $(SRC)/src/netif/ethernet.c
FLAGS := -I$(SRC)/src/include -I. -I$(BOARD_DIR) $(BOARD_INC)
endif

# Their warnings are their authors' business. These are errors by themselves since gcc 14, so they are errors for every
# compiler: what builds here builds there.
STRICT := -Werror=implicit-function-declaration -Werror=implicit-int -Werror=int-conversion -Werror=incompatible-pointer-types

OBJS := $(patsubst $(SRC)/%.c,$(OBJ)/%.o,$(FILES))
$(if $(OBJS),,$(error no sources of $(LIB) below $(SRC)))

$(OUT): $(OBJS)
	rm -f $@ && $(DEPS_AR) rcsD $@ $(OBJS)

# STAMPS: new sources, flags or configuration concern every object.
$(OBJS): $(STAMPS)

$(OBJ)/%.o: $(SRC)/%.c
	mkdir -p $(@D) && $(DEPS_CC) $(DEPS_CFLAGS) $(STRICT) $(FLAGS) $(PREFIX_MAP) -frandom-seed=$@ -MMD -MP -c $< -o $@

-include $(OBJS:.o=.d)
