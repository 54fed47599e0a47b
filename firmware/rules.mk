# The serial console.
$(eval $(call lib,console,firmware/console,menu shell config base,jansson crypt))
$(eval $(call prog,sluice-console,firmware/console/main,console menu shell revision acl rule topic wire cli config base,uv jansson crypt))

# The appliance's image. It has packages of its own (tools/deps/packages.firmware), which nothing else installs.
BOARD ?= qemu-arm64
IMAGE := build/images/$(BOARD)
FIRMWARE_READY := build/deps/.packages.firmware
TARGET_READY := $(DEPS)/target/.ready
IMAGE_BINARIES := $(addprefix $(B)/bin/,sluice-control sluice-dataplane sluicectl)
BOARD_CONF := board/$(BOARD)/board.conf firmware/board firmware/lib.sh

image: ## build the image of BOARD=qemu-arm64 in build/images/BOARD
	+@arch=$$(firmware/board $(BOARD) board.arch) && \
		$(MAKE) --no-print-directory ARCH=$$arch deps-check $(IMAGE)/initramfs.zst
qemu: image ## boot the image of BOARD in QEMU, its serial console in the terminal (Ctrl-A X ends it)
	@firmware/qemu $(BOARD)
test-system: image ## boot the image in QEMU and use it from outside (needs root)
	@timeout --foreground 400 tests/system/test_boot.sh $(BOARD)

$(FIRMWARE_READY): tools/deps/packages.firmware
	@tools/deps/install packages.firmware
$(TARGET_READY): tools/deps/packages.firmware tools/deps/sysroot | $(FIRMWARE_READY)
	@tools/deps/sysroot $(ARCH) $(DEPS)/target packages.firmware target
$(IMAGE)/.kernel: firmware/steps/kernel $(BOARD_CONF) $(TARGET_READY)
	@firmware/steps/kernel $(BOARD)
	@touch $@
$(IMAGE)/.rootfs: firmware/steps/rootfs firmware/rootfs/init conf/acl.conf $(BOARD_CONF) $(TARGET_READY) $(IMAGE_BINARIES)
	@firmware/steps/rootfs $(BOARD) $(B)/bin $(VERSION)
	@touch $@
$(IMAGE)/initramfs.zst: firmware/steps/initramfs $(IMAGE)/.kernel $(IMAGE)/.rootfs
	@firmware/steps/initramfs $(BOARD)
.PHONY: image qemu test-system

# The firmware update: its library, and the program for the box and for the builder's machine.
$(eval $(call lib,update,firmware/update,base config board cli,mbedtls zstd jansson))
$(eval $(call prog,sluice-firmware,firmware/updatectl,update board cli config base,mbedtls zstd uv jansson))

# The board's facts: for the scripts of the image (firmware/board calls it), and on the box.
$(eval $(call prog,sluice-board,firmware/facts,board config base))

# The first process, and what the box is called.
$(eval $(call lib,init,firmware/init,base))
$(eval $(call prog,sluice-init,firmware/init/main,init board config base))
