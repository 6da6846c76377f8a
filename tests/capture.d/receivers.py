"""Stands in for those whom Alertmanager notifies: `receivers.py HTTP_PORT SMTP_PORT`, on loopback.

Over HTTP, /accept answers 200, /refuse 400 (which is not tried again) and /break 500 (which is). SMTP takes all mail.
"""

import asyncio
import sys

ANSWERS = {b"/accept": b"200 OK", b"/refuse": b"400 Bad Request", b"/break": b"500 Internal Server Error"}


async def http(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    path = head.split(b" ")[1]
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    await reader.readexactly(int(fields.get(b"content-length", 0)))
    writer.write(b"HTTP/1.1 " + ANSWERS[path] + b"\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    await writer.drain()
    writer.close()


async def smtp(reader, writer):
    writer.write(b"220 localhost\r\n")
    while line := await reader.readline():
        word = line[:4].upper()
        if word == b"DATA":
            writer.write(b"354 go on\r\n")
            await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
        await writer.drain()
        if word == b"QUIT":
            break
    writer.close()


async def main():
    web = await asyncio.start_server(http, "127.0.0.1", int(sys.argv[1]))
    mail = await asyncio.start_server(smtp, "127.0.0.1", int(sys.argv[2]))
    await asyncio.gather(web.serve_forever(), mail.serve_forever())


asyncio.run(main())
