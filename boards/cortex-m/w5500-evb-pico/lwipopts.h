/*
 * Pools for 264 KiB of RAM. The W5500 has 16 KiB for frames that came in, which is more than a window.
 */
#ifndef MOTE_LWIPOPTS_H
#define MOTE_LWIPOPTS_H

#include "boards/bare/lwipopts_common.h"

#define TCP_MSS 1460
#define TCP_WND (6 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#define MEM_SIZE 16384
#define PBUF_POOL_SIZE 12
#define PBUF_POOL_BUFSIZE 1536
#define MEMP_NUM_PBUF 8
#define MEMP_NUM_TCP_PCB 4
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG 32
#define MEMP_NUM_UDP_PCB 4
#define DNS_TABLE_SIZE 2

#endif
