# Compilers, and the flags of external packages: NAME.cflags, NAME.libs, NAME.a (an archive that we build),
# NAME.ready (what must be there before a source that uses it compiles). For the machine itself the packages are
# the machine's; for the other architecture they are those of a sysroot (tools/deps/sysroot).
DEPS := build/deps/$(ARCH)
PACKAGES_READY := build/deps/.packages
TOOLCHAIN_READY := $(PACKAGES_READY)
PKG_CONFIG ?= pkg-config

ifeq ($(ARCH),$(HOST_ARCH))
ifeq ($(origin CC),default)
CC := gcc
endif
else ifeq ($(ARCH),arm64)
SYSROOT := $(abspath $(DEPS)/sysroot)
TRIPLE := aarch64-linux-gnu
CC := $(TRIPLE)-gcc --sysroot=$(SYSROOT)
AR := $(TRIPLE)-ar
GCOV := $(TRIPLE)-gcov
PKG_ENV := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
	PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(TRIPLE)/pkgconfig:$(SYSROOT)/usr/share/pkgconfig
ARCH_LDFLAGS := -L$(SYSROOT)/usr/lib/$(TRIPLE)
# qemu-user has no ptrace, which the search for leaks needs; the machine's own asan build does it.
RUNNER := env ASAN_OPTIONS=detect_leaks=0 qemu-aarch64-static -L $(SYSROOT)
TOOLCHAIN_READY += $(DEPS)/sysroot/.ready
else
$(error ARCH=$(ARCH) cannot be built on $(HOST_ARCH))
endif

# The recipes ask pkg-config, not the reading of the Makefile: the packages may be installed by this very run.
pkg = $(shell $(PKG_ENV) $(PKG_CONFIG) $(1) $(2) 2>/dev/null)
isystem = $(patsubst -I%,-isystem %,$(1))

dpdk.cflags = $(call isystem,$(call pkg,--cflags,libdpdk))
dpdk.libs = $(call pkg,--libs,libdpdk)
# The appliance's worker holds DPDK itself, with the board's driver and no other. What a driver needs of the rest is
# taken out of the archives; the drivers register themselves, so they are taken whole.
ifeq ($(VARIANT),image)
DPDK_DRIVERS = bus_pci bus_vdev mempool_ring $(BOARD_PMD)
DPDK_CORE := common_iavf common_idpf cryptodev security hash rcu lpm timer cmdline pci ethdev meter net mbuf mempool ring \
	eal telemetry kvargs
DPDK_EXTERNAL.net_af_xdp := -lxdp -lbpf
dpdk_archives = $(patsubst %,-l:librte_%.a,$(1))
dpdk.libs = -Wl,--whole-archive $(call dpdk_archives,$(DPDK_DRIVERS)) -Wl,--no-whole-archive \
	-Wl,--start-group $(call dpdk_archives,$(DPDK_CORE)) -Wl,--end-group \
	$(foreach d,$(BOARD_PMD),$(DPDK_EXTERNAL.$(d))) -lnuma -lbsd -lpcap -lelf -lz -lm -ldl -lpthread
endif
uv.libs = -luv
jansson.libs = -ljansson
zstd.libs = -lzstd
crypt.libs = -lcrypt
cmocka.libs = -lcmocka

# lwIP is compiled for each variant with the lwipopts.h and arch/cc.h of dataplane/stack/lwip; a change of one of
# them compiles it anew, and what includes it (-I: the compiler lists no dependencies on -isystem headers).
LWIP_SRC := build/deps/src/lwip/src
LWIP_PORT := dataplane/stack/lwip
lwip.ready := build/deps/src/lwip/.version
lwip.cflags := -I$(LWIP_PORT) -isystem $(LWIP_SRC)/include
lwip.a := $(B)/lib/liblwip.a

# mbedTLS is compiled once an architecture.
MBEDTLS_SRC := build/deps/src/mbedtls
mbedtls.ready := $(MBEDTLS_SRC)/.version
mbedtls.cflags := -isystem $(MBEDTLS_SRC)/include
mbedtls.a := $(DEPS)/mbedtls/libmbedtls.a

deps: deps-check $(TOOLCHAIN_READY) $(lwip.ready) $(mbedtls.a) ## install and fetch what the build needs (ARCH= for another architecture)
deps-mbedtls: $(mbedtls.a)
deps-check:
	@tools/deps/install
.PHONY: deps deps-check deps-mbedtls

$(PACKAGES_READY): tools/deps/packages
	@tools/deps/install
$(DEPS)/sysroot/.ready: tools/deps/packages tools/deps/sysroot | $(PACKAGES_READY)
	@tools/deps/sysroot $(ARCH) $(DEPS)/sysroot
$(lwip.ready): | $(PACKAGES_READY)
	@tools/deps/source lwip 2.2
$(mbedtls.ready): | $(PACKAGES_READY)
	@tools/deps/source mbedtls 3.6

# The list of their sources is known only once they are unpacked: hence a make of their own, one at a time.
archive = mkdir -p $(@D) && flock $@.lock $(MAKE) --no-print-directory -f tools/deps/archive.mk ARCHIVE=$@ AR="$(AR)" CC="$(CC)"
$(lwip.a): $(wildcard $(LWIP_PORT)/*.h $(LWIP_PORT)/arch/*.h) $(lwip.ready) $(B)/.flags tools/deps/archive.mk | $(TOOLCHAIN_READY)
	@echo "  LWIP  $@"
	+@$(archive) SRC=$(LWIP_SRC) OBJ=$(B)/lwip CFLAGS="$(CFLAGS) -w -I$(LWIP_PORT) -I$(LWIP_SRC)/include" \
		DIRS="core core/ipv4 core/ipv6" FILES=netif/ethernet.c
$(mbedtls.a): $(mbedtls.ready) tools/deps/archive.mk | $(TOOLCHAIN_READY)
	@echo "  TLS   $@"
	+@$(archive) SRC=$(MBEDTLS_SRC) OBJ=$(DEPS)/mbedtls CFLAGS="-O2 -g $(HARDEN) $(BRANCHES.$(ARCH)) -ffile-prefix-map=$(CURDIR)=. -w -I$(MBEDTLS_SRC)/include" DIRS=library
