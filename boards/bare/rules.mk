# Links the firmware, shows where its bytes are, runs it in QEMU. Included by the top Makefile.

ELF := $(OUT)/$(EXAMPLE).elf
ELF_OBJS := $(call objects,$(call example_src,$(EXAMPLE)))
$(if $(ELF_OBJS)$(filter clean help vars,$(MAKECMDGOALS)),,$(error there is no example $(EXAMPLE)))

$(ELF): $(ELF_OBJS) $(OUT)/libmote.a $(DEPS_LIBS) $(OUT)/flags-link $(BOARD_DIR)/memory.ld $(BOARD_SECTIONS) \
  boards/bare/sizes.py
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) $(PREFIX_MAP) -frandom-seed=$@ -Wl,-Map,$(OUT)/$(EXAMPLE).map -o $@ \
	  $(ELF_OBJS) -Wl,--start-group $(LIBS) -Wl,--end-group
	$(Q)! $(BIN_PREFIX)nm $@ | grep -E ' _?(malloc|calloc|realloc|free|sbrk)(_r)?$$' || { echo 'a heap is in the image' >&2; false; }
	$(Q)boards/bare/sizes.py $(BIN_PREFIX) $@ $(BUDGET_FLASH) $(BUDGET_RAM)

$(OUT)/%.bin: $(OUT)/%.elf
	$(Q)$(BIN_PREFIX)objcopy -O binary $< $@

# What a board makes of its firmware beyond that.
-include $(wildcard $(BOARD_DIR)/rules.mk)

# The time of the last commit. It is at least this late, so no certificate that ended before is believed.
BUILD_TIME := $(SOURCE_DATE_EPOCH)
$(call stamp,$(OUT)/flags-time,$(BUILD_TIME))
$(OUT)/boards/bare/board.o: PORT_CFLAGS += -DBOARD_BUILD_TIME=$(BUILD_TIME)
$(OUT)/boards/bare/board.o: $(OUT)/flags-time

# --- run ------------------------------------------------------------------------------------------------------------

# The server as the emulated board sees it: 10.0.2.2 is this machine.
SERVER ?= 10.0.2.2
CA ?=
SETTINGS ?=

.PHONY: run
run: $(ELF)
	boards/bare/run.sh $(BOARD) $(ELF) '$(CA)' host=$(SERVER) $(if $(PORT),port=$(PORT)) $(SETTINGS)
