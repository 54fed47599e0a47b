# The serial console.
$(eval $(call lib,console,firmware/console,menu shell config base,jansson crypt))
$(eval $(call prog,sluice-console,firmware/console/main,console menu shell revision child board acl rule topic wire cli config base,uv jansson crypt))

# The firmware update: its library, and the program for the box and for the builder's machine.
$(eval $(call lib,update,firmware/update,base config board cli,mbedtls zstd jansson))
$(eval $(call prog,sluice-firmware,firmware/updatectl,update revision child board acl rule topic wire cli config base,mbedtls zstd uv jansson))

# The board's facts: for the scripts of the image (firmware/board calls it), and on the box.
$(eval $(call prog,sluice-board,firmware/facts,board config base))

# The first process, and what the box is called.
$(eval $(call lib,init,firmware/init,base))
$(eval $(call prog,sluice-init,firmware/init/main,init board config base))
$(eval $(call lib,identity,firmware/identity,base,mbedtls))
$(eval $(call prog,sluice-identity,firmware/identity/main,identity base,mbedtls))
