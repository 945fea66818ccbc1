/* SPDX-License-Identifier: MIT
 * The WIZnet W5500 on SPI0, as a plain Ethernet card: MACRAW on its socket 0, and lwIP does the rest. Names of
 * registers are those of the W5500 datasheet.
 *
 * What it says is not believed: a wire that came loose answers all ones or zeros, and the chip is known to reset itself
 * and to lose an interrupt. So every wait is bounded, lengths are checked, and twice a second it is looked whether the
 * socket is still open. If not, all is set up anew; lwIP sees a cable that was pulled and put back, and asks for its
 * address again.
 */
#include "boards/bare/nic.h"

#include <stdbool.h>

#include <lwip/etharp.h>
#include <lwip/sys.h>

#include "boards/bare/settings.h"
#include "boards/board.h"
#include "rp2040.h"

/// The chip's registers ///

/* A frame on the bus is an address of 16 bits, a control byte with the block, and data. */
enum { COMMON = 0, SOCKET = 1, TX_BUFFER = 2, RX_BUFFER = 3, WRITE = 4 };
enum { MR = 0x00, SHAR = 0x09, SIMR = 0x18, PHYCFGR = 0x2e, VERSIONR = 0x39 };
enum { SN_MR = 0x00, SN_CR = 0x01, SN_IR = 0x02, SN_SR = 0x03, SN_RXBUF = 0x1e, SN_TXBUF = 0x1f, SN_TX_FSR = 0x20,
       SN_TX_WR = 0x24, SN_RX_RSR = 0x26, SN_RX_RD = 0x28, SN_IMR = 0x2c };
enum { MR_RESET = 0x80, SN_MR_MACRAW_FILTERED = 0x84, OPEN = 0x01, CLOSE = 0x10, SEND = 0x20, RECV = 0x40,
       IR_RECV = 0x04, IR_SENDOK = 0x10, SR_MACRAW = 0x42, VERSION = 0x04, LINK = 0x01 };
enum { FRAME_MIN = 14, FRAME_MAX = 1514, LENGTH_FIELD = 2 };

/// Wiring and bounds ///

enum { MISO = 16, CS = 17, SCK = 18, MOSI = 19, RESET = 20, INTERRUPT = 21 };
enum { SPINS = 200, SEND_US = 5000, LOOK_MS = 500, VERSION_TRIES = 20 };

#define SPI_CR0 REG(0x4003c000u)
#define SPI_CR1 REG(0x4003c004u)
#define SPI_DATA REG(0x4003c008u)
#define SPI_STATUS REG(0x4003c00cu)
#define SPI_PRESCALE REG(0x4003c010u)
enum { SPI_NOT_EMPTY = 4, SPI_FIFO = 8 };

static unsigned dropped;
static bool working;    /* the chip was set up, and has not failed since */
static bool sending;    /* a frame is on its way: its SENDOK was not seen yet */
static bool more;       /* frames may be left in the chip */
static uint32_t looked; /* at the chip's state, by sys_now */

/// The bus ///

/* Both directions at once: `in` or `out` may be NULL. The FIFO is kept full, and never has more than it can hold. */
static void exchange(const uint8_t *out, uint8_t *in, size_t len)
{
    size_t sent = 0, got = 0;
    while (got < len) {
        while (sent < len && sent - got < SPI_FIFO) {
            SPI_DATA = out != NULL ? out[sent] : 0;
            sent++;
        }
        while (got < len && (SPI_STATUS & SPI_NOT_EMPTY) != 0) {
            uint8_t byte = (uint8_t)SPI_DATA;
            if (in != NULL) {
                in[got] = byte;
            }
            got++;
        }
    }
}

static void begin(unsigned block, unsigned address, unsigned write)
{
    const uint8_t head[3] = {(uint8_t)(address >> 8), (uint8_t)address, (uint8_t)(block << 3 | write)};
    SIO_OUT_CLEAR = 1u << CS;
    exchange(head, NULL, sizeof head);
}

static void end(void)
{
    SIO_OUT_SET = 1u << CS;
}

