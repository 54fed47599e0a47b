# make lint and its parts. Each part is a script of this folder that takes files, prints its faults as a compiler
# does, and fails when there is one; selftest shows of each that it can fail.
SOURCES := $(shell find $(wildcard dataplane control tests tools board firmware) -name '*.[ch]' | sort)
SCRIPTS := $(shell find $(wildcard tools tests .ci conf board firmware) -type f ! -name '*.[ch]' | sort)
# Libraries of the packet path (STYLE 3), which call nothing but themselves and pure C functions.
PURE := wire topic conn rule
LINT := build/lint
TIDY := $(sort $(ALL_OBJECTS:.o=.tidy))

lint: lint-selftest lint-format lint-sizes lint-shell lint-prefixes lint-pure lint-cppcheck lint-tidy ## check format, sizes, prefixes, forbidden calls, scripts; cppcheck, clang-tidy
	@echo "lint: clean"
lint-selftest: | $(PACKAGES_READY)
	@tools/check/selftest
lint-format: | $(PACKAGES_READY)
	@tools/check/format $(SOURCES)
lint-sizes:
	@tools/check/sizes $(SOURCES)
lint-shell: | $(PACKAGES_READY)
	@tools/check/shell $(SCRIPTS)
lint-prefixes: libs
	@tools/check/prefixes $(foreach l,$(filter-out testlib,$(LIBRARIES)),$($(l).a))
lint-pure: $(foreach l,$(filter $(PURE),$(LIBRARIES)),$($(l).a))
	@tools/check/pure $^
lint-cppcheck: | $(PACKAGES_READY)
	@tools/check/cppcheck $(LINT)/cppcheck $(filter %.c,$(SOURCES))
lint-tidy: $(TIDY)
	@echo "  LINT  clang-tidy"
# The object knows of every header that the source reads, so only what has changed is looked at again.
$(B)/%.tidy: $(B)/%.o .clang-tidy | $(LINT)/compile_commands.json
	@clang-tidy --quiet -p $(LINT) $*.c 2>$@.err || { cat $@.err >&2; rm -f $@.err; exit 1; }
	@rm -f $@.err
	@touch $@
$(LINT)/compile_commands.json: FORCE | $(TOOLCHAIN_READY)
	@MAKE="$(MAKE)" tools/check/compile-commands $@
compile_commands.json: $(LINT)/compile_commands.json ## for editors and clang tools
	@cp $< $@
format: | $(PACKAGES_READY) ## lay every C file out as .clang-format says
	@clang-format -i $(SOURCES)
cov: ## unit tests of a coverage build, and the lines that they ran, by folder
	+@find build/$(ARCH)/cov -name '*.gcda' -delete 2>/dev/null; $(MAKE) --no-print-directory VARIANT=cov libs test-unit
	@GCOV="$(GCOV)" tools/check/coverage build/$(ARCH)/cov

.PHONY: lint lint-selftest lint-format lint-sizes lint-shell lint-prefixes lint-pure lint-cppcheck lint-tidy format cov \
	compile_commands.json
