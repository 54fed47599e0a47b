# The worker process: libraries in the order in which they may see each other.
$(eval $(call lib,base,dataplane/base))
$(eval $(call lib,abi,dataplane/abi,base))
$(eval $(call lib,wire,dataplane/wire))
$(eval $(call lib,topic,dataplane/topic,base))
$(eval $(call lib,rule,dataplane/rule,base wire))
$(eval $(call lib,port,dataplane/port,base,dpdk))
$(eval $(call lib,stack,dataplane/stack,base port,lwip))
# The one file that knows both packet buffers, lwIP's and DPDK's.
$(B)/dataplane/stack/stack_mbuf.o: LOCAL += $(dpdk.cflags)
$(eval $(call lib,conn,dataplane/conn,base wire topic rule))
$(eval $(call prog,sluice-dataplane,dataplane/worker,conn rule topic wire stack port abi base,lwip dpdk))
