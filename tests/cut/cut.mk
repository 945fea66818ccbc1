# The cut runners, to be included by tests/tests.mk.
#
#   store_cut [pairs [N]]  the power, at every operation of the store
#   outbox_cut [all]    the link after every byte and the power at every operation, with a ledger of what has arrived

TEST_CUT := $(OUT)/tests/cut/store_cut $(OUT)/tests/cut/outbox_cut
TEST_CUT_HELP := $(call objects,$(sort $(filter-out %_cut.c,$(wildcard tests/cut/*.c tests/fake/*.c))))

.PHONY: cut-programs
cut-programs: $(TEST_CUT)

$(TEST_CUT): $(OUT)/tests/cut/%: $(OUT)/tests/cut/%.o $(TEST_CUT_HELP) $(TEST_LINKS)
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) -o $@ $< $(TEST_CUT_HELP) $(LIBS)

-include $(TEST_CUT:%=%.d) $(TEST_CUT_HELP:.o=.d)
