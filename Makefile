# calq: one Makefile, no recursion, no configure. A new source file builds and a new test
# runs without an edit here: sources are found by wildcard, build/ mirrors the tree.

BUILD ?= build
PKG_CONFIG ?= pkg-config
MPICC ?= mpicc
MPIRUN ?= mpirun
SANITIZE ?=
CALQ_KIT ?= ../shared/kit
CALQ_GOLDEN ?= ../shared/golden
ONNX_PROTO ?= /usr/include/onnx/onnx.proto
TEST_RANKS ?= 1 2 3 5

# What apt installs on a fresh Debian or Ubuntu; nothing else is needed.
PACKAGES = gcc libc6-dev pkg-config openmpi-bin libopenmpi-dev libhdf5-dev \
	libyaml-dev protobuf-c-compiler libprotobuf-c-dev \
	libonnx-dev libjansson-dev libxxhash-dev libcmocka-dev libjpeg-dev libpng-dev zlib1g-dev
# And for a SLURM cluster on this machine: only check-slurm needs it.
SLURM_PACKAGES = slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

# ---- libraries, by pkg-config -------------------------------------------------------------
# With its serial flavour HDF5 does not know MPI; where only the MPI flavour is there, it does.
hdf5 = $(if $(shell $(PKG_CONFIG) --exists hdf5-serial && echo yes),hdf5-serial,hdf5)
libraries = $(hdf5) yaml-0.1 jansson libxxhash libprotobuf-c libjpeg libpng zlib
LIBRARY_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(libraries))
LIBRARY_LIBS = $(shell $(PKG_CONFIG) --libs $(libraries)) -lm
MPI_CFLAGS = $(shell $(MPICC) --showme:compile)
MPI_LIBS = $(shell $(MPICC) --showme:link)
TEST_LIBS = $(shell $(PKG_CONFIG) --libs cmocka)

# -ffp-contract=off: a product and a sum are two roundings unless the source says fma.
CFLAGS ?= -O2 -g
OUR_CFLAGS = -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -ffp-contract=off \
	-fno-math-errno -I. -I$(BUILD)/generated $(SANITIZE)
# Without git, or outside a clone, the version is the hash of the sources.
VERSION := $(shell test -e .git && git describe --always --dirty 2>/dev/null || \
	echo sources-$$(find main.c bench commands coordinator core link worker -name '*.[ch]' | \
	LC_ALL=C sort | xargs cat | sha256sum | cut -c 1-12))

# ---- sources ------------------------------------------------------------------------------
sources = $(filter-out main.c,$(wildcard *.c */*.c core/*/*.c coordinator/*/*.c))
library_sources = $(filter-out tests/%,$(sources))
support_sources = $(wildcard tests/support/*.c)
unit_tests = $(wildcard tests/bench/test_*.c tests/core/*/test_*.c tests/coordinator/test_*.c \
	tests/coordinator/*/test_*.c)
golden_tests = $(wildcard tests/golden/test_*.c)
end_to_end_tools = $(wildcard tests/end_to_end/*.c)
preloaded = $(patsubst tests/end_to_end/preload/%.c,$(BUILD)/tests/end_to_end/%.so,$(wildcard tests/end_to_end/preload/*.c))
mpi_tests = $(wildcard tests/mpi/test_*.c)
# Random networks: a program that makes them and one that judges; their parts are named after them.
fuzz_makers = $(addprefix tests/fuzz/,chance.c overrides.c reach.c $(notdir $(wildcard tests/fuzz/sketch*.c)) setup.c)
fuzz_parts = tests/fuzz/built_data.c tests/fuzz/image.c tests/fuzz/small_network.c
fuzz_judges = $(filter-out $(fuzz_makers) $(fuzz_parts) $(fuzz_programs) tests/fuzz/fuzz_%.c,$(wildcard tests/fuzz/*.c))
fuzz_programs = tests/fuzz/make_network.c tests/fuzz/simulate.c
# Random networks of each operator.
operator_parts = $(filter-out tests/operators/make_cases.c,$(wildcard tests/operators/*.c)) tests/fuzz/chance.c
# Coverage-guided fuzzers of what reads files.
fuzzers = $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
programs = $(patsubst %.c,$(BUILD)/%,$(1))

# ---- building -----------------------------------------------------------------------------
.PHONY: all
all: deps $(BUILD)/calq

# V=1 shows whole commands.
Q = $(if $(V),,@)
compile = $(if $(V),,@echo "  CC    $<";) $(CC) $(CFLAGS) $(OUR_CFLAGS) $(LIBRARY_CFLAGS) $(EXTRA_CFLAGS) -MMD -MP -c -o $@ $<
link = $(if $(V),,@echo "  LINK  $@";) $(CC) $(CFLAGS) $(SANITIZE) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBRARY_LIBS) $(MPI_LIBS)

$(BUILD)/calq: $(BUILD)/main.o $(BUILD)/libcalq.a
	$(link)

$(BUILD)/libcalq.a: $(call objects,$(library_sources)) $(BUILD)/generated/onnx.pb-c.o
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/%.o: %.c | $(BUILD)/generated/onnx.pb-c.h
	@mkdir -p $(@D)
	$(compile)

$(BUILD)/generated/%.o: $(BUILD)/generated/%.c
	$(compile)

# Everything is compiled after this header, so that with -j too nothing starts before the
# packages are there.
$(ONNX_PROTO): | deps ;

$(BUILD)/generated/onnx.pb-c.c $(BUILD)/generated/onnx.pb-c.h &: $(ONNX_PROTO)
	@mkdir -p $(@D)
	$(Q)protoc-c --c_out=$(@D) --proto_path=$(dir $<) $(notdir $<)

# Instruction sets and optimisation belong to the kernels alone, by file name.
$(BUILD)/core/kernel/window_sums_%.o $(BUILD)/core/kernel/conv_f32_scalar.o: EXTRA_CFLAGS += -O3
$(BUILD)/core/kernel/%_avx2.o: EXTRA_CFLAGS += -mavx2 -mfma
$(BUILD)/core/kernel/%_avxvnni.o: EXTRA_CFLAGS += -mavx2 -mfma -mavxvnni
$(BUILD)/core/kernel/%_avx512.o: EXTRA_CFLAGS += -mavx512f -mavx512bw -mavx512vl \
	-mavx512dq -mavx2 -mfma -mprefer-vector-width=512
$(BUILD)/core/kernel/%_avx512vnni.o: EXTRA_CFLAGS += -mavx512f -mavx512bw -mavx512vl \
	-mavx512dq -mavx512vnni -mavx2 -mfma -mprefer-vector-width=512
# Fuzzers read files; with clang's sanitizers the kernels, which other tests check, take minutes.
ifneq ($(findstring fuzzer,$(SANITIZE)),)
$(BUILD)/core/kernel/%.o: override SANITIZE =
endif
# Plain loops over values gain from the compiler's vectors.
$(BUILD)/core/quant/%.o $(BUILD)/core/layer/%.o $(BUILD)/core/evaluate/%.o \
$(addprefix $(BUILD)/core/format/,data_file.o data_normalisation.o resample.o): EXTRA_CFLAGS += -O3
# Choices between two values become vectors only where both may be computed: nobody asks for traps.
$(BUILD)/core/quant/%.o $(BUILD)/core/layer/%.o: EXTRA_CFLAGS += -fno-trapping-math \
	-mprefer-vector-width=512
# Of nearly all values the same one is chosen there: branches that are foretold take two thirds of the time.
$(BUILD)/core/quant/clip_lp.o: EXTRA_CFLAGS += -ftrapping-math
$(BUILD)/link/%.o: EXTRA_CFLAGS += $(MPI_CFLAGS)
# The MPI flavour of HDF5 includes <mpi.h> from its own header.
$(BUILD)/core/format/hdf5_%.o: EXTRA_CFLAGS += $(MPI_CFLAGS)
$(BUILD)/tests/fuzz/built_data.o: EXTRA_CFLAGS += $(MPI_CFLAGS)
# The version is compiled again when it changes.
$(BUILD)/core/base/version.o: EXTRA_CFLAGS += -DCALQ_VERSION='"$(VERSION)"'
$(BUILD)/core/base/version.o: $(BUILD)/version
.PHONY: always
$(BUILD)/version: always | deps
	@mkdir -p $(@D)
	@echo "$(VERSION)" | cmp -s - $@ || echo "$(VERSION)" > $@

# What is put before a library, to see what calq does when that ends badly.
$(BUILD)/tests/end_to_end/%.so: tests/end_to_end/preload/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(OUR_CFLAGS) $(LIBRARY_CFLAGS) $(MPI_CFLAGS) -shared -fPIC -o $@ $< -ldl

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(call objects,$(support_sources)) $(BUILD)/libcalq.a
	$(link) $(TEST_LIBS)

$(BUILD)/tests/fuzz/make_network: $(call objects,$(fuzz_makers))
$(BUILD)/tests/fuzz/simulate: $(call objects,$(fuzz_judges))
$(BUILD)/tests/operators/make_cases $(BUILD)/tests/networks/answer_network: $(call objects,$(operator_parts))
$(addprefix $(BUILD)/tests/fuzz/fuzz_,$(fuzzers)): $(call objects,$(fuzz_parts))
$(addprefix $(BUILD)/tests/fuzz/fuzz_,$(fuzzers)): TEST_LIBS += -fsanitize=fuzzer

# ---- checks -------------------------------------------------------------------------------
# Open MPI refuses root unless told twice; more ranks than cores must be allowed.
export OMPI_ALLOW_RUN_AS_ROOT = 1
export OMPI_ALLOW_RUN_AS_ROOT_CONFIRM = 1
export OMPI_MCA_rmaps_base_oversubscribe = 1
export OMPI_MCA_mpi_yield_when_idle = 1
export CALQ_KIT
export CALQ_GOLDEN
export MPIRUN

.PHONY: check check-unit check-kernel_loops check-golden check-mpi check-end_to_end check-kill check-asan
check: check-unit check-kernel_loops check-golden check-mpi check-end_to_end check-asan

check-unit: deps $(call programs,$(unit_tests))
	@tests/run-programs $(call programs,$(unit_tests))

# The machine code of the kernels whose loops must not touch the stack.
kernel_loops = $(filter-out %_scalar.c,$(wildcard \
	core/kernel/conv_u8s8_*.c core/kernel/conv_f32_*.c core/kernel/winograd_u8s8_*.c))
check-kernel_loops: deps $(call objects,$(kernel_loops))
	@tests/kernel_loops/check $(call objects,$(kernel_loops))

# Whole networks against the reference implementation: too long for the sanitizers.
check-golden: deps $(call programs,$(golden_tests))
	@tests/run-programs $(call programs,$(golden_tests))

check-mpi: deps $(call programs,$(mpi_tests))
	@for ranks in $(TEST_RANKS); do \
		PROGRAMS_AT_ONCE=1 tests/run-programs --ranks $$ranks $(call programs,$(mpi_tests)) || exit 1; \
	done

# Kills at so many random instants, each followed by a rerun.
INSTANTS ?= 10
check-kill: deps $(BUILD)/calq $(call programs,$(end_to_end_tools))
	@tests/kill_and_resume $(BUILD)/calq $(INSTANTS)

# The scripts in slurm/ on a real SLURM; skipped by name where that cannot be installed.
.PHONY: check-slurm
check-slurm: deps $(BUILD)/calq $(call programs,$(end_to_end_tools))
	@TOOLS="slurmctld slurmd sbatch munged" ./install-missing $(SLURM_PACKAGES) || true
	@tests/slurm/check $(BUILD)/calq

# A group of cases each, so that make -j runs some beside each other.
end_to_end_groups = $(filter-out stopping,$(basename $(notdir $(wildcard tests/end_to_end/cases/*.sh))))
check-end_to_end: $(addprefix check-end_to_end-,$(end_to_end_groups))
check-end_to_end-%: deps $(BUILD)/calq $(call programs,$(end_to_end_tools)) $(preloaded)
	@tests/end_to_end/run $(BUILD)/calq $*

# Every command in README.md and docs/, and what they say that calq prints; `make docs` writes the latter.
.PHONY: check-docs docs
check-docs: deps $(BUILD)/calq
	@tests/docs/check $(BUILD)/calq
docs: deps $(BUILD)/calq
	@tests/docs/check $(BUILD)/calq --update

# Reports in a browser; skipped by name where chromium or what npm brings cannot be installed. FOLDER=shots
# keeps pages and screenshots.
FOLDER =
.PHONY: check-report
check-report: deps $(BUILD)/calq
	@tests/report/check $(BUILD)/calq $(FOLDER)

# Signals and stuck ranks: what counts is time, so no other work should run beside.
.PHONY: check-stopping
check-stopping: deps $(BUILD)/calq $(call programs,$(end_to_end_tools))
	@tests/end_to_end/run $(BUILD)/calq stopping

# Some versions of gcc misalign vectors on the stack that detects use after return.
check-asan: deps
	@ASAN_OPTIONS=detect_stack_use_after_return=0:$$ASAN_OPTIONS $(MAKE) --no-print-directory check-unit BUILD=$(BUILD)-asan CFLAGS="-O1 -g" \
		SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"

# Random networks for so many seconds, or so many of them, from a seed on; and each fuzzer's corpus, with
# a few runs more.
SECONDS = 60
COUNT =
SEED = 1
JOBS ?= $(shell nproc)
.PHONY: check-fuzz check-networks check-fuzzers fuzz fuzzers fuzz-compiler print-fuzz-compiler
check-fuzz: check-networks check-fuzzers

check-networks: deps $(BUILD)/calq $(call programs,$(fuzz_programs) $(end_to_end_tools))
	@tests/fuzz/run $(BUILD) $(SECONDS) $(SEED) $(JOBS) $(COUNT)

# Each operator beside ONNX Runtime: make check-operators OPERATOR=Conv CASES=500 SEED=7.
CASES = 50
.PHONY: check-operators
check-operators: deps $(BUILD)/tests/operators/make_cases
	@tests/operators/run $(BUILD) $(CASES) $(SEED) $(OPERATOR)

# Whole networks beside ONNX Runtime, in float; skipped where there is no torchvision.
.PHONY: check-torchvision
check-torchvision: deps $(BUILD)/tests/networks/answer_network
	@tests/networks/run $(BUILD) $(NETWORK)

check-fuzzers: deps
	@tests/fuzz/fuzz_all "$(MAKE)" $(BUILD)-fuzz 4000 $(fuzzers)

# One fuzzer for longer: make fuzz FUZZER=onnx RUNS=10000000.
FUZZER ?= onnx
RUNS ?= 100000
FUZZ_CC ?= clang-14
fuzz: fuzzers
	@tests/fuzz/fuzz_one $(BUILD)-fuzz $(FUZZER) $(RUNS)

# The same without the address sanitizer and comparisons as hints: many times as many runs.
.PHONY: fuzz-fast
fuzz-fast: fuzz-compiler
	@$(MAKE) --no-print-directory BUILD=$(BUILD)-fuzz-fast CC=$(FUZZ_CC) CFLAGS="-O2 -g -w" \
		SANITIZE="-fsanitize=fuzzer-no-link,undefined -fno-sanitize-recover=all -fno-sanitize-coverage=trace-cmp" \
		$(BUILD)-fuzz-fast/tests/fuzz/fuzz_$(FUZZER)
	@tests/fuzz/fuzz_one $(BUILD)-fuzz-fast $(FUZZER) $(RUNS)

fuzz-compiler:
	@TOOLS="$(FUZZ_CC)" ./install-missing clang-14 libclang-rt-14-dev

print-fuzz-compiler:
	@echo $(FUZZ_CC)

fuzzers: deps fuzz-compiler
	@$(MAKE) --no-print-directory BUILD=$(BUILD)-fuzz CC=$(FUZZ_CC) CFLAGS="-O1 -g -w" \
		SANITIZE="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" \
		$(addprefix $(BUILD)-fuzz/tests/fuzz/fuzz_,$(fuzzers))

# ---- benchmarks ---------------------------------------------------------------------------
# Peers are timed where they are installed: oneDNN by apt (libdnnl-dev), ONNX Runtime by
# npm install --ignore-scripts in tests/peers.
.PHONY: bench
BENCH_NETWORKS ?= examples/glyphs/glyphs.onnx $(BUILD)/resnet18.onnx $(wildcard $(CALQ_KIT)/cifar10/resnet20.onnx)
has_onednn = $(shell echo '\#include <dnnl.h>' | $(CC) -E - >/dev/null 2>&1 && echo yes)
bench: all $(if $(has_onednn),$(BUILD)/tests/peers/onednn) $(BUILD)/resnet18.onnx
	@$(BUILD)/calq bench
	@for network in $(BENCH_NETWORKS); do echo; $(BUILD)/calq bench network $$network || exit 1; done

# A file of the recipe beside the float one, in ONNX Runtime.
.PHONY: bench-onnxruntime
bench-onnxruntime: all
	@rm -rf $(BUILD)/onnxruntime
	@$(BUILD)/calq run configs/onnxruntime.yaml --set out=$(BUILD)/onnxruntime
	@$(BUILD)/calq export $(BUILD)/onnxruntime/cases/* -o $(BUILD)/onnxruntime/glyphs.onnx
	@node tests/peers/kernels.js $(BUILD)/onnxruntime/glyphs.onnx
	@node tests/peers/compare.js examples/glyphs/glyphs.onnx $(BUILD)/onnxruntime/glyphs.onnx

$(BUILD)/tests/peers/onednn: tests/peers/onednn.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(OUR_CFLAGS) -o $@ $< -ldnnl -lgomp -lm

$(BUILD)/%.onnx: $(BUILD)/tests/bench/make_%
	@$< $@

# ---- the rest -----------------------------------------------------------------------------
.PHONY: run deps format format-check clean
EXAMPLE ?= examples/glyphs/glyphs.yaml
RANKS ?= $(shell n=$$(nproc); if [ $$n -gt 8 ]; then echo 8; else echo $$n; fi)
run: all
	@$(MPIRUN) -n $(RANKS) $(BUILD)/calq run $(EXAMPLE)

deps:
	@PKG_CONFIG="$(PKG_CONFIG)" MPICC="$(MPICC)" ONNX_PROTO="$(ONNX_PROTO)" \
		./install-missing $(PACKAGES)
	@mkdir -p $(BUILD) 2>/dev/null || { echo "calq cannot be built here: the folder $(BUILD)" \
		"cannot be made; copy calq to a folder of your own, or say make BUILD=FOLDER" >&2; exit 1; }

formatted = $(shell find . \( -path './build*' -o -name node_modules \) -prune -o -name '*.[ch]' -print)
format:
	clang-format -i $(formatted)

format-check:
	@clang-format --dry-run -Werror $(formatted)

# ---- installing ---------------------------------------------------------------------------
.PHONY: install uninstall deb
PREFIX ?= /usr/local
ZSH_FOLDER ?= share/zsh/site-functions
installed = $(DESTDIR)$(PREFIX)
share = $(installed)/share
example_files = $(addprefix examples/glyphs/,glyphs.yaml glyphs.onnx calibration.h5 validation.h5)

# Pages and completions are made by calq itself; the scripts find what is installed beside them.
install: all
	install -D $(BUILD)/calq $(installed)/bin/calq
	install -d $(share)/man/man1 $(share)/bash-completion/completions $(installed)/$(ZSH_FOLDER) \
		$(share)/fish/vendor_completions.d $(share)/calq/slurm $(share)/calq/examples/glyphs \
		$(share)/calq/modulefiles/calq $(share)/doc/calq/docs $(share)/doc/calq/configs
	$(BUILD)/calq help --man >$(share)/man/man1/calq.1
	$(BUILD)/calq help --completion bash >$(share)/bash-completion/completions/calq
	$(BUILD)/calq help --completion zsh >$(installed)/$(ZSH_FOLDER)/_calq
	$(BUILD)/calq help --completion fish >$(share)/fish/vendor_completions.d/calq.fish
	for script in $(notdir $(wildcard slurm/*.sbatch)); do \
		sed 's|CALQ:-build/calq|CALQ:-$(PREFIX)/bin/calq|; s|CALQ_SLURM:-slurm|CALQ_SLURM:-$(PREFIX)/share/calq/slurm|; s|sbatch slurm/|sbatch $(PREFIX)/share/calq/slurm/|' \
			slurm/$$script >$(share)/calq/slurm/$$script || exit 1; \
	done
	install slurm/resumable $(share)/calq/slurm/resumable
	chmod 755 $(share)/calq/slurm/*.sbatch
	install -m 644 $(example_files) $(share)/calq/examples/glyphs
	sed -i 's|examples/glyphs/|$(PREFIX)/share/calq/&|' $(share)/calq/examples/glyphs/glyphs.yaml
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' packaging/modulefile >$(share)/calq/modulefiles/calq/$(VERSION)
	install -m 644 README.md ARCHITECTURE.md CONTRIBUTING.md LICENSE $(share)/doc/calq
	install -m 644 docs/*.md $(share)/doc/calq/docs
	install -m 644 configs/*.yaml $(share)/doc/calq/configs

# Of any version that stood there.
uninstall:
	rm -f $(installed)/bin/calq $(share)/man/man1/calq.1 $(share)/bash-completion/completions/calq \
		$(installed)/$(ZSH_FOLDER)/_calq $(share)/fish/vendor_completions.d/calq.fish
	rm -rf $(share)/calq $(share)/doc/calq

# A package for Debian: build/calq_VERSION_amd64.deb.
deb: all
	@MAKE="$(MAKE)" packaging/make_deb $(BUILD) $(VERSION)

clean:
	rm -rf build build-asan

-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)
