# The programs of the tests, included by the top Makefile. tests/run.sh runs them.
#
#   test-programs    unit tests, the transcript player, the counter of heap calls
#   sizes-programs   what tests/sizes.sh measures with

TEST_UNITS := $(patsubst %.c,$(OUT)/%,$(sort $(shell find tests/unit -name 'test_*.c')))
TEST_UNIT_HELP := $(call objects,$(sort $(filter-out tests/unit/test_%.c,$(wildcard tests/unit/*.c))))
TEST_TRANSCRIPT := $(OUT)/tests/transcript/transcript
TEST_TRANSCRIPT_OBJS := $(call objects,$(sort $(wildcard tests/transcript/*.c)) tests/fake/flash_ram.c)
TEST_COUNTER := $(OUT)/tests/link/malloc_count.so
TEST_SIZES := $(addprefix $(OUT)/tests/sizes/,structs per_stanza strophe server)

.PHONY: test-programs sizes-programs
test-programs: $(TEST_UNITS) $(TEST_TRANSCRIPT) $(if $(SAN),,$(TEST_COUNTER))
sizes-programs: $(TEST_SIZES)

# A source that came or went links anew.
$(call stamp,$(OUT)/tests/members,$(TEST_UNIT_HELP) $(TEST_TRANSCRIPT_OBJS))
TEST_LINKS = $(OUT)/libmote.a $(DEPS_LIBS) $(OUT)/flags-link $(OUT)/tests/members

# Debian has no cmocka for a machine that is not this one.
ifdef ARCH
$(TEST_UNITS:=.o) $(TEST_UNIT_HELP): BASE += -isystem tests/unit/foreign
endif

include tests/cut/cut.mk
include tests/bench/bench.mk
test-programs: $(TEST_CUT)

include tests/fuzz/fuzz.mk
test-programs: $(if $(SAN),$(FUZZ_PROGRAMS))

$(TEST_UNITS): $(OUT)/tests/unit/%: $(OUT)/tests/unit/%.o $(TEST_UNIT_HELP) $(TEST_LINKS)
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) -o $@ $< $(TEST_UNIT_HELP) $(LIBS) $(if $(ARCH),,-lcmocka)

$(TEST_TRANSCRIPT): $(TEST_TRANSCRIPT_OBJS) $(TEST_LINKS)
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) -o $@ $(TEST_TRANSCRIPT_OBJS) $(LIBS)

$(OUT)/tests/link/malloc_count.so: tests/link/malloc_count.c $(OUT)/flags-port | $(NEED)
	@echo '  LINK  $@'
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(WARN) -D_GNU_SOURCE= $(CFLAGS) -fPIC -shared -o $@ $< -ldl

$(filter %/structs %/per_stanza,$(TEST_SIZES)): %: %.o $(TEST_LINKS)
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) -o $@ $< $(LIBS)

# The peer of the comparison, and the server for both, need nothing of ours.
$(filter %/strophe %/server,$(TEST_SIZES)): %: %.o $(OUT)/flags-link
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) -o $@ $< $(if $(filter %/strophe,$@),-lstrophe)

-include $(TEST_UNITS:%=%.d) $(TEST_UNIT_HELP:.o=.d) $(TEST_TRANSCRIPT_OBJS:.o=.d) $(TEST_SIZES:%=%.d)
