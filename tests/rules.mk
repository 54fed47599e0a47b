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
$(B)/$(2:.c=.o): LOCAL = $(WARN) -Itests/lib -I$(dir $(2)) $$(call cflags_of,$(call all_seen,$(1)),$(call all_external,$(1)) cmocka)
$(B)/$(2:.c=.o): | $(foreach e,$(call all_external,$(1)),$($(e).ready))
endef
unit_folders := $(patsubst tests/unit/%/,%,$(wildcard tests/unit/*/))
$(foreach l,$(unit_folders),$(foreach t,$(wildcard tests/unit/$(l)/test_*.c),$(eval $(call group,$(l),$(patsubst test_%.c,%,$(notdir $(t)))))))
$(foreach l,$(unit_folders),$(foreach s,$(call doubles_of,$(l)),$(eval $(call double,$(l),$(s)))))
