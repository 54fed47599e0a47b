# Compilers and the flags of external packages, for the machine itself and for the arm64 sysroot.
PKG_CONFIG ?= pkg-config
pkg = $(shell $(PKG_ENV) $(PKG_CONFIG) $(1) $(2) 2>/dev/null)
isystem = $(patsubst -I%,-isystem %,$(1))

dpdk.cflags = $(call isystem,$(call pkg,--cflags,libdpdk)) -isystem /usr/include
dpdk.libs = $(call pkg,--libs,libdpdk)
uv.libs = -luv
sqlite.libs = -lsqlite3
ucl.libs = -lucl
jansson.libs = -ljansson
cmocka.libs = -lcmocka
edit.libs = -ledit
