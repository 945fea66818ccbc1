/*
 * Pools for 64 KiB: one connection, and one that is being closed. docs/BOARDS.md has what of them was used.
 */
#ifndef MOTE_LWIPOPTS_H
#define MOTE_LWIPOPTS_H

#include "boards/bare/lwipopts_common.h"

#define TCP_MSS 536
#if defined(MOTE_TLS_ECDSA) /* 40 KiB of RAM in all */
#define TCP_WND (2 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define MEM_SIZE 1536
#define PBUF_POOL_SIZE 4
#else
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (3 * TCP_MSS)
#define MEM_SIZE 2048
#define PBUF_POOL_SIZE 6
#endif
#define TCP_SND_QUEUELEN 8
#define TCP_QUEUE_OOSEQ 0
#define PBUF_POOL_BUFSIZE 624
#define MEMP_NUM_PBUF 4
#define MEMP_NUM_TCP_PCB 2
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG 8
#define MEMP_NUM_UDP_PCB 3 /* DHCP, DNS, SRV */
#define ARP_TABLE_SIZE 4
#define DNS_TABLE_SIZE 1
#define DNS_MAX_NAME_LENGTH 128
#define DNS_MAX_SERVERS 2

#endif
