/* SPDX-License-Identifier: MIT
 * A network card as virtio describes it (Virtual I/O Device 1.1: 2.6 split virtqueues, 4.2 over MMIO, 5.1 network
 * device): two rings in memory, one of frames that come and one of frames that go.
 */
#include "boards/bare/nic.h"

#include <stdbool.h>
#include <string.h>

#include <lwip/etharp.h>

#define REG(offset) (*(volatile uint32_t *)(base + (offset)))

enum {
    MAGIC = 0x00, VERSION = 0x04, DEVICE_ID = 0x08, DRIVER_FEATURES = 0x20, DRIVER_FEATURES_SEL = 0x24,
    QUEUE_SEL = 0x30, QUEUE_NUM = 0x38, QUEUE_READY = 0x44, QUEUE_NOTIFY = 0x50, STATUS = 0x70, QUEUE_DESC = 0x80,
    QUEUE_DRIVER = 0x90, QUEUE_DEVICE = 0xa0, CONFIG_MAC = 0x100, CONFIG_STATUS = 0x106
};
enum { NETWORK_CARD = 1, ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 };
enum { FEATURE_MAC = 1 << 5, FEATURE_STATUS = 1 << 16, FEATURE_VERSION_1 = 1 /* of the second word */, LINK_UP = 1 };
enum { FIRST_SLOT = 0x10001000, LAST_SLOT = 0x10008000, SLOT = 0x1000 };
enum { RECEIVE = 0, TRANSMIT = 1, DEVICE_WRITES = 2, FRAMES = 8, HEADER = 12, FRAME_MAX = 1514, BUFFER = 1536 };

static const uint32_t magic = 0x74726976; /* "virt" */

static struct ring {
    struct {
        uint64_t address;
        uint32_t len;
        uint16_t flags, next;
    } descriptors[FRAMES] __attribute__((aligned(16)));
    struct {
        uint16_t flags, index, entries[FRAMES];
    } driver;
    struct {
        uint16_t flags;
        volatile uint16_t index;
        struct {
            uint32_t id, len;
        } entries[FRAMES];
    } device __attribute__((aligned(4)));
    uint8_t buffers[FRAMES][BUFFER];
    uint16_t seen; /* of device.index */
} receive, transmit;

static uintptr_t base;
static unsigned dropped;

static void fence(void)
{
    __asm__ volatile("fence" ::: "memory");
}

/* Give the device the descriptor as the next one. */
static void hand_over(struct ring *ring, uint32_t number, uint16_t descriptor)
{
    ring->driver.entries[ring->driver.index % FRAMES] = descriptor;
    fence();
    ring->driver.index++;
    fence();
    REG(QUEUE_NOTIFY) = number;
}

static err_t transmit_frame(struct netif *netif, struct pbuf *p)
{
    unsigned len = p->tot_len - (unsigned)ETH_PAD_SIZE;
    uint16_t at = transmit.driver.index % FRAMES;
    (void)netif;
    if (p->tot_len < ETH_PAD_SIZE || len > FRAME_MAX) {
        return ERR_ARG;
    }
    if ((uint16_t)(transmit.driver.index - transmit.device.index) >= FRAMES) {
        return ERR_IF;
    }
    memset(transmit.buffers[at], 0, HEADER);
    pbuf_copy_partial(p, transmit.buffers[at] + HEADER, (u16_t)len, ETH_PAD_SIZE);
    transmit.descriptors[at].len = HEADER + len;
    hand_over(&transmit, TRANSMIT, at);
    return ERR_OK;
}

