#!/usr/bin/env python3
"""slixmpp with the contract of client.h; and files by in-band bytestreams:

    slix.py ibb-take PORT TLS USER             takes what is sent, until it is ended
    slix.py ibb-give PORT TLS USER BYTES BLOCK WINDOW PEER
"""
import asyncio
import json
import logging
import os
import resource
import socket
import ssl
import sys
import time
from xml.etree.ElementTree import Element, SubElement

import slixmpp

MODE, PORT, TLS, USER = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
N = int(sys.argv[5]) if len(sys.argv) > 5 else 1
WINDOW = int(sys.argv[6]) if len(sys.argv) > 6 else 1
WHEN = "2026-11-21T01:00:00Z"
ATOM = "{http://www.w3.org/2005/Atom}"
begin = time.perf_counter()


def cpu() -> float:
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def rss_kib() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


class Clock:
    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), cpu()

    def report(self, **more: float) -> None:
        print(json.dumps({"mode": MODE, "n": N, "wall": time.perf_counter() - self.wall, "cpu": cpu() - self.cpu,
                          "ready": self.wall - begin} | more), flush=True)


class App(slixmpp.ClientXMPP):
    def __init__(self, jid: str):
        super().__init__(jid, "secret")
        self.ready, self.done, self.received, self.clock = asyncio.Event(), asyncio.Event(), 0, Clock()
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        if TLS == 0:
            self["feature_mechanisms"].unencrypted_plain = True
            self["feature_mechanisms"].unencrypted_scram = True
        for plugin in ("xep_0030", "xep_0047", "xep_0060"):
            self.register_plugin(plugin)
        self["xep_0047"].auto_accept = True
        self["xep_0047"].max_block_size = 65535
        self.add_event_handler("session_start", self.start)
        self.add_event_handler("message", self.on_message)
        self.add_event_handler("presence", self.on_presence)
        self.add_event_handler("pubsub_publish", self.on_message)
        self.add_event_handler("ibb_stream_data", lambda stream: stream.read())
        if hasattr(self, "enable_direct_tls"):  # slixmpp since 1.9
            self.enable_direct_tls, self.enable_starttls, self.enable_plaintext = TLS == 2, TLS == 1, TLS == 0
            self.connect("127.0.0.1", PORT)
        else:
            self.connect(("127.0.0.1", PORT), use_ssl=TLS == 2, force_starttls=TLS == 1, disable_starttls=TLS != 1)

    def data_received(self, data: bytes) -> None:
        """Acknowledged at once, as Mote does: else a server with Nagle's algorithm waits."""
        self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        super().data_received(data)

    def start(self, _: object) -> None:
        self.clock = Clock()
        self.send_presence()
        self.ready.set()

    def on_presence(self, _: object) -> None:
        if MODE == "connect":
            self.clock.report()
            os._exit(0)

    def on_message(self, message: slixmpp.Message) -> None:
        self.received += 1
        _ = message["body"]
        if MODE == "send" or (MODE == "recv" and self.received == N):
            self.clock.report()
            if MODE == "recv":
                self.send_message(message["from"], "done", mtype="chat")
            self.done.set()

    def send_one(self, number: int) -> None:
        self.send_message("bob@localhost/bench", f"temperature 21.5 C, node 17 ok, seq {number}", mtype="chat")

    async def publish_one(self, number: int) -> None:
        entry = Element(ATOM + "entry")
        for name, text in (("title", f"temperature 21.5 C seq {number}"), ("id", f"tag:localhost,2026:s17-{number}"),
                           ("published", WHEN), ("updated", WHEN)):
            SubElement(entry, ATOM + name).text = text
        await self["xep_0060"].publish(slixmpp.JID("pubsub.localhost"), "sensor-17", id=f"i{number % 16}", payload=entry)


async def windowed(app: App, work, count: int, window: int) -> None:
    """`count` times, `window` at most under way."""
    free, tasks = asyncio.Semaphore(window), []

    async def one(number: int) -> None:
        try:
            await work(number)
        finally:
            free.release()

    for number in range(count):
        await free.acquire()
        tasks.append(asyncio.ensure_future(one(number)))
    await asyncio.gather(*tasks)


async def give(app: App) -> None:
    block, window, peer = int(sys.argv[6]), int(sys.argv[7]), slixmpp.JID(sys.argv[8])
    data, count = os.urandom(block), N // block
    stream = await app["xep_0047"].open_stream(peer, block_size=block, timeout=20)
    app.clock = Clock()
    await windowed(app, lambda _: stream.send(data, timeout=30), count, window)
    app.clock.report(bytes=count * block)
    await stream.close(timeout=5)


async def fleet() -> None:
    apps, base = [], 0
    for number in range(N):
        apps.append(App(f"dev{number + 1}@localhost"))
        await asyncio.wait_for(apps[-1].ready.wait(), 30)
        base = rss_kib() if number == 9 else base
    print(json.dumps({"mode": "fleet", "n": N, "session_kib": (rss_kib() - base) / (N - 10)}), flush=True)
    os._exit(0)


async def main() -> None:
    if MODE == "fleet":
        await fleet()
    app = App(f"{USER}@localhost/bench")
    await asyncio.wait_for(app.ready.wait(), 60)
    if MODE == "once":
        app.send_one(0)
        await app.publish_one(0)
        app.clock.report()
    elif MODE == "hello":
        app.send_one(0)
    elif MODE == "send":
        for number in range(N):
            app.send_one(number)
            if number % 64 == 63:
                await asyncio.sleep(0)
        await app.done.wait()
    elif MODE == "pub":
        app.clock = Clock()
        await windowed(app, app.publish_one, N, WINDOW)
        app.clock.report()
    elif MODE == "ibb-give":
        await give(app)
    else:
        await app.done.wait()
        await asyncio.sleep(0.05)
    await app.disconnect(wait=1)


logging.basicConfig(level=logging.CRITICAL)
asyncio.get_event_loop().run_until_complete(main())
