# The control process: libraries in the order in which they may see each other.
$(eval $(call lib,kit,control/kit,base))
$(eval $(call lib,link,control/link,base abi kit))
$(eval $(call lib,retain,control/retain,base wire kit))
$(eval $(call lib,session,control/session,base wire topic rule kit link retain))
$(eval $(call lib,sys,control/sys,base kit link retain session,jansson))
$(eval $(call lib,config,control/config,base))
$(eval $(call lib,cli,control/cli,base config,uv jansson))
$(eval $(call prog,sluicectl,control/ctl,cli config base,uv jansson))
