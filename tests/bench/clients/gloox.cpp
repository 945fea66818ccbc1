// SPDX-License-Identifier: MIT
// gloox with the contract of client.h. Trusts every certificate; no direct TLS.
#include <gloox/client.h>
#include <gloox/connectionlistener.h>
#include <gloox/iq.h>
#include <gloox/message.h>
#include <gloox/messagehandler.h>
#include <gloox/presence.h>
#include <gloox/presencehandler.h>
#include <gloox/pubsubitem.h>
#include <gloox/pubsubmanager.h>
#include <gloox/pubsubresulthandler.h>
#include <string>

#include "tests/bench/clients/client.h"

using namespace gloox;

static bench b;
static int received, sent, answered, online;
static bool done, gone;

static std::string text(const char *format, int number)
{
    char out[96];
    snprintf(out, sizeof out, format, number);
    return out;
}

struct Publisher : PubSub::ResultHandler {
    void handleItemPublication(const std::string &, const JID &, const std::string &, const PubSub::ItemList &,
                               const Error *error) override
    {
        if (error == nullptr && ++answered == b.count) {
            bench_report(&b);
            done = true;
        }
    }
    void handleItem(const JID &, const std::string &, const Tag *) override {}
    void handleItems(const std::string &, const JID &, const std::string &, const PubSub::ItemList &,
                     const Error *) override {}
    void handleItemDeletion(const std::string &, const JID &, const std::string &, const PubSub::ItemList &,
                            const Error *) override {}
    void handleSubscriptionResult(const std::string &, const JID &, const std::string &, const std::string &, const JID &,
                                  const PubSub::SubscriptionType, const Error *) override {}
    void handleUnsubscriptionResult(const std::string &, const JID &, const Error *) override {}
    void handleSubscriptionOptions(const std::string &, const JID &, const JID &, const std::string &, const DataForm *,
                                   const std::string &, const Error *) override {}
    void handleSubscriptionOptionsResult(const std::string &, const JID &, const JID &, const std::string &,
                                         const std::string &, const Error *) override {}
    void handleSubscribers(const std::string &, const JID &, const std::string &, const PubSub::SubscriptionList &,
                           const Error *) override {}
    void handleSubscribersResult(const std::string &, const JID &, const std::string &,
                                 const PubSub::SubscriberList *, const Error *) override {}
    void handleAffiliates(const std::string &, const JID &, const std::string &, const PubSub::AffiliateList *,
                          const Error *) override {}
    void handleAffiliatesResult(const std::string &, const JID &, const std::string &, const PubSub::AffiliateList *,
                                const Error *) override {}
    void handleNodeConfig(const std::string &, const JID &, const std::string &, const DataForm *,
                          const Error *) override {}
    void handleNodeConfigResult(const std::string &, const JID &, const std::string &, const Error *) override {}
    void handleNodeCreation(const std::string &, const JID &, const std::string &, const Error *) override {}
    void handleNodeDeletion(const std::string &, const JID &, const std::string &, const Error *) override {}
    void handleNodePurge(const std::string &, const JID &, const std::string &, const Error *) override {}
    void handleSubscriptions(const std::string &, const JID &, const PubSub::SubscriptionMap &, const Error *) override {}
    void handleAffiliations(const std::string &, const JID &, const PubSub::AffiliationMap &, const Error *) override {}
    void handleDefaultNodeConfig(const std::string &, const JID &, const DataForm *, const Error *) override {}
};

struct App : ConnectionListener, MessageHandler, PresenceHandler {
    Client client;
    PubSub::Manager pubsub;
    Publisher publisher;

    explicit App(const std::string &jid) : client(JID(jid), "secret", b.port), pubsub(&client)
    {
        client.setServer("127.0.0.1");
        client.setTls(b.tls != 0 ? TLSRequired : TLSDisabled);
        client.setCompression(false);
        client.disableRoster();
        client.registerConnectionListener(this);
        client.registerMessageHandler(this);
        client.registerPresenceHandler(this);
        if (!client.connect(false)) {
            exit(1);
        }
    }

    void onConnect() override
    {
        bench_start(&b);
        online++;
    }
    void onDisconnect(ConnectionError) override { gone = true; }
    bool onTLSConnect(const CertInfo &) override { return true; }
    void handlePresence(const Presence &) override
    {
        if (bench_is(&b, "connect")) {
            bench_report(&b);
            _exit(0);
        }
    }
    void say(const std::string &to, const std::string &body)
    {
        Message m(Message::Chat, JID(to), body);
        client.send(m);
    }
    void handleMessage(const Message &m, MessageSession *) override
    {
        received++;
        if (bench_is(&b, "send") || received == b.count) {
            bench_report(&b);
            if (bench_is(&b, "recv")) {
                say(m.from().full(), "done");
            }
            done = true;
        }
    }
    void send_one() { say("bob@localhost/bench", text(BODY, sent)); }
    void publish_one()
    {
        Tag *item = new Tag("item");
        item->addAttribute("id", text("i%d", sent % 16));
        Tag *entry = new Tag(item, "entry");
        entry->setXmlns("http://www.w3.org/2005/Atom");
        new Tag(entry, "title", text("temperature 21.5 C seq %d", sent));
        new Tag(entry, "id", text("tag:localhost,2026:s17-%d", sent));
        new Tag(entry, "published", std::string(WHEN));
        new Tag(entry, "updated", std::string(WHEN));
        PubSub::ItemList items;
        items.push_back(new PubSub::Item(item));
        pubsub.publishItem(JID("pubsub.localhost"), "sensor-17", items, nullptr, &publisher);
        delete item;
    }
};

static int fleet()
{
    long base = 0;
    for (int i = 0; i < b.count; i++) {
        App *app = new App(text("dev%d@localhost", i + 1));
        while (online <= i && !gone) {
            app->client.recv(1000);
        }
        base = i == 9 ? bench_rss_kib() : base;
    }
    bench_report_fleet(online, base);
    _exit(gone);
}

int main(int argc, char **argv)
{
    b = bench_arguments(argc, argv);
    if (bench_is(&b, "fleet")) {
        return fleet();
    }
    App app(std::string(b.user) + "@localhost/bench");
    while (!online && !gone) {
        app.client.recv(10000);
    }
    if (bench_is(&b, "once")) {
        app.send_one();
        app.publish_one();
    }
    if (bench_is(&b, "hello") && online) {
        app.send_one();
        done = true;
    }
    while (!done && !gone) {
        for (int i = 0; i < 64 && bench_is(&b, "send") && sent < b.count; i++, sent++) {
            app.send_one();
        }
        for (; bench_is(&b, "pub") && sent < b.count && sent - answered < b.window; sent++) {
            app.publish_one();
        }
        app.client.recv(bench_is(&b, "send") && sent < b.count ? 0 : 10000);
    }
    if (!gone) {
        app.client.disconnect();
    }
    return !done;
}
