# The fuzz targets, to be included by tests/tests.mk. Under libFuzzer with FUZZ=1 (clang), else under replay.c.
#
#   fuzz-programs    one program for each target, $(OUT)/tests/fuzz/TARGET

FUZZ_TARGETS := stream
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(OUT)/tests/fuzz/%)
FUZZ_HELP := $(call objects,tests/fuzz/fuzz.c tests/fuzz/markup.c tests/fuzz/device.c $(if $(FUZZ),,tests/fuzz/replay.c))

.PHONY: fuzz-programs
fuzz-programs: $(FUZZ_PROGRAMS)

$(FUZZ_PROGRAMS): $(OUT)/tests/fuzz/%: $(OUT)/tests/fuzz/%.o $(FUZZ_HELP) $(TEST_LINKS)
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) $(if $(FUZZ),-fsanitize=fuzzer) $(if $(filter %/stream,$@),-Wl$(comma)--wrap=strcmp) -o $@ $< $(FUZZ_HELP) $(LIBS)

-include $(FUZZ_PROGRAMS:%=%.d) $(FUZZ_HELP:.o=.d)

# What the harness itself does is no discovery.
ifdef FUZZ
$(FUZZ_HELP): SANFLAGS += -fno-sanitize=fuzzer-no-link
endif
