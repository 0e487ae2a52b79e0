#!/usr/bin/env python3
"""Puts a registry far away: passes connections on, each byte as much later as the way is long. A connection takes a round trip to open.

far.py ADDRESS MILLISECONDS       ADDRESS is HOST:PORT; prints the port that it listens on, on loopback, and goes on until it is ended
"""

import asyncio
import sys


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float, opened: float) -> None:
    """What comes is sent on after `delay`, and nothing before `opened`."""
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=1024)

    async def send() -> None:
        while True:
            due, chunk = await waiting.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not chunk:
                break
            writer.write(chunk)
            await writer.drain()
        writer.close()

    sending = asyncio.create_task(send())
    try:
        while chunk := await reader.read(1 << 16):
            await waiting.put((max(loop.time(), opened) + delay, chunk))
    except ConnectionError:
        pass
    await waiting.put((loop.time() + delay, b""))
    await asyncio.gather(sending, return_exceptions=True)


async def main(address: str, milliseconds: str) -> None:
    host, port = address.rsplit(":", 1)
    delay = float(milliseconds) / 2000  # one way

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened = asyncio.get_running_loop().time() + 2 * delay
        there, here = await asyncio.open_connection(host, int(port))
        await asyncio.gather(pump(reader, here, delay, opened), pump(there, writer, delay, opened))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    asyncio.run(main(*sys.argv[1:]))
