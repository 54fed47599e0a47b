#ifndef STACK_LWIPOPTS_H
#define STACK_LWIPOPTS_H

/*
 * How lwIP is built for the worker: one thread, raw API, our memory, our timers. lwIP itself is unmodified.
 */

/* One thread, no operating system, timers called by stack_timer.c. */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_TIMERS 0
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0

/* Every object comes from the worker's heap. */
#define MEM_ALIGNMENT 8
#define MEMP_MEM_MALLOC 1
#define MEM_CUSTOM_ALLOCATOR 1
#define MEM_CUSTOM_MALLOC stack_mem_malloc
#define MEM_CUSTOM_CALLOC stack_mem_calloc
#define MEM_CUSTOM_FREE stack_mem_free
#define LWIP_SUPPORT_CUSTOM_PBUF 1
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1 /* they check the sizes of pools that do not exist here */

/* Protocols. Fragments are dropped: TCP never sends any, and reassembly is memory for strangers. */
#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_ARP 1
#define LWIP_ETHERNET 1
#define LWIP_ICMP 1
#define LWIP_ICMP6 1
#define LWIP_TCP 1
#define LWIP_UDP 1
#define LWIP_RAW 0
#define LWIP_DNS 0
#define LWIP_IGMP 0
#define LWIP_DHCP 1
#define LWIP_ACD 0
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define IP_FORWARD 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define LWIP_IPV6_REASS 0
#define LWIP_IPV6_FRAG 0
#define LWIP_IPV6_SCOPES 0
#define LWIP_IPV6_MLD 1
#define LWIP_IPV6_DHCP6 0
#define LWIP_IPV6_AUTOCONFIG 1
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 1
#define LWIP_SINGLE_NETIF 1
#define LWIP_NETIF_LOOPBACK 0
#define LWIP_HAVE_LOOPIF 0
#define LWIP_NETIF_HOSTNAME 1

/* Neighbours: the hint in the connection makes the walk of the table the exception. */
#define LWIP_NETIF_HWADDRHINT 1
#define ARP_TABLE_SIZE 1024
#define ARP_QUEUEING 0
#define LWIP_ND6_QUEUEING 0
#define LWIP_ND6_NUM_NEIGHBORS 127
#define LWIP_ND6_NUM_DESTINATIONS 127 /* lwIP counts them with 8 bits */
#define LWIP_ND6_TCP_REACHABILITY_HINTS 1

/* Checksums: stack_frame.c verifies and writes them, or the device does. */
#define CHECKSUM_GEN_IP 0
#define CHECKSUM_GEN_UDP 0
#define CHECKSUM_GEN_TCP 0
#define CHECKSUM_GEN_ICMP 0
#define CHECKSUM_GEN_ICMP6 0
#define CHECKSUM_CHECK_IP 0
#define CHECKSUM_CHECK_UDP 0
#define CHECKSUM_CHECK_TCP 0
#define CHECKSUM_CHECK_ICMP 0
#define CHECKSUM_CHECK_ICMP6 0
#define LWIP_CHECKSUM_ON_COPY 0

/*
 * TCP. 32 KiB windows carry 1 Gbit/s at 0.25 ms round trip, and stay below 64 KiB, so that no scale option and no
 * 32-bit window fields are needed. They cost memory only for data that is in flight or that a paused
 * user has not read. The real segment size follows the port's MTU; 8,960 fits jumbo frames.
 */
#define TCP_MSS 8960
#define TCP_WND 32768
#define TCP_SND_BUF 32768
#define TCP_SND_QUEUELEN 128
#define TCP_SNDLOWAT 8192
#define LWIP_WND_SCALE 0
#define LWIP_TCP_TIMESTAMPS 0
#define LWIP_TCP_SACK_OUT 1 /* else a peer that loses a few segments backs off for minutes */
#define LWIP_TCP_KEEPALIVE 0
#define TCP_LISTEN_BACKLOG 0 /* its limit is 255; stack_input.c limits half-open connections */
#define TCP_QUEUE_OOSEQ 1
#define TCP_OOSEQ_PBUFS_LIMIT(pcb) 32
#define TCP_OOSEQ_BYTES_LIMIT(pcb) TCP_WND
#define LWIP_NETIF_TX_SINGLE_PBUF 0 /* else every small write takes a buffer of a whole segment */
#define TCP_OVERSIZE 512
#define LWIP_TCP_RTO_TIME 1000 /* RFC 6298, section 2.1 */

/* Of the control block: one callback function for all events, one extra argument that tells of its end. */
#define LWIP_CALLBACK_API 0
#define LWIP_EVENT_API 1
#define LWIP_TCP_PCB_NUM_EXT_ARGS 1

/* Time: variables, as all uses of these in lwIP are at run time (TCP_TMR_INTERVAL's are not; it has no effect). */
#define TCP_FAST_INTERVAL stack_tick_ms
#define TCP_SLOW_INTERVAL (2 * stack_tick_ms)
#define TCP_MSL stack_msl_ms

/* Counters: only those that stack_counters reports. */
#define LWIP_STATS 1
#define LWIP_STATS_LARGE 1
#define LINK_STATS 0
#define ETHARP_STATS 0
#define IPFRAG_STATS 0
#define ICMP_STATS 0
#define ICMP6_STATS 0
#define IP6_FRAG_STATS 0
#define MLD6_STATS 0
#define ND6_STATS 0
#define UDP_STATS 0
#define MEM_STATS 0
#define MEMP_STATS 0
#define SYS_STATS 0
#define IP_STATS 1
#define IP6_STATS 1
#define TCP_STATS 1
#define MIB2_STATS 1

/* Hooks, in stack_hook.c. */
#define LWIP_HOOK_TCP_ISN stack_hook_isn
#define LWIP_HOOK_ND6_GET_GW(netif, dest) stack_hook_gateway6(netif, dest)
#define LWIP_HOOK_FILENAME "stack_hook.h"

#endif