static void put8(unsigned block, unsigned address, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    begin(block, address, WRITE);
    exchange(&byte, NULL, 1);
    end();
}

static unsigned get8(unsigned block, unsigned address)
{
    uint8_t byte;
    begin(block, address, 0);
    exchange(NULL, &byte, 1);
    end();
    return byte;
}

static void put16(unsigned address, unsigned value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    begin(SOCKET, address, WRITE);
    exchange(bytes, NULL, 2);
    end();
}

static unsigned get16(unsigned address)
{
    uint8_t bytes[2];
    begin(SOCKET, address, 0);
    exchange(NULL, bytes, 2);
    end();
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* A counter that the chip changes meanwhile is read until it is the same twice. Returns negative if it never is. */
static int get_counter(unsigned address)
{
    unsigned before = get16(address);
    for (int i = 0; i < SPINS; i++) {
        unsigned now = get16(address);
        if (now == before) {
            return (int)now;
        }
        before = now;
    }
    return -1;
}

static bool command(unsigned what)
{
    put8(SOCKET, SN_CR, what);
    for (int i = 0; i < SPINS; i++) {
        if (get8(SOCKET, SN_CR) == 0) {
            return true;
        }
    }
    return false;
}

/// Setting up ///

static void start_bus(void)
{
    PIN_FUNCTION(MISO) = PIN_SPI;
    PIN_FUNCTION(SCK) = PIN_SPI;
    PIN_FUNCTION(MOSI) = PIN_SPI;
    SIO_OUT_SET = 1u << CS | 1u << RESET;
    SIO_OUTPUT_SET = 1u << CS | 1u << RESET;
    PIN_FUNCTION(CS) = PIN_SIO;
    PIN_FUNCTION(RESET) = PIN_SIO;
    PIN_FUNCTION(INTERRUPT) = PIN_SIO;
    SPI_CR1 = 0;
    SPI_PRESCALE = 8; /* 125 MHz / 8: above 20 MHz not every board's wires are good enough */
    SPI_CR0 = 7;      /* 8 bits, mode 0 */
    SPI_CR1 = 2;
}

static bool start_chip(const uint8_t *mac)
{
    SIO_OUT_CLEAR = 1u << RESET;
    wait_us(500);
    SIO_OUT_SET = 1u << RESET;
    int tries = 0;
    while (get8(COMMON, VERSIONR) != VERSION) { /* its PLL needs a moment, at most 50 ms */
        if (++tries == VERSION_TRIES) {
            return false;
        }
        wait_us(2500);
    }
    begin(COMMON, SHAR, WRITE);
    exchange(mac, NULL, 6);
    end();
    for (unsigned socket = 0; socket < 8; socket++) { /* all buffers are socket 0's */
        put8(4 * socket + SOCKET, SN_RXBUF, socket == 0 ? 16 : 0);
        put8(4 * socket + SOCKET, SN_TXBUF, socket == 0 ? 16 : 0);
    }
    put8(SOCKET, SN_MR, SN_MR_MACRAW_FILTERED);
    put8(SOCKET, SN_IMR, IR_RECV);
    put8(COMMON, SIMR, 1);
    sending = false;
    return command(OPEN) && get8(SOCKET, SN_SR) == SR_MACRAW;
}

/// Frames ///

/* Both buffers are empty then. */
static bool reopen(void)
{
    sending = more = false;
    return command(CLOSE) && command(OPEN) && get8(SOCKET, SN_SR) == SR_MACRAW;
}

/* The frame before has to be out. One that the cable's end has swallowed never gets its SENDOK; it is given up then. */
static bool sent_before(void)
{
    uint32_t since = TIMER_RAW_LOW;
    while (sending && TIMER_RAW_LOW - since < SEND_US) {
        if ((get8(SOCKET, SN_IR) & IR_SENDOK) != 0) {
            put8(SOCKET, SN_IR, IR_SENDOK);
            sending = false;
        }
    }
    if (sending) {
        dropped++;
        working = reopen();
    }
    return working;
}

static err_t transmit_frame(struct netif *netif, struct pbuf *p)
{
    unsigned len = p->tot_len - (unsigned)ETH_PAD_SIZE, skip = ETH_PAD_SIZE;
    (void)netif;
    if (p->tot_len < ETH_PAD_SIZE || len > FRAME_MAX) {
        return ERR_ARG;
    }
    if (!working || !sent_before() || get_counter(SN_TX_FSR) < (int)len) {
        return ERR_IF;
    }
    unsigned at = get16(SN_TX_WR);
    begin(TX_BUFFER, at, WRITE);
    for (const struct pbuf *q = p; q != NULL; q = q->next) {
        if (q->len > skip) {
            exchange((const uint8_t *)q->payload + skip, NULL, q->len - skip);
        }
        skip = q->len > skip ? 0 : skip - q->len;
    }
    end();
    put16(SN_TX_WR, (at + len) & 0xffff);
    sending = command(SEND);
    return sending ? ERR_OK : ERR_IF;
}

/* A length that cannot be means that the place in the buffer is lost, and with it all that is in there. Returns false
 * when there is nothing more to read. */
static bool receive_frame(struct netif *netif)
{
    uint8_t field[LENGTH_FIELD];
    int waits = get_counter(SN_RX_RSR);
    if (waits <= LENGTH_FIELD) {
        return false;
    }
    unsigned at = get16(SN_RX_RD), skip = ETH_PAD_SIZE;
    begin(RX_BUFFER, at, 0);
    exchange(NULL, field, sizeof field);
    end();
    unsigned len = (unsigned)field[0] << 8 | field[1]; /* with the field itself */
    if (len < LENGTH_FIELD + FRAME_MIN || len > LENGTH_FIELD + FRAME_MAX || len > (unsigned)waits) {
        dropped++;
        working = reopen();
        return false;
    }
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)(len - LENGTH_FIELD + ETH_PAD_SIZE), PBUF_POOL);
    if (p != NULL) {
        begin(RX_BUFFER, (at + LENGTH_FIELD) & 0xffff, 0);
        for (struct pbuf *q = p; q != NULL; q = q->next) {
            exchange(NULL, (uint8_t *)q->payload + skip, q->len - skip);
            skip = 0;
        }
        end();
    } else {
        dropped++;
    }
    put16(SN_RX_RD, (at + len) & 0xffff);
    working = command(RECV);
    if (p != NULL && netif->input(p, netif) != ERR_OK) {
        pbuf_free(p);
    }
    return working;
}

