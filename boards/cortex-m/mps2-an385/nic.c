/* SPDX-License-Identifier: MIT
 * The SMSC LAN9118 Ethernet controller on the static memory bus. It puts two bytes in front of each frame, as lwIP
 * wants them (ETH_PAD_SIZE 2).
 */
#include "boards/bare/nic.h"

#include <stdbool.h>

#include <lwip/etharp.h>

#include "boards/bare/words.h"

#define REG(offset) (*(volatile uint32_t *)(uintptr_t)(0x40200000u + (offset)))

#define RX_DATA REG(0x00)
#define TX_DATA REG(0x20)
#define RX_STATUS REG(0x40)
#define TX_STATUS REG(0x48)
#define BYTE_TEST REG(0x64)
#define RX_CFG REG(0x6c)
#define TX_CFG REG(0x70)
#define RX_DP_CTRL REG(0x78)
#define RX_FIFO_INF REG(0x7c)
#define TX_FIFO_INF REG(0x80)
#define MAC_CSR_CMD REG(0xa4)
#define MAC_CSR_DATA REG(0xa8)

#define BUSY 0x80000000u /* does not fit in an enum */

enum {
    READ = 0x40000000, MAC_CR = 1, ADDRH = 2, ADDRL = 3, MII_ACC = 6, MII_DATA = 7,
    PHY_STATUS = 1, FIRST_AND_LAST = 0x3000, FRAME_MAX = 1514, FCS = 4, RX_ERROR = 0x8000, SPINS = 10000,
    LINK = 4, LINK_EVERY = 64
};

static unsigned dropped;

static void put_word(uint32_t word)
{
    TX_DATA = word;
}

static uint32_t get_word(void)
{
    return RX_DATA;
}

static void mac_wait(void)
{
    for (int i = 0; (MAC_CSR_CMD & BUSY) != 0 && i < SPINS; i++) {
    }
}

static uint32_t mac_read(uint32_t index)
{
    MAC_CSR_CMD = BUSY | READ | index;
    mac_wait();
    return MAC_CSR_DATA;
}

static void mac_write(uint32_t index, uint32_t value)
{
    MAC_CSR_DATA = value;
    MAC_CSR_CMD = BUSY | index;
    mac_wait();
}

static uint32_t phy_read(uint32_t index)
{
    mac_write(MII_ACC, 1u << 11 | index << 6 | 1); /* the internal PHY is number 1 */
    return mac_read(MII_DATA);
}

static err_t transmit_frame(struct netif *netif, struct pbuf *p)
{
    unsigned len = p->tot_len - (unsigned)ETH_PAD_SIZE;
    (void)netif;
    if (p->tot_len < ETH_PAD_SIZE || len > FRAME_MAX) {
        return ERR_ARG;
    }
    while ((TX_FIFO_INF & 0x00ff0000) != 0) { /* these are results of earlier frames, which nobody asks for */
        (void)TX_STATUS;
    }
    if ((TX_FIFO_INF & 0xffff) < len + 16) {
        return ERR_IF;
    }
    TX_DATA = (uint32_t)ETH_PAD_SIZE << 16 | FIRST_AND_LAST | len;
    TX_DATA = len << 16 | len;
    mote__words_send(p, put_word);
    return ERR_OK;
}

static void receive_frame(struct netif *netif)
{
    uint32_t status = RX_STATUS;
    unsigned len = (status >> 16) & 0x3fff; /* with checksum */
    unsigned words = (ETH_PAD_SIZE + len + 3) / 4;
    struct pbuf *p = NULL;
    if ((status & RX_ERROR) == 0 && len >= 14 + FCS && len <= FRAME_MAX + FCS) {
        p = pbuf_alloc(PBUF_RAW, (u16_t)(ETH_PAD_SIZE + len), PBUF_POOL);
    }
    if (p == NULL) {
        dropped++;
        for (unsigned i = 0; i < words; i++) {
            (void)RX_DATA;
        }
        return;
    }
    mote__words_receive(p, get_word);
    pbuf_realloc(p, (u16_t)(ETH_PAD_SIZE + len - FCS));
    if (netif->input(p, netif) != ERR_OK) {
        pbuf_free(p);
    }
}

/* Look whether the cable is in. That it was out is latched until it is read, so a short loss is seen as well. */
static void look_at_link(struct netif *netif)
{
    bool up = (phy_read(PHY_STATUS) & LINK) != 0;
    if (up && !netif_is_link_up(netif)) {
        netif_set_link_up(netif);
    } else if (!up && netif_is_link_up(netif)) {
        netif_set_link_down(netif);
    }
}

void mote__nic_poll(struct netif *netif)
{
    static unsigned polls;
    if (polls++ % LINK_EVERY == 0) {
        look_at_link(netif);
    }
    for (int i = 0; i < 64 && ((RX_FIFO_INF >> 16) & 0xff) != 0; i++) {
        receive_frame(netif);
    }
}

unsigned mote__nic_dropped(void)
{
    return dropped;
}

err_t mote__nic_init(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP;
    netif->output = etharp_output;
    netif->linkoutput = transmit_frame;
    if (BYTE_TEST != 0x87654321) {
        return ERR_IF;
    }
    uint32_t low = mac_read(ADDRL), high = mac_read(ADDRH);
    for (unsigned i = 0; i < 4; i++) {
        netif->hwaddr[i] = (uint8_t)(low >> (8 * i));
    }
    netif->hwaddr[4] = (uint8_t)high;
    netif->hwaddr[5] = (uint8_t)(high >> 8);
    netif->hwaddr_len = 6;
    RX_CFG = (uint32_t)ETH_PAD_SIZE << 8;
    TX_CFG = 2; /* on */
    mac_write(MAC_CR, mac_read(MAC_CR) | 0xc); /* transmitter and receiver on */
    return ERR_OK;
}
