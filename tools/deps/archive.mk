# ARCHIVE from every .c of DIRS and from FILES (both below SRC), objects below OBJ. All of it is compiled anew:
# this runs only when a header that all of it includes has changed.
SOURCES := $(foreach d,$(DIRS),$(wildcard $(SRC)/$(d)/*.c)) $(FILES:%=$(SRC)/%)
OBJECTS := $(SOURCES:$(SRC)/%.c=$(OBJ)/%.o)

$(ARCHIVE): $(OBJECTS)
	@mkdir -p $(@D)
	@rm -f $@
	@$(AR) rcs $@ $^
$(OBJ)/%.o: $(SRC)/%.c FORCE
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -c -o $@ $<
FORCE:
