# A thin door to CMake.  `make help` lists the targets.
#
#   ACRE_BUILD   release (default, in build/), checked or bare (in build-checked/ ...)
#   PREFIX       where `make install` installs (default /usr/local); DESTDIR is honoured
#   LIBDIR       library directory below PREFIX (default lib)
#   JOBS         parallel compilations (default: number of processors)

ACRE_BUILD ?= release
PREFIX ?= /usr/local
LIBDIR ?= lib
JOBS ?= $(shell nproc)

build_release := build
build_checked := build-checked
build_bare := build-bare
BUILD := $(build_$(ACRE_BUILD))
ifeq ($(BUILD),)
$(error ACRE_BUILD is '$(ACRE_BUILD)'; it must be release, checked or bare)
endif

# -j is given to CMake; what this make was told must not reach the inner one.
CMAKE := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL cmake
CONFIGURE := $(CMAKE) -S . -Wno-dev -DCMAKE_INSTALL_PREFIX=$(PREFIX) -DCMAKE_INSTALL_LIBDIR=$(LIBDIR)
QUIET := --log-level=WARNING
SOURCES = $(wildcard src/*/*.[ch] src/*/*/*.[ch] src/*/*.cc src/*/*.inc include/acre/*.h \
            cli/*.[ch] test/*.[ch] test/*/*.[ch] test/*/*/*.[ch] test/*/*.cc \
            bench/*.[ch] bench/*/*.[ch] bench/*/*.cc examples/*.[ch])

.PHONY: all help tests demo test check bench soak install uninstall clean format lint \
        asan tsan ubsan fuzz check-clang check-arm64
.NOTPARALLEL:

all:                    ## the command and the libraries (default)
	@$(CONFIGURE) $(QUIET) -B $(BUILD) -DACRE_BUILD=$(ACRE_BUILD)
	@$(CMAKE) --build $(BUILD) -j $(JOBS)

help:                   ## this list
	@sed -nE 's/^([a-z][a-z0-9 -]*):[^#]*## (.*)/\1|\2/p' Makefile | awk -F'|' '{ printf "  make %-26s%s\n", $$1, $$2 }'
	@sed -n 's/^#   /  /p' Makefile

tests:                  ## compile the tests in C, run none
	@$(CONFIGURE) $(QUIET) -B $(BUILD) -DACRE_BUILD=$(ACRE_BUILD)
	@$(CMAKE) --build $(BUILD) -j $(JOBS) --target tests

demo:                   ## a real program, natively and under acre
	@tools/install-packages build demo
	@$(MAKE) --no-print-directory all
	@tools/demo

test:                   ## every test on every variety of the build
	@tools/install-packages build test
	@tools/test-all $(TEST_ARGS)

check:                  ## the quick tests: checks of the source, unit tests
	@tools/test-all --quick $(TEST_ARGS)

bench:                  ## compare with other mallocs: tables, JSON, picture
	@tools/install-packages build bench
	@$(MAKE) --no-print-directory all
	@if [ -f $(BUILD)/bench/Makefile ]; then \
	    env -u MAKEFLAGS -u MFLAGS $(MAKE) --no-print-directory -C $(BUILD)/bench -j $(JOBS) all; fi
	@python3 bench/run.py $(BENCH_ARGS)

soak:                   ## stress and model tests for SOAK_MINUTES (default 60)
	@tools/install-packages build test
	@tools/test-all --soak $(or $(SOAK_MINUTES),60) $(TEST_ARGS)

install: all            ## into DESTDIR/PREFIX
	@$(CMAKE) --install $(BUILD)

uninstall:              ## what the last `make install` wrote
	@test -f $(BUILD)/install_manifest.txt || { echo "nothing was installed from $(BUILD)" >&2; exit 1; }
	@while read -r f || [ -n "$$f" ]; do rm -fv "$(DESTDIR)$$f"; done < $(BUILD)/install_manifest.txt

clean:                  ## remove all build folders
	@rm -rf build build-*/

format:                 ## let clang-format have its way
	@clang-format -i $(SOURCES)

lint:                   ## format, sizes, layers, names, headers
	@clang-format --dry-run -Werror $(SOURCES)
	@tools/check-limits
	@tools/check-layers
	@$(MAKE) --no-print-directory all
	@tools/check-names --build $(BUILD)
	@tools/check-headers

# Sanitizers: static library and tests, in build-asan/ and so on.  The CMake
# option has the sanitizer's name; asan has the undefined behaviour one as well.
asan: SANITIZE := address
asan: VARIETY := checked
tsan: SANITIZE := thread
tsan: VARIETY := release
ubsan: SANITIZE := undefined
ubsan: VARIETY := checked
fuzz: SANITIZE := fuzzer
fuzz: VARIETY := checked
fuzz: COMPILER := -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++
asan tsan ubsan fuzz:   ## tests built with a sanitizer, in build-*/
	@$(CMAKE) -S . -Wno-dev $(QUIET) -B build-$@ $(COMPILER) -DACRE_BUILD=$(VARIETY) -DACRE_SANITIZE=$(SANITIZE)
	@$(CMAKE) --build build-$@ -j $(JOBS) --target tests

check-clang:            ## compile with clang
	@$(CMAKE) -S . -Wno-dev $(QUIET) -B build-clang -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++
	@$(CMAKE) --build build-clang -j $(JOBS)
	@$(CMAKE) --build build-clang -j $(JOBS) --target tests

check-arm64:            ## compile for 64-bit ARM (nothing is run)
	@command -v aarch64-linux-gnu-gcc >/dev/null || { \
	    echo "check-arm64: aarch64-linux-gnu-gcc is missing: tools/install-packages test" >&2; exit 1; }
	@$(CMAKE) -S . -Wno-dev $(QUIET) -B build-arm64 -DCMAKE_TOOLCHAIN_FILE=cmake/arm64.cmake -DACRE_TESTS=OFF
	@$(CMAKE) --build build-arm64 -j $(JOBS)
