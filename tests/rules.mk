# Helpers for tests; any test may use them, so they are declared before all tests.
$(eval $(call lib,testlib,tests/lib,base wire))

# Unit tests are found by place: tests/unit/LIBRARY/test_NAME.c is one cmocka group, linked with that library,
# with what it sees, and with the doubles (the other .c files) that lie beside it.
all_seen = $(1) $(sort $(foreach l,$($(1).sees),$(call all_seen,$(l))))
all_external = $(sort $(foreach l,$(call all_seen,$(1)),$($(l).external)))
doubles_of = $(filter-out tests/unit/$(1)/test_%,$(wildcard tests/unit/$(1)/*.c))

# $(call group,LIBRARY,NAME)
define group
$(call unit,$(1)_$(2),tests/unit/$(1)/test_$(2).c,$(call all_seen,$(1)),$(call all_external,$(1)))
$(B)/unit/$(1)_$(2): $(patsubst %.c,$(B)/%.o,$(call doubles_of,$(1)))
endef
# $(call double,LIBRARY,SOURCE)
define double
ALL_OBJECTS += $(B)/$(2:.c=.o)
$(B)/$(2:.c=.o): LOCAL = $(WARN) -Itests/lib -I$(dir $(2)) $$(call cflags_of,$(call all_seen,$(1)),$(call all_external,$(1)) cmocka)
$(B)/$(2:.c=.o): | $(foreach e,$(call all_external,$(1)),$($(e).ready))
endef
unit_folders := $(patsubst tests/unit/%/,%,$(wildcard tests/unit/*/))
$(foreach l,$(unit_folders),$(foreach t,$(wildcard tests/unit/$(l)/test_*.c),$(eval $(call group,$(l),$(patsubst test_%.c,%,$(notdir $(t)))))))
$(foreach l,$(unit_folders),$(foreach s,$(call doubles_of,$(l)),$(eval $(call double,$(l),$(s)))))

# Process tests in C: tests/proc/test_NAME.c, beside those that are scripts.
$(foreach t,$(wildcard tests/proc/test_*.c),$(eval $(call ctest,proc/$(notdir $(t:.c=)),$(t),base wire)))
PROC_TESTS := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/proc/test_*.c))

# An echo server on port and stack, for tests/proc/test_stack.sh.
$(eval $(call prog,stack-echo,tests/proc/echo,stack port base,lwip dpdk))

# Prints the sizes and offsets of the shared region.
ifneq ($(wildcard tools/check/abi-layout/*.c),)
$(eval $(call prog,abi-layout,tools/check/abi-layout,abi base))
endif

test: ## run all tests: units (also with ASan, also for arm64), region layout, process tests, the appliance in short
	+@MAKE="$(MAKE)" tools/check/run-all
test-unit: $(UNITS) ## run the unit tests of VARIANT and ARCH
	@tools/check/run-units --runner "$(RUNNER)" --timeout $(UNIT_SECONDS) $(UNITS)
test-build: all
test-abi: ## compare the layout of the shared region on both architectures with tests/golden/abi.txt
	+@MAKE="$(MAKE)" tools/check/abi tests/golden/abi.txt
abi-layout: $(BIN)/abi-layout
	@$(RUNNER) $<
procs: $(PROC_TESTS)
test-proc: all procs ## run the process tests of VARIANT (needs root)
	@if [ -x tests/proc/run ]; then SLUICE_BUILD=$(abspath $(B)) VARIANT=$(VARIANT) tests/proc/run; \
	elif ls tests/proc/test_* >/dev/null 2>&1; then echo "tests/proc/run is missing"; exit 1; \
	else echo "there are no process tests"; fi
SYSTEM_BOARDS ?= qemu-arm64 qemu-x86_64
test-system: ## boot the images of SYSTEM_BOARDS in QEMU, and test all of the appliance from outside (needs root)
	+@for board in $(SYSTEM_BOARDS); do \
		$(MAKE) --no-print-directory image BOARD=$$board || exit 1; \
		[ "$$(firmware/board $$board boot.secure)" != true ] || $(MAKE) --no-print-directory image BOARD=$$board SECURE=1 || exit 1; \
	done
	@tests/system/run $(SYSTEM_BOARDS:%=--board %)
test-appliance: # what `make test` has of it
	+@$(MAKE) --no-print-directory image BOARD=qemu-arm64
	@tests/system/run --board qemu-arm64 smoke
.PHONY: test-system test-appliance procs test test-unit test-build test-abi abi-layout test-proc
UNIT_SECONDS ?= 120
