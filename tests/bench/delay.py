#!/usr/bin/env python3
"""delay.py PORT MS [OWN-PORT]: a proxy to 127.0.0.1:PORT that holds every piece back for MS milliseconds, each way.

Prints the port it listens on. After one connection it prints the bytes of both directions as JSON, and ends.
"""
import asyncio
import json
import sys


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float, counts: dict[str, int],
               name: str) -> None:
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def give() -> None:
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                writer.close()
                return
            writer.write(data)

    giver = asyncio.ensure_future(give())
    try:
        while data := await reader.read(65536):
            counts[name] += len(data)
            queue.put_nowait((loop.time() + delay, data))
    except OSError:
        pass
    queue.put_nowait((loop.time() + delay, b""))
    await giver


async def main() -> None:
    port, delay = int(sys.argv[1]), float(sys.argv[2]) / 1000
    counts, done = {"up": 0, "down": 0}, asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        both = [asyncio.ensure_future(pump(reader, far_writer, delay, counts, "up")),
                asyncio.ensure_future(pump(far_reader, writer, delay, counts, "down"))]
        await asyncio.wait(both, return_when=asyncio.ALL_COMPLETED, timeout=60)
        done.set()

    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await done.wait()
    print(json.dumps(counts), flush=True)


asyncio.run(main())
