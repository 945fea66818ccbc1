/* SPDX-License-Identifier: MIT
 * The Ethernet controller of the Stellaris family, which has two FIFOs of words. The length of a frame stands in the
 * first two bytes, where lwIP has its padding (ETH_PAD_SIZE 2), so a pbuf goes through the FIFO as it is.
 */
#include "boards/bare/nic.h"

#include <lwip/etharp.h>

#include "boards/bare/machine.h"
#include "boards/bare/words.h"

#define REG(offset) (*(volatile uint32_t *)(uintptr_t)(0x40048000u + (offset)))

#define MACRIS REG(0x00)
#define MACIM REG(0x04)
#define MACRCTL REG(0x08)
#define MACTCTL REG(0x0c)
#define MACDATA REG(0x10)
#define MACIA0 REG(0x14)
#define MACIA1 REG(0x18)
#define MACNP REG(0x34)
#define MACTR REG(0x38)
#define USER_REG0 (*(volatile uint32_t *)(uintptr_t)0x400fe1e0u)
#define USER_REG1 (*(volatile uint32_t *)(uintptr_t)0x400fe1e4u)
#define GPIOF_AFSEL (*(volatile uint32_t *)(uintptr_t)0x40025420u)
#define GPIOF_DEN (*(volatile uint32_t *)(uintptr_t)0x4002551cu)

enum { HEADER = ETH_PAD_SIZE + 14, FRAME_MAX = 1514, FCS = 4, TX_SPINS = 200000 };

static unsigned dropped;

static void put_word(uint32_t word)
{
    MACDATA = word;
}

static uint32_t get_word(void)
{
    return MACDATA;
}

static err_t transmit_frame(struct netif *netif, struct pbuf *p)
{
    (void)netif;
    if (p->tot_len < HEADER || p->tot_len > FRAME_MAX + ETH_PAD_SIZE) {
        return ERR_ARG;
    }
    for (int i = 0; (MACTR & 1) != 0; i++) { /* wait for the frame before; at 100 Mbit/s it takes 0.12 ms at most */
        if (i == TX_SPINS) {
            return ERR_IF;
        }
    }
    uint8_t *pad = p->payload;
    unsigned len = p->tot_len - (unsigned)HEADER;
    pad[0] = (uint8_t)len;
    pad[1] = (uint8_t)(len >> 8);
    mote__words_send(p, put_word);
    MACTR = 1;
    MACRIS = 0x6; /* TXEMP and TXER, which are not waited for */
    return ERR_OK;
}

/* Receive the frame at the head of the FIFO. It is taken out of there, also when there is no room for it. */
static void receive_frame(struct netif *netif)
{
    uint32_t first = MACDATA; /* its low half is the length of all: itself, frame, checksum */
    unsigned total = first & 0xffff, words = (total + 3) / 4;
    struct pbuf *p = NULL;
    if (total >= HEADER + FCS && total <= ETH_PAD_SIZE + FRAME_MAX + FCS) {
        p = pbuf_alloc(PBUF_RAW, (u16_t)total, PBUF_POOL);
    }
    if (p == NULL) {
        dropped++;
        for (unsigned i = 1; i < words; i++) {
            (void)MACDATA;
        }
        return;
    }
    /* The first word is gone from the FIFO already; the pool's buffers are aligned and longer than it. */
    uint8_t *head = p->payload;
    head[2] = (uint8_t)(first >> 16);
    head[3] = (uint8_t)(first >> 24);
    pbuf_remove_header(p, 4);
    mote__words_receive(p, get_word);
    pbuf_add_header(p, 4);
    pbuf_realloc(p, (u16_t)(total - FCS));
    if (netif->input(p, netif) != ERR_OK) {
        pbuf_free(p);
    }
}

/* QEMU hands over what waits behind the FIFO only when that has run empty, so it is always read to its end; but only a
 * certain number of frames, so that a flood cannot keep us here. */
void mote__nic_poll(struct netif *netif)
{
    for (int i = 0; i < 64 && (MACNP & 0x3f) != 0; i++) {
        receive_frame(netif);
    }
}

unsigned mote__nic_dropped(void)
{
    return dropped;
}

static void read_address(struct netif *netif)
{
    uint32_t low = MACIA0, high = MACIA1; /* QEMU has put one there */
    if (low == 0 && high == 0) {          /* a board: three bytes each in the user registers, in flash */
        low = (USER_REG0 & 0xffffff) | USER_REG1 << 24;
        high = (USER_REG1 >> 8) & 0xffff;
        MACIA0 = low;
        MACIA1 = high;
    }
    for (unsigned i = 0; i < 4; i++) {
        netif->hwaddr[i] = (uint8_t)(low >> (8 * i));
    }
    netif->hwaddr[4] = (uint8_t)high;
    netif->hwaddr[5] = (uint8_t)(high >> 8);
    netif->hwaddr_len = 6;
}

err_t mote__nic_init(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
    netif->linkoutput = transmit_frame;
    GPIOF_AFSEL |= 0xc; /* PF2 and PF3 are the lights of the socket */
    GPIOF_DEN |= 0xc;
    MACIM = 0;
    MACRCTL = 0x10; /* empty the receive FIFO */
    read_address(netif);
    MACTCTL = 0x17; /* full duplex, checksum, padding, on */
    MACRCTL = 0x09; /* on, without frames whose checksum is wrong */
    return ERR_OK;
}
