# The programs of the tests, included by the top Makefile. tests/run.sh runs them.
#
#   test-programs    unit tests, the transcript player, the counter of heap calls
#   sizes-programs   what tests/sizes.sh measures with

TEST_UNITS := $(patsubst %.c,$(OUT)/%,$(sort $(wildcard tests/unit/test_*.c)))
TEST_UNIT_HELP := $(call objects,$(sort $(filter-out tests/unit/test_%.c,$(wildcard tests/unit/*.c))))
TEST_TRANSCRIPT := $(OUT)/tests/transcript/transcript
TEST_TRANSCRIPT_OBJS := $(call objects,$(sort $(wildcard tests/transcript/*.c)))
TEST_COUNTER := $(OUT)/tests/link/malloc_count.so
TEST_SIZES := $(OUT)/tests/sizes/structs $(OUT)/tests/sizes/per_stanza $(OUT)/tests/sizes/strophe

.PHONY: test-programs sizes-programs
test-programs: $(TEST_UNITS) $(TEST_TRANSCRIPT) $(if $(SAN),,$(TEST_COUNTER))
sizes-programs: $(TEST_SIZES)

# A source that came or went links anew.
$(call stamp,$(OUT)/tests/members,$(TEST_UNIT_HELP) $(TEST_TRANSCRIPT_OBJS))
TEST_LINKS = $(OUT)/libmote.a $(DEPS_LIBS) $(OUT)/flags-link $(OUT)/tests/members

$(TEST_UNITS): $(OUT)/tests/unit/%: $(OUT)/tests/unit/%.o $(TEST_UNIT_HELP) $(TEST_LINKS)
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) -o $@ $< $(TEST_UNIT_HELP) $(LIBS) -lcmocka

$(TEST_TRANSCRIPT): $(TEST_TRANSCRIPT_OBJS) $(TEST_LINKS)
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) -o $@ $(TEST_TRANSCRIPT_OBJS) $(LIBS)

$(OUT)/tests/link/malloc_count.so: tests/link/malloc_count.c $(OUT)/flags-port | $(NEED)
	@echo '  LINK  $@'
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(WARN) -D_GNU_SOURCE= $(CFLAGS) -fPIC -shared -o $@ $< -ldl

$(filter-out %/strophe,$(TEST_SIZES)): $(OUT)/tests/sizes/%: $(OUT)/tests/sizes/%.o $(OUT)/tests/sizes/server.o $(TEST_LINKS)
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) -o $@ $< $(OUT)/tests/sizes/server.o $(LIBS)

# The peer of the comparison needs nothing of ours.
$(OUT)/tests/sizes/strophe: $(OUT)/tests/sizes/strophe.o $(OUT)/tests/sizes/server.o $(OUT)/flags-link
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) -o $@ $< $(OUT)/tests/sizes/server.o -lstrophe

-include $(TEST_UNITS:%=%.d) $(TEST_UNIT_HELP:.o=.d) $(TEST_TRANSCRIPT_OBJS:.o=.d) $(TEST_SIZES:%=%.d) \
  $(OUT)/tests/sizes/server.d
