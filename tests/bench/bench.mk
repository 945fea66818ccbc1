# The programs of the bench, included by the top Makefile: `make bench` builds and runs them.
#
#   bench-programs    clients of several libraries with one contract, and the server that stands in for a real one

BENCH_PKGS := $(DEMO_PKGS) go-sendxmpp g++ valgrind strace libstrophe-dev libgloox-dev libmosquitto-dev libexpat1-dev libssl-dev mosquitto mosquitto-clients
BENCH_DIR := $(OUT)/tests/bench
BENCH_STANDIN_OBJS := $(call objects,$(sort $(wildcard tests/bench/standin/*.c)))
BENCH_CLIENTS := $(addprefix $(BENCH_DIR)/clients/,mote strophe mqtt expat usage)
BENCH_PROGRAMS := $(BENCH_DIR)/standin/standin $(BENCH_CLIENTS) $(BENCH_DIR)/clients/expat-own $(BENCH_DIR)/clients/gloox

.PHONY: bench-programs
bench-programs: $(BENCH_PROGRAMS) $(OUT)/tests/link/malloc_count.so all

$(BENCH_DIR)/standin/standin: $(BENCH_STANDIN_OBJS) $(OUT)/flags-link
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) -o $@ $(BENCH_STANDIN_OBJS) -lssl -lcrypto

# expat as it is built here, beside that of the system.
$(BENCH_DIR)/clients/mote $(BENCH_DIR)/clients/expat-own: $(BENCH_DIR)/clients/%: $(OUT)/libmote.a $(DEPS_LIBS) $(OUT)/flags-link
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) -o $@ $(filter %.o,$^) $(LIBS)
$(BENCH_DIR)/clients/mote: $(BENCH_DIR)/clients/mote.o
$(BENCH_DIR)/clients/expat-own: $(BENCH_DIR)/clients/expat.o

BENCH_LIB_strophe := -lstrophe
BENCH_LIB_mqtt := -lmosquitto
BENCH_LIB_expat := -lexpat
$(filter-out %/mote,$(BENCH_CLIENTS)): %: %.o $(OUT)/flags-link
	@echo '  LINK  $@'
	$(Q)$(CC) $(LINKFLAGS) -o $@ $< $(BENCH_LIB_$(@F))

$(BENCH_DIR)/clients/gloox: tests/bench/clients/gloox.cpp tests/bench/clients/client.h $(OUT)/flags-link | $(NEED)
	@echo '  CXX   $@'
	@mkdir -p $(@D)
	$(Q)g++ -std=c++17 -O2 -Wall -Wextra -I. -o $@ $< -lgloox

-include $(BENCH_STANDIN_OBJS:.o=.d) $(BENCH_CLIENTS:%=%.d)