/* The cable, and whether the chip is still what it was made. */
static void look_at_chip(struct netif *netif)
{
    static bool told;
    working = working && get8(COMMON, VERSIONR) == VERSION && get8(SOCKET, SN_SR) == SR_MACRAW;
    if (!working && !told) {
        mote_board_print("the network chip has lost its state: it is set up anew\n");
    }
    told = !working;
    if (!working) {
        if (netif_is_link_up(netif)) {
            netif_set_link_down(netif);
        }
        working = start_chip(netif->hwaddr);
        return; /* the link comes up in half a second at the earliest, so that lwIP sees that it was gone */
    }
    bool up = (get8(COMMON, PHYCFGR) & LINK) != 0;
    if (up && !netif_is_link_up(netif)) {
        netif_set_link_up(netif);
    } else if (!up && netif_is_link_up(netif)) {
        netif_set_link_down(netif);
    }
}

void mote__nic_poll(struct netif *netif)
{
    if (sys_now() - looked >= LOOK_MS) {
        looked = sys_now();
        look_at_chip(netif);
    }
    /* Low: something came. What is left after a turn is not told again, so it is remembered. */
    if (working && (more || (SIO_IN & 1u << INTERRUPT) == 0)) {
        put8(SOCKET, SN_IR, IR_RECV); /* first, so that what comes from now on is told */
        more = true;
        for (int i = 0; i < 16 && more; i++) {
            more = receive_frame(netif);
        }
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
    netif->hwaddr_len = 6;
    mote__settings_mac(netif->hwaddr);
    start_bus();
    working = start_chip(netif->hwaddr);
    looked = sys_now() - LOOK_MS;
    return working ? ERR_OK : ERR_IF;
}
