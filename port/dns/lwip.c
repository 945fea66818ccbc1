/* SPDX-License-Identifier: MIT
 * Looking up names over lwIP.
 */
#include "port/dns/lwip.h"

#include <string.h>

#include <lwip/dns.h>
#include <lwip/sys.h>

#include "core/base/text.h"
#include "port/dns/wire.h"

/* DHCP_MS is shorter than the time the loop gives to a look-up, so that the sentence here is what people read. lwIP
 * asks four times in more than SILENT_MS. */
enum { DNS_PORT = 53, TRIES = 4, RETRY_MS = 1500, DHCP_MS = 8000, SILENT_MS = 3000, PORT_FIRST = 49152, PORTS = 16384 };

static const char *const services[MOTE_DNS_LWIP_SERVICES] = {"_xmpps-client._tcp", "_xmpp-client._tcp"};

static bool has_address(const struct mote_dns_lwip *dns)
{
    return netif_is_up(dns->netif) && netif_is_link_up(dns->netif) && !ip4_addr_isany_val(*netif_ip4_addr(dns->netif));
}

static int fail(struct mote_dns_lwip *dns, int error, const char *why)
{
    dns->state = DNS_LWIP_FAILED;
    dns->why = why;
    return error;
}

/* Returns MOTE_ERR_BUSY while DHCP may still give an address, then an error. */
static int wait_for_address(struct mote_dns_lwip *dns)
{
    if (sys_now() - dns->began_ms < DHCP_MS) {
        return MOTE_ERR_BUSY;
    }
    return fail(dns, MOTE_ERR_DNS,
                netif_is_link_up(dns->netif) ? "no DHCP server has given this device an address"
                                             : "the network cable is out");
}

static void dns_cancel(void *ctx)
{
    struct mote_dns_lwip *dns = ctx;
    if (dns->udp != NULL) {
        udp_remove(dns->udp);
        dns->udp = NULL;
    }
    for (int i = 0; i < MOTE_DNS_LWIP_SERVICES; i++) {
        if (dns->answers[i] != NULL) {
            pbuf_free(dns->answers[i]);
            dns->answers[i] = NULL;
        }
    }
    dns->state = DNS_LWIP_IDLE; /* in this state a late answer to lwIP's query is ignored */
}

static int begin_lookup(struct mote_dns_lwip *dns, enum mote__dns_lwip_state state, const char *name)
{
    dns_cancel(dns);
    if (!mote_text_copy(dns->name, sizeof dns->name, name)) {
        return fail(dns, MOTE_ERR_DNS, "the host name is too long");
    }
    dns->state = state;
    dns->asked = false;
    dns->tries = 0;
    dns->began_ms = sys_now();
    return 0;
}

/// SRV ///

static void on_answer(void *ctx, struct udp_pcb *udp, struct pbuf *p, const ip_addr_t *from, u16_t port)
{
    struct mote_dns_lwip *dns = ctx;
    const uint8_t *b = p->payload;
    (void)udp, (void)from, (void)port; /* the socket is connected, so nothing from others gets here */
    for (int i = 0; p->len == p->tot_len && p->len >= 2 && i < MOTE_DNS_LWIP_SERVICES; i++) {
        if (dns->answers[i] == NULL && ((unsigned)b[0] << 8 | b[1]) == dns->id[i]) {
            dns->answers[i] = p;
            return;
        }
    }
    pbuf_free(p);
}

static void send_query(struct mote_dns_lwip *dns, int i)
{
    uint8_t query[DNS_WIRE_QUERY];
    size_t len = mote__dns_wire_srv_query(query, dns->id[i], services[i], dns->name);
    struct pbuf *p = len > 0 ? pbuf_alloc(PBUF_TRANSPORT, (u16_t)len, PBUF_RAM) : NULL;
    if (p != NULL) {
        pbuf_take(p, query, (u16_t)len);
        udp_send(dns->udp, p); /* a failure is like a loss on the way: the query goes out again */
        pbuf_free(p);
    }
}

static int open_udp(struct mote_dns_lwip *dns)
{
    const ip_addr_t *server = dns_getserver(0);
    if (ip_addr_isany(server)) {
        return fail(dns, MOTE_ERR_DNS, "DHCP has named no DNS server");
    }
    dns->udp = udp_new();
    if (dns->udp == NULL) {
        return MOTE_ERR_BUSY;
    }
    /* An attacker elsewhere has to guess both the port and the number. */
    uint32_t random = LWIP_RAND();
    if (udp_bind(dns->udp, IP_ADDR_ANY, (u16_t)(PORT_FIRST + random % PORTS)) != ERR_OK ||
        udp_connect(dns->udp, server, DNS_PORT) != ERR_OK) {
        udp_remove(dns->udp);
        dns->udp = NULL;
        return MOTE_ERR_BUSY;
    }
    udp_recv(dns->udp, on_answer, dns);
    random = LWIP_RAND();
    dns->id[0] = (uint16_t)random;
    dns->id[1] = (uint16_t)(random >> 16);
    dns->id[1] ^= dns->id[0] == dns->id[1]; /* the numbers tell the two queries apart, so they must differ */
    return 0;
}

static int ask_srv(struct mote_dns_lwip *dns)
{
    int r = dns->udp == NULL ? open_udp(dns) : 0;
    if (r != 0) {
        return r;
    }
    if (dns->tries > 0 && sys_now() - dns->sent_ms < RETRY_MS) {
        return MOTE_ERR_BUSY;
    }
    if (dns->tries == TRIES) {
        return fail(dns, MOTE_ERR_TIMEOUT, "the DNS server does not answer");
    }
    dns->tries++;
    dns->sent_ms = sys_now();
    for (int i = 0; i < MOTE_DNS_LWIP_SERVICES; i++) {
        if (dns->answers[i] == NULL) {
            send_query(dns, i);
        }
    }
    return MOTE_ERR_BUSY;
}

