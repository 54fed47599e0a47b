# Sluice: one non-recursive Makefile. Each folder's rules.mk declares its libraries, programs and tests
# with lib, prog and unit below; a library sees only the include paths that its line names.

VARIANT ?= release
HOST_ARCH := $(shell dpkg --print-architecture)
ARCH ?= $(HOST_ARCH)
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
# Debian's users have no sbin in their path, where depmod, sgdisk and mkfs are.
export PATH := $(PATH):/usr/sbin:/sbin
B := build/$(ARCH)/$(VARIANT)
# An image's programs are linked with its board's driver: a folder for each, so that boards leave each other's alone.
BIN := $(B)/bin$(if $(filter image,$(VARIANT)),$(BOARD_PMD:%=/%))
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unversioned)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

# UBSan's checks hide from GCC that a masked value fits: the other variants judge conversions.
WARN.asan := -Wno-conversion
WARN := -Wall -Wextra -Werror -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wcast-qual -Wvla -Wswitch-enum -Wformat=2 -Wundef $(WARN.$(VARIANT))
HARDEN := -fPIE -fstack-protector-strong -ffunction-sections -fdata-sections
OPT.release := -O2 -g -D_FORTIFY_SOURCE=2
OPT.debug := -O0 -g3
# The appliance's: branches and returns are guarded by the CPU, and the same bytes come from any folder.
OPT.image = $(OPT.release) $(BRANCHES.$(ARCH)) -ffile-prefix-map=$(CURDIR)=.
BRANCHES.arm64 := -mbranch-protection=standard
BRANCHES.amd64 := -fcf-protection=full
OPT.asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
OPT.cov := -O0 -g --coverage
LDOPT.asan := -fsanitize=address,undefined
LDOPT.cov := --coverage
CFLAGS = -std=gnu11 -D_GNU_SOURCE $(OPT.$(VARIANT)) $(HARDEN) -MMD -MP
LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--gc-sections -Wl,--as-needed $(LDOPT.$(VARIANT)) $(ARCH_LDFLAGS)

include tools/deps/toolchain.mk

# $(call lib,NAME,FOLDER,LIBS THAT IT SEES,EXTERNAL PACKAGES): a static library from FOLDER/*.c.
# $(call prog,NAME,FOLDER,LIBS,EXTERNAL): a program from FOLDER/*.c, linked with LIBS (in link order).
# $(call ctest,FOLDER/NAME,TEST SOURCE,LIBS,EXTERNAL): a cmocka group; unit: one of the unit tests.
# EXTERNAL packages have NAME.cflags and NAME.libs, set in tools/deps/toolchain.mk.
cflags_of = $(foreach l,$(1),-I$($(l).dir)) $(foreach e,$(2),$($(e).cflags))
define lib
$(1).dir := $(2)
$(1).src := $(filter-out $($(1).exclude),$(wildcard $(2)/*.c))
$(1).obj := $$($(1).src:%.c=$(B)/%.o)
ALL_OBJECTS += $$($(1).obj)
$(1).a := $(B)/lib/lib$(1).a
$(1).sees := $(3)
$(1).external := $(4)
LIBRARIES += $(1)
$$($(1).obj): LOCAL = $(WARN) -I$(2) $$(call cflags_of,$(3),$(4))
$$($(1).obj): | $(foreach e,$(4),$$($(e).ready))
$$($(1).a): $$($(1).obj)
endef
define prog
$(1).src := $(wildcard $(2)/*.c)
$(1).obj := $$($(1).src:%.c=$(B)/%.o)
ALL_OBJECTS += $$($(1).obj)
PROGRAMS += $(BIN)/$(1)
$$($(1).obj): LOCAL = $(WARN) -I$(2) $$(call cflags_of,$(3),$(4)) -DSLUICE_VERSION='"$(VERSION)"'
$$($(1).obj): build/.version | $(foreach e,$(4),$$($(e).ready))
$(BIN)/$(1): $$($(1).obj) $$(foreach l,$(3) $(4),$$($$(l).a))
$(BIN)/$(1): LIBS = $(foreach e,$(4),$$($(e).libs))
endef
define ctest
ALL_OBJECTS += $(B)/$(2:.c=.o)
$(B)/$(2:.c=.o): LOCAL = $(WARN) -Itests/lib -I$(dir $(2)) $$(call cflags_of,$(3),$(4) cmocka)
$(B)/$(2:.c=.o): | $(foreach e,$(4),$$($(e).ready))
$(B)/$(1): $(B)/$(2:.c=.o) $$(foreach l,$(3) $(4) testlib,$$($$(l).a))
$(B)/$(1): LIBS = $(foreach e,$(4) cmocka,$$($(e).libs))
endef
define unit
UNITS += $(B)/unit/$(1)
$(call ctest,unit/$(1),$(2),$(3),$(4))
endef

# A program names the archives of libraries that were declared before it: dataplane first.
include dataplane/rules.mk $(filter-out dataplane/rules.mk,$(sort $(wildcard */rules.mk)))

all: deps-check $(PROGRAMS) ## build every program
programs: $(PROGRAMS)
libs: $(foreach l,$(LIBRARIES),$($(l).a))
units: $(UNITS)

include firmware/image.mk tools/check/lint.mk tools/check/fuzz.mk

# Other flags or another version compile anew what they are in.
remember = @mkdir -p $(@D); echo '$(1)' | cmp -s - $@ || echo '$(1)' >$@
$(B)/.flags: FORCE
	$(call remember,$(CC) $(CFLAGS) $(WARN))
build/.version: FORCE
	$(call remember,$(VERSION))

$(B)/%.o: %.c $(B)/.flags | $(TOOLCHAIN_READY)
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CFLAGS) $(LOCAL) -c -o $@ $<

$(B)/lib/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BIN)/% $(B)/unit/% $(B)/proc/%:
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@.new $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS) && mv $@.new $@

-include $(shell test -d $(B) && find $(B) -name '*.d')

run: all ## start the broker here: in a lab network, or with NIC=<interface or PCI address> on a real port
	@VARIANT=$(VARIANT) tools/lab/run $(NIC:%=--nic %)

help: ## show this list
	@echo "make [TARGET] [VARIANT=release|debug|asan|cov] [ARCH=amd64|arm64] [V=1 shows commands]"
	@grep -hE '^[a-z_.-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | sort | expand -t 24

clean: ## remove what was built (fetched dependencies stay; rm -r build removes all)
	rm -rf build/$(ARCH)

FORCE:
.PHONY: all programs libs units run help clean FORCE