/* A device that lies about lengths or numbers costs a frame and nothing else. */
static void receive_frame(struct netif *netif)
{
    uint32_t id = receive.device.entries[receive.seen % FRAMES].id % FRAMES;
    uint32_t len = receive.device.entries[receive.seen % FRAMES].len;
    struct pbuf *p = NULL;
    receive.seen++;
    if (len > HEADER + 14 && len <= HEADER + FRAME_MAX) {
        len -= HEADER;
        p = pbuf_alloc(PBUF_RAW, (u16_t)(len + ETH_PAD_SIZE), PBUF_POOL);
    }
    if (p != NULL) {
        pbuf_take_at(p, receive.buffers[id] + HEADER, (u16_t)len, ETH_PAD_SIZE);
    } else {
        dropped++;
    }
    hand_over(&receive, RECEIVE, (uint16_t)id);
    if (p != NULL && netif->input(p, netif) != ERR_OK) {
        pbuf_free(p);
    }
}

static void look_at_link(struct netif *netif)
{
    bool up = (*(volatile uint16_t *)(base + CONFIG_STATUS) & LINK_UP) != 0;
    if (up && !netif_is_link_up(netif)) {
        netif_set_link_up(netif);
    } else if (!up && netif_is_link_up(netif)) {
        netif_set_link_down(netif);
    }
}

void mote__nic_poll(struct netif *netif)
{
    look_at_link(netif);
    for (int i = 0; i < 64 && receive.seen != receive.device.index; i++) {
        fence();
        receive_frame(netif);
    }
}

unsigned mote__nic_dropped(void)
{
    return dropped;
}

static void start_queue(uint32_t number, struct ring *ring)
{
    REG(QUEUE_SEL) = number;
    REG(QUEUE_NUM) = FRAMES;
    for (uint16_t i = 0; i < FRAMES; i++) {
        ring->descriptors[i].address = (uintptr_t)ring->buffers[i];
        ring->descriptors[i].len = BUFFER;
        ring->descriptors[i].flags = number == RECEIVE ? DEVICE_WRITES : 0;
    }
    const uintptr_t places[3] = {(uintptr_t)ring->descriptors, (uintptr_t)&ring->driver, (uintptr_t)&ring->device};
    static const uint16_t registers[3] = {QUEUE_DESC, QUEUE_DRIVER, QUEUE_DEVICE};
    for (int i = 0; i < 3; i++) {
        REG(registers[i]) = (uint32_t)places[i];
        REG(registers[i] + 4u) = 0;
    }
    REG(QUEUE_READY) = 1;
}

/* The machine has eight slots for devices. */
static bool find_card(void)
{
    for (base = LAST_SLOT; base >= FIRST_SLOT; base -= SLOT) {
        if (REG(MAGIC) == magic && REG(DEVICE_ID) == NETWORK_CARD) {
            return REG(VERSION) == 2;
        }
    }
    return false;
}

static bool agree_on_features(void)
{
    REG(STATUS) = 0;
    REG(STATUS) = ACKNOWLEDGE;
    REG(STATUS) = ACKNOWLEDGE | DRIVER;
    REG(DRIVER_FEATURES_SEL) = 0;
    REG(DRIVER_FEATURES) = FEATURE_MAC | FEATURE_STATUS;
    REG(DRIVER_FEATURES_SEL) = 1;
    REG(DRIVER_FEATURES) = FEATURE_VERSION_1;
    REG(STATUS) = ACKNOWLEDGE | DRIVER | FEATURES_OK;
    return (REG(STATUS) & FEATURES_OK) != 0;
}

err_t mote__nic_init(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP;
    netif->output = etharp_output;
    netif->linkoutput = transmit_frame;
    if (!find_card() || !agree_on_features()) {
        return ERR_IF;
    }
    start_queue(RECEIVE, &receive);
    start_queue(TRANSMIT, &transmit);
    for (unsigned i = 0; i < 6; i++) {
        netif->hwaddr[i] = *(volatile uint8_t *)(base + CONFIG_MAC + i);
    }
    netif->hwaddr_len = 6;
    REG(STATUS) = ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK;
    for (uint16_t i = 0; i < FRAMES; i++) {
        hand_over(&receive, RECEIVE, i);
    }
    return ERR_OK;
}
