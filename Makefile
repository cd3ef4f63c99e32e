# certwright. `make` builds, `make run` starts the wizard, `make check` runs every test.

CC ?= cc
PREFIX ?= /usr/local
PKGS = ncursesw formw menuw panelw libcrypto libconfuse jansson
# Optional: without libidn2 international host names are typed in ASCII, without libarchive ZIP files
# are unpacked by hand, without libedit the emulated appliance has no history. Loaded when something needs them, so they are not linked.
IDN2 := $(shell pkg-config --exists libidn2 2>/dev/null && echo yes)
ARCHIVE := $(shell pkg-config --exists libarchive 2>/dev/null && echo yes)
EDIT := $(shell pkg-config --exists libedit 2>/dev/null && echo yes)

ifeq ($(SAN),1)
O := build/san
# Undefined behaviour is a trap, which ASan reports with its line: words of its own for each place would
# be nine tenths of the data, and half of the time of a start.
SANFLAGS := -fsanitize=address,undefined -fsanitize-undefined-trap-on-error -fno-omit-frame-pointer \
	-g1 -fno-pie -no-pie
OPT ?= -O1
else
O := build
HARDEN := -D_FORTIFY_SOURCE=2
endif

# What is instrumented is warned of where it is none.
WERROR := $(if $(CI),$(if $(SAN),,-Werror))
OPT ?= -O2
CPPFLAGS += -Iinclude -Isrc -D_GNU_SOURCE -DOPENSSL_NO_DEPRECATED
CFLAGS += -std=c11 $(OPT) -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla $(WERROR) -fPIE -fstack-protector-strong $(HARDEN) $(SANFLAGS) \
	$(PKG_CFLAGS)
LDFLAGS += -pie -Wl,-z,relro,-z,now $(SANFLAGS)

PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
# Shared libraries, as distributions expect. STATIC_SMALL=1 links the small ones in where the machine
# has their archives: each spares a start some 0.05 ms and nine system calls.
SMALL = formw menuw panelw ncursesw tinfo confuse jansson
ARCHIVES = $(filter /%,$(foreach l,$(SMALL),$(shell $(CC) -print-file-name=lib$l.a)))
SHARED_LIBS = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread
STATIC_LIBS = $(ARCHIVES) $(filter-out $(patsubst lib%.a,-l%,$(notdir $(ARCHIVES))),$(SHARED_LIBS))
LIBS = $(if $(filter 1,$(STATIC_SMALL)),$(STATIC_LIBS),$(SHARED_LIBS))

ifeq ($(IDN2),yes)
$(O)/obj/pki/idn.o: CPPFLAGS += -DHAVE_IDN2 $(shell pkg-config --cflags libidn2)
endif
ifeq ($(ARCHIVE),yes)
$(O)/obj/store/archive.o: CPPFLAGS += -DHAVE_LIBARCHIVE $(shell pkg-config --cflags libarchive)
endif
ifeq ($(EDIT),yes)
$(O)/obj/cli/prompt.o: CPPFLAGS += -DHAVE_LIBEDIT $(shell pkg-config --cflags libedit)
endif
# For --version: what each library is called and its number here.
$(O)/obj/cli/main.o: CPPFLAGS += -DBUILT_WITH='"$(subst \n ,\n,$(foreach p,ncursesw libconfuse \
	jansson,$(p) $(shell pkg-config --modversion $(p) 2>/dev/null)\n))"'

SRC := $(sort $(wildcard src/*/*.c))
OBJ := $(SRC:src/%.c=$(O)/obj/%.o) $(O)/obj/model/builtin.o $(O)/obj/rules/examples.o
LIBOBJ := $(filter-out $(O)/obj/cli/main.o,$(OBJ))
SCREENS := $(sort $(wildcard screens/*.conf screens/presets/*.conf))

all: tools $(O)/certwright

# A word a file; V=1 shows the whole commands.
say = $(if $(V),,@echo "  $(1)  $@";)

$(O)/certwright: $(OBJ)
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJ) $(LIBS)

# Set-up comes before the first compilation (order only: it makes nothing stale).
$(O)/obj/%.o: src/%.c | tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The catalogue, judged and compiled in: a program of the same reader writes it as C tables.
COMPILE := $(patsubst %,$(O)/obj/%.o,model/tool/compile model/catalogue model/checking model/conftext \
	model/conftoken model/confuse model/release model/screens model/screens_check \
	model/template) $(patsubst src/%.c,$(O)/obj/%.o,$(wildcard src/base/*.c))
$(O)/compile: $(COMPILE)
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(COMPILE) $(LIBS)
$(O)/builtin.c: $(SCREENS) $(O)/compile
	$(call say,CATALOGUE)$(O)/compile screens >$@.tmp && mv $@.tmp $@
$(O)/obj/model/builtin.o: $(O)/builtin.c | tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# What breaks each rule is told by its own test (certwright explain).
RULE_TESTS := $(sort $(wildcard tests/rules/*.conf))
$(O)/examples.c: src/rules/tool/examples.awk $(RULE_TESTS)
	@mkdir -p $(@D)
	$(call say,RULES)awk -f $^ >$@.tmp && mv $@.tmp $@
$(O)/obj/rules/examples.o: $(O)/examples.c | tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJ:.o=.d) $(COMPILE:.o=.d)

include tests/tests.mk

.PHONY: all tools run install clean

run: tools $(O)/certwright
	@$(O)/certwright

SHARE = $(DESTDIR)$(PREFIX)/share
BASH = $(SHARE)/bash-completion/completions
ZSH = $(SHARE)/zsh/site-functions
FISH = $(SHARE)/fish/vendor_completions.d
install: $(O)/certwright
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/man/man1 $(SHARE)/man/man5 $(BASH) $(ZSH) $(FISH)
	install -m 0755 $(O)/certwright $(DESTDIR)$(PREFIX)/bin/certwright
	install -m 0644 doc/man/*.1 $(SHARE)/man/man1
	install -m 0644 doc/man/*.5 $(SHARE)/man/man5
	install -m 0644 doc/completion/certwright.bash $(BASH)/certwright
	install -m 0644 doc/completion/_certwright $(ZSH)/_certwright
	install -m 0644 doc/completion/certwright.fish $(FISH)/certwright.fish

clean:
	rm -rf build
