# Unit tests are found by place: tests/unit/LIBRARY/test_NAME.c is one cmocka group, linked with that library,
# with what it sees, and with the doubles (the other .c files) that lie beside it.
unit_of = $(notdir $(patsubst %/,%,$(dir $(1))))
all_seen = $(1) $(sort $(foreach l,$($(1).sees),$(call all_seen,$(l))))
$(foreach t,$(wildcard tests/unit/*/test_*.c),$(eval $(call unit,$(call unit_of,$(t))_$(patsubst test_%.c,%,$(notdir $(t))),$(t),$(call all_seen,$(call unit_of,$(t))),$($(call unit_of,$(t)).external))))
