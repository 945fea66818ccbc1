# The fuzz targets, to be included by tests/tests.mk. Under libFuzzer with FUZZ=1 (clang), else under replay.c.
#
#   fuzz-programs    one program for each target, $(OUT)/tests/fuzz/TARGET

FUZZ_TARGETS := stream stanza skip sasl sasl2 jingle text atom store outbox dns http config args
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(OUT)/tests/fuzz/%)
FUZZ_HELP := $(call objects,tests/fuzz/fuzz.c tests/fuzz/markup.c tests/fuzz/device.c tests/fuzz/device_states.c \
  $(if $(FUZZ),,tests/fuzz/replay.c))
FUZZ_CLI := $(addprefix $(OUT)/examples/mote/,conf/settings.o conf/settings_file.o out/fail.o files/small_file.o \
  out/out.o out/json.o out/hidden.o out/backlog.o)

# What a target links beside the library, and how.
FUZZ_WITH_config := $(FUZZ_CLI)
FUZZ_WITH_args := $(FUZZ_CLI) $(OUT)/examples/mote/conf/invitation.o
FUZZ_WITH_dns := $(call objects,port/dns/wire.c)
FUZZ_WITH_outbox := $(call objects,$(addprefix tests/,fuzz/outbox_world.c fuzz/outbox_ledger.c \
  cut/model_server.c cut/model_peer.c fake/flash_ram.c))
FUZZ_WRAP_stream := strcmp mote_secret_wipe XML_GetErrorCode
FUZZ_WRAP_config := err_print fsync
FUZZ_WRAP_args := err_print

.PHONY: fuzz-programs
fuzz-programs: $(FUZZ_PROGRAMS)

define fuzz_program
$(OUT)/tests/fuzz/$(1): $(OUT)/tests/fuzz/$(1).o $(FUZZ_HELP) $(FUZZ_WITH_$(1)) $(TEST_LINKS)
	@echo '  LINK  $$@'
	$$(Q)$$(CC) $$(LINKFLAGS) $(if $(FUZZ),-fsanitize=fuzzer) $(FUZZ_WRAP_$(1):%=-Wl$(comma)--wrap=%) -o $$@ $$< \
	  $(FUZZ_WITH_$(1)) $(FUZZ_HELP) $$(LIBS)
endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz_program,$t)))

# What the harness itself does is no discovery.
ifdef FUZZ
$(FUZZ_HELP): SANFLAGS += -fno-sanitize=fuzzer-no-link
endif

-include $(FUZZ_PROGRAMS:%=%.d) $(FUZZ_HELP:.o=.d) $(FUZZ_WITH_dns:.o=.d) $(FUZZ_WITH_outbox:.o=.d)

# For tests/arch.sh: what needs no library of the other machine.
.PHONY: arch-programs
arch-programs: $(TEST_UNITS) $(TEST_TRANSCRIPT) $(filter-out %/config %/args,$(FUZZ_PROGRAMS))
