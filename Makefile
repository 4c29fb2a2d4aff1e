# SPDX-License-Identifier: GPL-2.0-only
#
# make [K=KERNEL | KVER=RELEASE | KDIR=DIR] [ARCH=i386] [WERROR=]
#
# builds ctl and cpt.ko: for the running kernel where its headers are installed, else for the first
# of the kernels that scripts/kernels has cached (K=6.1-amd64, 6.12-amd64, 6.1-i386, 6.1-debug).
# Everything made is under build/: build/KERNEL/cpt.ko, build/ARCH/ctl. A warning is an error, but with
# WERROR= and, in the module, for other kernels than those.

CPT_CACHE ?= /var/cache/cpt
DESTDIR   ?=
PREFIX    ?= /usr
MODLIB    ?= /lib/modules
WERROR    ?= -Werror

all: ctl module

# --- which kernel -------------------------------------------------------------------------------

CACHED = $(patsubst $(CPT_CACHE)/kernels/%/build,%,$(wildcard $(CPT_CACHE)/kernels/*-$(or $(ARCH),amd64)/build))

ifndef K
ifndef KDIR
ifndef KVER
ifneq ($(and $(if $(filter i386,$(ARCH)),,x),$(wildcard /lib/modules/$(shell uname -r)/build)),)
KVER := $(shell uname -r)
else
K := $(firstword $(CACHED))
endif
endif
endif
endif

ifdef K
KDIR := $(CPT_CACHE)/kernels/$(K)/build
KVER := $(shell cat $(CPT_CACHE)/kernels/$(K)/kver)
ARCH := $(if $(filter %-i386,$(K)),i386,amd64)
else
KDIR ?= /lib/modules/$(KVER)/build
KVER ?= $(shell $(MAKE) -s --no-print-directory -C $(KDIR) kernelrelease)
endif
ARCH ?= amd64

# --- the module ---------------------------------------------------------------------------------

# One source for several kernels: each is built in a farm of links to it.
FARM  := $(CURDIR)/build/$(or $(K),$(KVER))
KARCH := $(if $(filter i386,$(ARCH)),i386,x86)
# A kernel of one's own may come with a compiler that warns of more.
KBUILD = $(MAKE) --no-print-directory -C $(KDIR) M=$(FARM) ARCH=$(KARCH) CROSS_COMPILE= W=1 $(if $(K),KCFLAGS=$(WERROR))

farm:
	@test -e $(KDIR)/Makefile || { echo "cpt: no kernel headers at $(KDIR); install them or run scripts/kernels" >&2; exit 1; }
	@mkdir -p $(FARM)
	@cp -rsf $(CURDIR)/kmod $(CURDIR)/include $(CURDIR)/Kbuild $(FARM)/
	@find $(FARM) -xtype l -delete

module: farm
	+flock $(FARM) $(KBUILD) modules

# with sparse, which looks at all of it each time
lint-module: farm
	+flock $(FARM) $(KBUILD) C=2 CF=-Wsparse-error modules

# --- the command --------------------------------------------------------------------------------

OUT     := build/$(ARCH)
SYSROOT := $(CPT_CACHE)/roots/$(ARCH)/userland
CFLAGS  ?= -O2 -g
CLI_SRC := $(wildcard cli/*.c)
CLI_OBJ := $(CLI_SRC:%.c=$(OUT)/%.o)
CLI_PKG := $(shell awk '{print $$2}' cli/PACKAGES)

ifeq ($(ARCH),i386)
CC32       := -m32 --sysroot=$(SYSROOT)
PKG_CONFIG := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/i386-linux-gnu/pkgconfig pkg-config
else
PKG_CONFIG := pkg-config
endif
COMPILE = $(CC) $(CC32) -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Wall -Wextra $(WERROR) $(CFLAGS) -Iinclude -MMD -MP

ctl: $(OUT)/ctl

$(OUT)/ctl: $(CLI_OBJ)
	$(CC) $(CC32) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $$($(PKG_CONFIG) --libs $(CLI_PKG))

$(OUT)/cli/%.o: cli/%.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -Icli $$($(PKG_CONFIG) --cflags $(CLI_PKG)) -c -o $@ $<

# --- the programs of the tests ------------------------------------------------------------------

# Each may use tests/lib and whatever of ctl it names; what it does not name is not linked in.
TESTS   := build/tests/$(ARCH)
LIB_OBJ := $(patsubst tests/%.c,$(TESTS)/%.o,$(wildcard tests/lib/*.c))
CTL_OBJ := $(filter-out %/main.o,$(CLI_OBJ))
PROGRAMS = $(patsubst tests/%.c,$(TESTS)/%,$(foreach d,kind gen stage refuse hostile ve scale apps unit,$(wildcard tests/$(d)/*.c)))

test-programs: $(PROGRAMS)

$(TESTS)/lib.a: $(LIB_OBJ) $(CTL_OBJ)
	@mkdir -p $(@D) && rm -f $@
	ar rcs $@ $^

$(TESTS)/lib/%.o: tests/lib/%.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -pthread -c -o $@ $<

# Removed first, lest a program that no longer compiles be run as it was.
$(TESTS)/%: tests/%.c $(TESTS)/lib.a Makefile
	@mkdir -p $(@D) && rm -f $@
	$(COMPILE) -Itests/lib -Icli -pthread -o $@ $< $(TESTS)/lib.a -Wl,--as-needed -lm -lrt -lcmocka \
		$$($(PKG_CONFIG) --libs $(CLI_PKG))

-include $(CLI_OBJ:.o=.d) $(LIB_OBJ:.o=.d) $(PROGRAMS:=.d)

# --- installing ---------------------------------------------------------------------------------

VZ_DIRS := /etc/vz/conf /etc/vz/names /vz/root /vz/private /vz/dump /vz/lock /vz/template/cache

install: install-ctl install-module

install-ctl: ctl
	install -D -m755 $(OUT)/ctl $(DESTDIR)$(PREFIX)/sbin/ctl
	for l in vzctl vzlist; do ln -sf ctl $(DESTDIR)$(PREFIX)/sbin/$$l; done
	for d in $(VZ_DIRS); do install -d $(DESTDIR)$$d; done
	test -e $(DESTDIR)/etc/vz/vz.conf || test ! -e etc/vz.conf || install -m644 etc/vz.conf $(DESTDIR)/etc/vz/vz.conf
	install -m644 etc/*.conf-sample $(DESTDIR)/etc/vz/conf/

install-module: module
	install -D -m644 $(FARM)/cpt.ko $(DESTDIR)$(MODLIB)/$(KVER)/extra/cpt.ko
	$(if $(DESTDIR),,depmod -a $(KVER))

# What the administrator made or may have changed stays: /vz, /etc/vz.
uninstall:
	rm -f $(foreach l,ctl vzctl vzlist,$(DESTDIR)$(PREFIX)/sbin/$(l)) $(DESTDIR)$(MODLIB)/$(KVER)/extra/cpt.ko
	$(if $(DESTDIR),,depmod -a $(KVER))

clean:
	rm -rf build

# --- checking -----------------------------------------------------------------------------------

# make check [T=NAME] [K=KERNEL]
check:
	scripts/check $(if $(T),-t $(T)) $(if $(filter command line,$(origin K)),-k $(K))

check-long:
	scripts/check --long $(if $(T),-t $(T)) $(if $(filter command line,$(origin K)),-k $(K))

demo lint bench-freeze bench-scale:
	scripts/$@

fuzz:
	tests/run -k host -t 'fuzz/*'

.PHONY: all check check-long demo lint fuzz bench-freeze bench-scale lint-module test-programs farm module ctl install install-ctl install-module uninstall clean
.DELETE_ON_ERROR:
