# What `make install` lays beside the library and the command on Linux: for pkg-config, for CMake, for shells.

# From where the file will lie to PREFIX, so that the tree can be moved.
up = $(shell realpath -m --relative-to='$(1)' '$(PREFIX)')
# Sizes that were configured at the compiler's command line are part of the structs.
DEFINES = $(filter -DMOTE_%,$(PORT_CFLAGS))
names = $(patsubst lib%,%,$(DEPS))
cmake_libs = $(subst $(space),;,$(names:%=$${_mote_libdir}/mote/libmote-%.a) $(patsubst -l%,%,$(BOARD_LDLIBS)))
version_part = $(word $(1),$(subst ., ,$(VERSION)))
fill = sed -e 's|@PREFIX@|$(call up,$(1))|' -e 's|@VERSION@|$(VERSION)|' -e 's|@DEFINES@|$(2)|' -e 's|@LIBS@|$(3)|' \
  -e 's|@MAJOR@|$(call version_part,1)|' -e 's|@MINOR@|$(call version_part,2)|'

.PHONY: install-package
install: install-package
install-package: all
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(LIBDIR)/cmake/Mote
	$(call fill,$(LIBDIR)/pkgconfig,$(addprefix $(space),$(DEFINES)), $(strip $(names:%=-lmote-%) $(BOARD_LDLIBS))) \
	  boards/linux/package/mote.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/mote.pc
	for f in MoteConfig MoteConfigVersion; do \
	  $(call fill,$(LIBDIR)/cmake/Mote,$(subst $(space),;,$(DEFINES)),$(cmake_libs)) \
	    boards/linux/package/$$f.cmake.in >$(DESTDIR)$(LIBDIR)/cmake/Mote/$$f.cmake || exit 1; done
	for s in bash-completion/completions/mote zsh/site-functions/_mote fish/vendor_completions.d/mote.fish; do \
	  install -d $(DESTDIR)$(PREFIX)/share/$${s%/*} && awk -v shell=$$(echo $$s | cut -d- -f1 | cut -d/ -f1) \
	    -f boards/linux/package/completions.awk examples/mote/conf/options.c examples/mote/help.c \
	    >$(DESTDIR)$(PREFIX)/share/$$s || exit 1; done
