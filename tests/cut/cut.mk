# The power-cut runner of the store, to be included by tests/tests.mk.
#
#   cut-programs    build it; `build/linux/tests/cut/store_cut [pairs]` runs it

TEST_CUT := $(OUT)/tests/cut/store_cut
TEST_CUT_OBJS := $(call objects,$(sort $(wildcard tests/cut/*.c tests/fake/*.c)))

.PHONY: cut-programs
cut-programs: $(TEST_CUT)

$(TEST_CUT): $(TEST_CUT_OBJS) $(TEST_LINKS)
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) -o $@ $(TEST_CUT_OBJS) $(LIBS)

-include $(TEST_CUT_OBJS:.o=.d)
