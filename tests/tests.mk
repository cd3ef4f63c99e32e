# Set-up, tests and lint; included by the Makefile.

JOBS ?= $(shell nproc 2>/dev/null || echo 2)

UNIT := $(patsubst tests/unit/%.c,$(O)/tests/%,$(wildcard tests/unit/test_*.c))
UNITOBJ := $(patsubst tests/unit/%.c,$(O)/tests/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
# An archive: a test takes of it what it calls, and may play the flow itself.
UNITLIB := $(O)/tests/libunit.a
REPLAY := $(patsubst tests/fuzz/fuzz_%.c,$(O)/tests/replay_%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
CMOCKA = $(shell pkg-config --libs cmocka 2>/dev/null)
# -j unless the caller chose it.
PARALLEL = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS))

.PHONY: check built built-san golden lint bench fuzz test-tools

# Each ends at once when nothing is missing.
tools:
	@sh tests/setup.sh build
test-tools:
	@sh tests/setup.sh check

# Everything runs, also when something did not build: the runner tells what is missing.
check: test-tools
	@+$(MAKE) --no-print-directory -k $(PARALLEL) O=$(O) built built-san || true
	@O=$(O) JOBS=$(JOBS) bash tests/run.sh $(ONLY)

built: $(O)/certwright $(UNIT) $(REPLAY)
# Beside it: while one links, the other compiles.
built-san:
	@+$(MAKE) --no-print-directory -k SAN=1 O=$(O)/san built

# All but main, as an archive: a test links what it uses.
$(O)/libcertwright.a: $(LIBOBJ)
	@rm -f $@
	$(call say,AR)ar rcs $@ $(LIBOBJ)

$(O)/tests/%.o: tests/unit/%.c | tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS) -MMD -MP -c -o $@ $<
$(O)/tests/%.o: tests/fuzz/%.c | tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(UNITLIB): $(UNITOBJ)
	$(call say,AR)ar rcs $@ $(UNITOBJ)
$(UNIT): %: %.o $(UNITLIB) $(O)/libcertwright.a
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(UNITLIB) $(O)/libcertwright.a $(LIBS) $(CMOCKA)
# It counts how often a deployment.conf is parsed and the store is read.
$(O)/tests/test_edit: LDFLAGS += -Wl,--wrap=confuse_parse_parts -Wl,--wrap=scan_store
# Whole journeys, whose keys need not be RSA.
$(addprefix $(O)/tests/,test_flow test_change test_plan test_mmp test_appliance test_adopt): LDFLAGS += -Wl,--wrap=key_generate -Wl,-u,__wrap_key_generate
# A fuzz target fed from its corpus: every build runs what the fuzzer once found.
$(REPLAY): $(O)/tests/replay_%: $(O)/tests/fuzz_%.o $(O)/tests/replay.o $(O)/libcertwright.a
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(O)/tests/replay.o $(O)/libcertwright.a $(LIBS)
.PRECIOUS: $(O)/tests/%.o
-include $(wildcard $(O)/tests/*.d)

# Writes the expected screens anew, after a look at `git diff` the only way they change.
golden: test-tools $(O)/certwright
	@for file in $(or $(ONLY),$(wildcard tests/tui/*.test)); do \
		GOLDEN=1 CERTWRIGHT=$(abspath $(O)/certwright) bash tests/tui/play.sh $$file || exit 1; done

lint: tools
	@sh tests/setup.sh lint
	@find src include tests -name '*.[ch]' | xargs clang-format --dry-run -Werror
	@cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --suppressions-list=tests/lint-cppcheck.txt \
		--enable=warning,performance,portability -Iinclude -Isrc -j $(JOBS) src
	@sh tests/floors.sh
	@[ ! -d $(O)/obj ] || sh tests/circles.sh $(O)
	@sh tests/names.sh
	@sh tests/lint-house.sh

BENCHES := $(patsubst tests/bench/%.c,$(O)/bench/%,$(wildcard tests/bench/*.c))
bench: test-tools $(O)/certwright $(O)/bench/certwright-static $(BENCHES)
	@CERTWRIGHT=$(abspath $(O)/certwright) BENCH=$(abspath $(O)/bench) bash tests/bench/run.sh
# The other way to link (STATIC_SMALL=1), for the rows of start and screen.
$(O)/bench/certwright-static: $(OBJ)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJ) $(STATIC_LIBS)
$(O)/bench/floor_form: BENCH_LIBS = -lformw -lncursesw
# An answer of the wizard, with no screen around it.
$(O)/bench/answer: tests/bench/answer.c $(O)/libcertwright.a | tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(O)/libcertwright.a $(LIBS)
$(O)/bench/%: tests/bench/%.c tests/bench/floor.h | tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -lcrypto -lm $(BENCH_LIBS)

# libFuzzer: SECONDS each, beginning with the corpora of tests/fuzz/corpus, unpacked; new inputs go to
# build/fuzz/corpus. `make fuzz-corpus` packs anew what of them covers something of its own.
SECONDS ?= 60
fuzz: tools
	@if ! command -v clang >/dev/null || ! echo 'int LLVMFuzzerTestOneInput(const char *d, long n) { return d && n < 0; }' | \
		clang -fsanitize=fuzzer -x c -o /dev/null - 2>/dev/null; then \
		echo "make fuzz needs clang with libFuzzer (Debian: clang libclang-rt-14-dev)"; exit 1; fi
	@+$(MAKE) --no-print-directory $(PARALLEL) CC=clang O=build/fuzz \
		SANFLAGS='-fsanitize=address,undefined,fuzzer-no-link -fno-omit-frame-pointer' HARDEN= fuzzers
	@for target in $(FUZZERS); do \
		name=$${target##*/fuzz_}; mkdir -p build/fuzz/corpus/$$name; \
		seeds=tests/fuzz/corpus/$$name.pack; \
		[ ! -e $$seeds ] || python3 tests/fuzz/pack.py unpack $$seeds build/fuzz/corpus/$$name || exit 1; \
		echo "fuzz $$name, $(SECONDS) s"; \
		$$target -max_total_time=$(SECONDS) -rss_limit_mb=4096 -timeout=10 -verbosity=0 -print_final_stats=1 \
			-artifact_prefix=build/fuzz/$$name- build/fuzz/corpus/$$name || exit 1; \
	done
fuzz-corpus:
	@for target in $(FUZZERS); do \
		name=$${target##*/fuzz_}; rm -rf build/fuzz/merged; mkdir build/fuzz/merged; \
		$$target -merge=1 -use_counters=0 -max_len=16384 -rss_limit_mb=4096 -verbosity=0 build/fuzz/merged build/fuzz/corpus/$$name || exit 1; \
		python3 tests/fuzz/pack.py pack build/fuzz/merged tests/fuzz/corpus/$$name.pack || exit 1; \
	done
.PHONY: fuzz-corpus fuzzers
fuzzers: $(FUZZERS)
$(FUZZERS): build/fuzz/%: build/fuzz/tests/%.o build/fuzz/libcertwright.a
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $< build/fuzz/libcertwright.a $(LIBS)
