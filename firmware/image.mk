# The appliance's image. It has packages of its own (tools/deps/packages.firmware), which nothing else installs.
#   SECURE=1            signed GRUB and firmware, keys in SECURE_KEYS (build/keys/secure, made when missing)
#   RELEASE_KEY=FILE    signs the bundle (build/keys/release.key, made when missing)
#   SEQUENCE=N          the release's place in the order of all (the time of the commit)
#   MIN_SEQUENCE=N      boxes that run this start nothing older (the time of a commit, as in the manifest)
#   ZSTD_LEVEL=N        19; less is faster and larger
BOARD ?= qemu-arm64
SECURE ?= 0
SECURE_KEYS ?= build/keys/secure
RELEASE_KEY ?= build/keys/release.key
MIN_SEQUENCE ?= 0
ZSTD_LEVEL ?= 19
IMAGE := build/images/$(BOARD)
IMAGE_OUT := $(IMAGE)$(if $(filter-out 0,$(SECURE)),/secure)
RELEASE := build/images/sluice-$(BOARD)$(if $(filter-out 0,$(SECURE)),-secure)-$(VERSION)
FIRMWARE_READY := build/deps/.packages.firmware
TARGET_READY := $(DEPS)/target/.ready
BUNDLER := build/$(HOST_ARCH)/release/bin/sluice-firmware
export SECURE SECURE_KEYS RELEASE_KEY MIN_SEQUENCE ZSTD_LEVEL

# One at a time: boards share the objects of their architecture, the programs of this machine and the keys. The lock's
# file is closed for what it runs, so that nothing left behind holds it.
IMAGE_LOCK := build/.image.lock
image_alone = mkdir -p build && \
	{ flock -n -s $(IMAGE_LOCK) true || echo "image: waiting for another 'make image' to end"; } && \
	flock -o $(IMAGE_LOCK) $(MAKE) --no-print-directory image-board

image: ## build disk and update of BOARD=qemu-arm64 in build/images (SECURE=1: signed boot chain)
	+@$(image_alone)
image-again: # the same from the root file system on, to compare
	+@$(image_alone) AGAIN=1
image-board:
	$(if $(AGAIN),@rm -rf $(IMAGE)/.[a-z]* $(IMAGE_OUT)/.[a-z]*)
	+@arch=$$(firmware/board $(BOARD) board.arch) && pmd=$$(firmware/board $(BOARD) port.data.pmd) && \
		$(MAKE) --no-print-directory ARCH=$(HOST_ARCH) VARIANT=release deps-check $(FIRMWARE_READY) $(BUNDLER) && \
		$(MAKE) --no-print-directory ARCH=$$arch VARIANT=image BOARD_PMD="$$pmd" image-files
qemu: image ## boot the image of BOARD in QEMU, its serial console in the terminal (Ctrl-A X ends it)
	@firmware/qemu --boot $(if $(filter-out 0,$(SECURE)),secure,disk) $(BOARD)
flash: image ## write the image of BOARD to DEV=/dev/sdX, after asking
	@tools/flash/flash $(RELEASE).manifest "$(DEV)"
.PHONY: image image-again image-board image-files image-driver qemu flash

$(FIRMWARE_READY): tools/deps/packages.firmware
	@tools/deps/install packages.firmware
$(TARGET_READY): tools/deps/packages.firmware tools/deps/sysroot | $(FIRMWARE_READY)
	@tools/deps/sysroot $(ARCH) $(DEPS)/target packages.firmware target
$(RELEASE_KEY): | $(BUNDLER)
	@firmware/steps/key $@
$(SECURE_KEYS)/grub.gpg:
	@firmware/secure/keys $(@D)

IMAGE_KEYS := $(if $(filter-out 0,$(SECURE)),$(SECURE_KEYS)/grub.gpg)
IMAGE_PROGRAMS := $(filter $(BIN)/sluice%,$(PROGRAMS))
# The steps, each a script. What they are told beside files is remembered, so that another value runs them again.
IMAGE_SCRIPT := firmware/lib.sh firmware/board board/$(BOARD)/board.conf
$(IMAGE)/.told: FORCE
	$(call remember,$(RELEASE_KEY) $(SEQUENCE) $(MIN_SEQUENCE) $(ZSTD_LEVEL))
image-driver: | $(TOOLCHAIN_READY)
	@ls $(SYSROOT)/usr/lib/$$($(CC) -print-multiarch)/librte_$(BOARD_PMD).a >/dev/null 2>&1 || { \
		echo "image: DPDK has no driver '$(BOARD_PMD)' (port.data.pmd in board/$(BOARD)/board.conf)" >&2; exit 1; }
$(BIN)/sluice-dataplane: | $(if $(filter image,$(VARIANT)),image-driver)
image-files: $(IMAGE_OUT)/.release
$(IMAGE)/.kernel: firmware/steps/kernel $(IMAGE_SCRIPT) $(TARGET_READY)
	@firmware/steps/kernel $(BOARD)
	@touch $@
$(IMAGE)/.rootfs: firmware/steps/rootfs firmware/steps/factory $(wildcard firmware/rootfs/*) conf/acl.conf $(IMAGE_SCRIPT) $(IMAGE)/.told build/.version \
		$(TARGET_READY) $(RELEASE_KEY) $(IMAGE_PROGRAMS)
	@firmware/steps/rootfs $(BOARD) $(VERSION) $(IMAGE_PROGRAMS)
	@touch $@
$(IMAGE)/.initramfs: firmware/steps/initramfs $(IMAGE)/.kernel $(IMAGE)/.rootfs
	@firmware/steps/initramfs $(BOARD)
	@touch $@
$(IMAGE_OUT)/.uki: firmware/steps/uki $(IMAGE)/.initramfs $(IMAGE_KEYS)
	@firmware/steps/uki $(BOARD) $(VERSION) $(IMAGE_OUT)
	@touch $@
# Another version is another commit, whose time is in there.
$(IMAGE_OUT)/.grub: firmware/steps/grub firmware/grub/grub.cfg $(IMAGE_SCRIPT) build/.version $(TARGET_READY) \
		$(IMAGE_KEYS)
	@firmware/steps/grub $(BOARD)
	@touch $@
$(IMAGE_OUT)/.disk: firmware/steps/disk $(IMAGE_OUT)/.uki $(IMAGE_OUT)/.grub
	@firmware/steps/disk $(BOARD)
	@touch $@
$(IMAGE_OUT)/.release: firmware/steps/release $(IMAGE_OUT)/.disk $(BUNDLER)
	@firmware/steps/release $(BOARD) $(VERSION)
	@touch $@
