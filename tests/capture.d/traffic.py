"""Uses the application until each of its label values exists: `traffic.py URL` for HTTP, and for WebSockets too."""

import asyncio
import sys
import urllib.error
import urllib.request

from websockets.asyncio.client import connect

# Both the paths that the application knows and those that only its proxy does: 2xx, 4xx and 5xx for each.
REQUESTS = [
    ("GET", "/health", 200),
    ("GET", "/incidents", 200),
    ("POST", "/incidents", 201),
    ("GET", "/incidents/1", 200),
    ("GET", "/incidents/404", 404),
    ("GET", "/incidents/many", 422),
    ("DELETE", "/incidents", 405),
    ("POST", "/login", 401),
    ("GET", "/nowhere", 404),
    ("GET", "/reports/2024-01", 500),
    ("GET", "/tiles/12/1/1", 200),
    ("GET", "/tiles/21/1/1", 503),
]
INCIDENT = b'{"place": "POINT(-58.38 -34.60)", "severity": 3}'


def request(url, method, path):
    body = INCIDENT if path == "/incidents" and method == "POST" else b"" if method == "POST" else None
    headers = {"Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url + path, body, headers, method=method), timeout=10
        ) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def use_http(url):
    for _ in range(3):
        for method, path, expected in REQUESTS:
            status, _ = request(url, method, path)
            if status != expected:
                sys.exit(f"traffic.py: {method} {url}{path} answered {status}, not {expected}")


async def use_websockets(url):
    address = url.replace("http:", "ws:") + "/ws"
    consoles = [
        await connect(f"{address}?user={user}&role={role}")
        for user, role in [("ana", "operador"), ("luis", "operador"), ("ana", "supervisor"), ("eva", "efectivo")]
    ]
    for console in consoles:
        await console.send("hello")
    for console in consoles:
        for _ in consoles:
            await asyncio.wait_for(console.recv(), 10)
    await consoles.pop().close()
    # A console that vanishes while it is sent to makes a send error: at once, or when the peer's reset arrives.
    for _ in range(20):
        console = await connect(f"{address}?user=rosa&role=efectivo")
        await console.send("history")
        await console.recv()
        console.transport.abort()
        await asyncio.sleep(0.5)
        if errors(url) > 0:
            return consoles
    sys.exit("traffic.py: no send error in twenty broken connections")


def errors(url):
    _, text = request(url, "GET", "/metrics")
    lines = [line for line in text.decode().splitlines() if line.startswith("ggrt_send_errors_total{")]
    return float(lines[0].split()[-1]) if lines else 0


async def main():
    url = sys.argv[1]
    use_http(url)
    consoles = await use_websockets(url)
    print("ready", flush=True)
    # The consoles stay connected, so that what is captured is a centre at work, until this process is ended.
    await asyncio.gather(*(console.wait_closed() for console in consoles))


asyncio.run(main())
