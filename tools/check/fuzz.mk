# make fuzz: tests/fuzz/fuzz_NAME.c, whose first line names its libraries ("libs: wire ..."), each built with libFuzzer,
# ASan and UBSan against their sources (external packages are linked as they are), and run for FUZZ_SECONDS with
# tests/fuzz/NAME.dict and the seeds in tests/fuzz/NAME.seeds/, where they exist. What it learns stays in
# build/fuzz/NAME.corpus; an input that breaks something is kept as build/fuzz/NAME-crash-...
FUZZ_SECONDS ?= 60
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_named = $(shell sed -n '1s/.*libs: *\([a-z_ ]*\).*/\1/p' tests/fuzz/fuzz_$(1).c)
fuzz_libs = $(sort $(foreach l,$(call fuzz_named,$(1)),$(call all_seen,$(l))))
fuzz_external = $(sort $(foreach l,$(call fuzz_named,$(1)),$(call all_external,$(l))))

# $(call fuzz_target,NAME,LIBRARIES,EXTERNAL PACKAGES)
define fuzz_target
build/fuzz/$(1): tests/fuzz/fuzz_$(1).c $(foreach l,$(2),$($(l).src) $(wildcard $($(l).dir)/*.h $($(l).dir)/*.def)) \
		$(foreach e,$(3),$($(e).a)) | $(PACKAGES_READY) $(foreach e,$(3),$($(e).ready))
	@mkdir -p $$(@D)
	@echo "  FUZZ  $$@"
	$$(Q)clang -std=gnu11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
		-fsanitize=fuzzer,address,undefined $$(call cflags_of,$(2),$(3)) -o $$@ $$(filter %.c %.a,$$^) $(foreach e,$(3),$$($(e).libs))
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzz_target,$(f),$(call fuzz_libs,$(f)),$(call fuzz_external,$(f)))))

fuzz: $(FUZZERS:%=fuzz-%) ## run each fuzz target for FUZZ_SECONDS (60)
	@$(if $(FUZZERS),echo "$(words $(FUZZERS)) passed$(comma) 0 failed",echo "tests/fuzz has no fuzz_*.c"; exit 1)
fuzz-%: build/fuzz/%
	@echo "  FUZZ  $* for $(FUZZ_SECONDS) s"
	@mkdir -p $<.corpus
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -artifact_prefix=$<- -print_final_stats=1 \
		$(patsubst %,-dict=%,$(wildcard tests/fuzz/$*.dict)) $<.corpus $(wildcard tests/fuzz/$*.seeds) >$<.log 2>&1 || \
		{ tail -n 60 $<.log; exit 1; }
	@grep -E '^stat::(number_of_executed_units|average_exec_per_sec)|cov: ' $<.log | tail -n 3
comma := ,
.PHONY: fuzz
