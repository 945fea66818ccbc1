/*
 * lwIP without an operating system, by its raw API: IPv4, TCP, DHCP, DNS. Pools are the board's: its lwipopts.h.
 */
#ifndef MOTE_LWIPOPTS_COMMON_H
#define MOTE_LWIPOPTS_COMMON_H

#define NO_SYS 1
#define LWIP_SINGLE_NETIF 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_TIMERS 1

/* No heap but lwIP's own, which is a static array as the pools are. */
#define MEM_LIBC_MALLOC 0
#define MEMP_MEM_MALLOC 0
#define MEM_ALIGNMENT 4

/* The NICs put two bytes in front of a frame, so that the IP header is aligned. */
#define ETH_PAD_SIZE 2
#define LWIP_ARP 1
#define ARP_QUEUEING 0
#define LWIP_IPV6 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define LWIP_RAW 0
#define LWIP_ICMP 1
#define LWIP_UDP 1
#define LWIP_DHCP 1
/* The check would take two seconds of every start, for a conflict that DHCP servers look for themselves. */
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define LWIP_ACD 0
#define LWIP_DNS 1
#define LWIP_TCP 1
#define LWIP_TCP_KEEPALIVE 0
#define LWIP_NETIF_TX_SINGLE_PBUF 0
#define LWIP_STATS 0
#define LWIP_CHKSUM_ALGORITHM 3

/* TCP timers that lwIP starts by itself, DHCP's two, ARP, DNS, one of ours. */
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 1)

#endif