static int read_answers(struct mote_dns_lwip *dns, struct mote_port_target *targets, int max)
{
    int count = 0, error = 0;
    bool refused = false;
    for (int i = 0; i < MOTE_DNS_LWIP_SERVICES; i++) {
        uint8_t query[DNS_WIRE_QUERY];
        size_t len = mote__dns_wire_srv_query(query, dns->id[i], services[i], dns->name);
        const struct pbuf *p = dns->answers[i];
        int n = mote__dns_wire_srv_answer(p->payload, p->len, query, len, targets, count, max, i == 0, &refused);
        count = n >= 0 ? n : count;
        error = n < 0 ? n : error;
    }
    dns_cancel(dns);
    if (count > 0) {
        return count;
    }
    if (refused) {
        return fail(dns, MOTE_ERR_REFUSED, "the domain says that it has no XMPP service");
    }
    return error != 0 ? fail(dns, MOTE_ERR_DNS, "the DNS server could not answer") : 0;
}

static int dns_srv(void *ctx, const char *domain)
{
    uint8_t query[DNS_WIRE_QUERY];
    struct mote_dns_lwip *dns = ctx;
    if (mote__dns_wire_srv_query(query, 0, services[0], domain) == 0) {
        return fail(dns, MOTE_ERR_DNS, "the domain is none that the DNS could know");
    }
    return begin_lookup(dns, DNS_LWIP_SRV, domain);
}

static int dns_srv_result(void *ctx, struct mote_port_target *targets, int max)
{
    struct mote_dns_lwip *dns = ctx;
    if (dns->state != DNS_LWIP_SRV) {
        return MOTE_ERR_DNS;
    }
    if (!has_address(dns)) {
        return wait_for_address(dns);
    }
    if (dns->answers[0] != NULL && dns->answers[1] != NULL) {
        return read_answers(dns, targets, max);
    }
    return ask_srv(dns);
}

/// Hosts ///

static void take_address(struct mote_dns_lwip *dns, const ip_addr_t *address)
{
    if (address == NULL) { /* lwIP does not say why, but a refusal comes at once and silence takes long */
        bool silent = sys_now() - dns->sent_ms >= SILENT_MS;
        (void)fail(dns, MOTE_ERR_DNS, silent ? "the DNS server does not answer" : "the name has no address");
        return;
    }
    const ip4_addr_t *ip4 = ip_2_ip4(address);
    dns->address[0] = ip4_addr1(ip4);
    dns->address[1] = ip4_addr2(ip4);
    dns->address[2] = ip4_addr3(ip4);
    dns->address[3] = ip4_addr4(ip4);
    dns->state = DNS_LWIP_FOUND;
}

static void on_host(const char *name, const ip_addr_t *address, void *ctx)
{
    struct mote_dns_lwip *dns = ctx;
    if (dns->state == DNS_LWIP_HOST && strcmp(name, dns->name) == 0) { /* it is no answer to an earlier question */
        take_address(dns, address);
    }
}

static void ask_host(struct mote_dns_lwip *dns)
{
    ip_addr_t address;
    dns->sent_ms = sys_now();
    switch (dns_gethostbyname(dns->name, &address, on_host, dns)) {
    case ERR_OK: take_address(dns, &address); break;
    case ERR_INPROGRESS: dns->asked = true; break;
    case ERR_MEM: break; /* an earlier question is not finished: ask again later */
    default: (void)fail(dns, MOTE_ERR_DNS, "the name is none that the DNS could know, or DHCP has named no DNS server");
    }
}

static int dns_host(void *ctx, const char *host)
{
    return begin_lookup(ctx, DNS_LWIP_HOST, host);
}

static int dns_host_result(void *ctx, struct mote_port_address *addresses, int max)
{
    struct mote_dns_lwip *dns = ctx;
    if (dns->state == DNS_LWIP_HOST && !dns->asked) {
        if (!has_address(dns)) {
            return wait_for_address(dns);
        }
        ask_host(dns);
    }
    switch (dns->state) {
    case DNS_LWIP_HOST: return MOTE_ERR_BUSY;
    case DNS_LWIP_FOUND: break;
    default: return MOTE_ERR_DNS;
    }
    if (max < 1) {
        return MOTE_ERR_DNS;
    }
    addresses[0] = (struct mote_port_address){.family = 4};
    memcpy(addresses[0].bytes, dns->address, sizeof dns->address);
    return 1;
}

static const char *dns_why(void *ctx)
{
    const struct mote_dns_lwip *dns = ctx;
    return dns->why;
}

const struct mote_port_resolve mote_dns_lwip = {
    .srv = dns_srv,
    .srv_result = dns_srv_result,
    .host = dns_host,
    .host_result = dns_host_result,
    .cancel = dns_cancel,
    .why = dns_why,
};

void mote_dns_lwip_init(struct mote_dns_lwip *dns, const struct netif *netif)
{
    *dns = (struct mote_dns_lwip){.netif = netif, .why = ""};
}

bool mote__dns_lwip_due(const struct mote_dns_lwip *dns)
{
    switch (dns->state) {
    case DNS_LWIP_IDLE: return false;
    case DNS_LWIP_FOUND:
    case DNS_LWIP_FAILED: return true;
    default: break;
    }
    if (!has_address(dns)) {
        return sys_now() - dns->began_ms >= DHCP_MS;
    }
    if (dns->state == DNS_LWIP_HOST) {
        return !dns->asked;
    }
    return (dns->answers[0] != NULL && dns->answers[1] != NULL) || dns->tries == 0 ||
           sys_now() - dns->sent_ms >= RETRY_MS;
}
