"""A FastAPI application as the operations centre runs it, so that its /metrics can be captured.

HTTP is measured by prometheus-fastapi-instrumentator with its defaults; the WebSocket metrics are those of the audit of
the real application: names, labels and bounds alike. PostGIS queries are not measured there, and so not here.
"""

import asyncio
import os
import time
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, WebSocket, WebSocketDisconnect
from prometheus_client import Counter, Gauge, Histogram
from prometheus_fastapi_instrumentator import Instrumentator
from pydantic import BaseModel

ENV = os.environ.get("ENVIRONMENT", "production")

active_connections = Gauge("ggrt_active_connections", "Active WebSocket connections", ["env"])
user_active = Gauge("ggrt_user_active", "Distinct users with an active connection", ["env"])
heartbeat = Gauge("ggrt_heartbeat_last_timestamp", "Unix time of the last heartbeat", ["env"])
role_connections = Gauge("ggrt_role_connections", "Active connections by role", ["env", "role"])
connections_total = Counter("ggrt_connections_total", "Connections ever established", ["env"])
messages_sent_total = Counter("ggrt_messages_sent_total", "Messages sent, to one or to all", ["env"])
broadcasts_total = Counter("ggrt_broadcasts_total", "Broadcasts made", ["env"])
send_errors_total = Counter("ggrt_send_errors_total", "Messages that could not be sent", ["env"])
message_latency = Histogram(
    "ggrt_message_latency_seconds",
    "Time from a message's arrival to its delivery",
    ["env"],
    buckets=[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
)


class Hub:
    def __init__(self):
        self.peers = {}

    async def join(self, socket, user, role):
        await socket.accept()
        self.peers[socket] = (user, role)
        connections_total.labels(ENV).inc()
        self.count()

    def leave(self, socket):
        self.peers.pop(socket, None)
        self.count()

    def count(self):
        active_connections.labels(ENV).set(len(self.peers))
        user_active.labels(ENV).set(len({user for user, _ in self.peers.values()}))
        roles = [role for _, role in self.peers.values()]
        for role in ("operador", "supervisor", "efectivo"):
            role_connections.labels(ENV, role).set(roles.count(role))

    async def send(self, socket, text, arrived):
        try:
            await socket.send_text(text)
        except (WebSocketDisconnect, RuntimeError):
            send_errors_total.labels(ENV).inc()
        else:
            messages_sent_total.labels(ENV).inc()
            message_latency.labels(ENV).observe(time.monotonic() - arrived)

    async def broadcast(self, text):
        arrived = time.monotonic()
        broadcasts_total.labels(ENV).inc()
        for socket in list(self.peers):
            await self.send(socket, text, arrived)


hub = Hub()


@asynccontextmanager
async def lifespan(_):
    async def beat():
        while True:
            heartbeat.labels(ENV).set_to_current_time()
            await asyncio.sleep(1)

    task = asyncio.create_task(beat())
    yield
    task.cancel()


app = FastAPI(title="operations centre", lifespan=lifespan)
Instrumentator().instrument(app).expose(app)


class Incident(BaseModel):
    place: str
    severity: int


incidents = {1: Incident(place="POINT(-58.38 -34.60)", severity=2)}


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.get("/incidents")
async def list_incidents():
    return list(incidents.values())


@app.post("/incidents", status_code=201)
async def report_incident(incident: Incident):
    number = len(incidents) + 1
    incidents[number] = incident
    await hub.broadcast(f"incident {number}")
    return {"number": number}


@app.get("/incidents/{number}")
async def read_incident(number: int):
    if number not in incidents:
        raise HTTPException(404)
    return incidents[number]


@app.post("/login")
async def log_in():
    raise HTTPException(401)


@app.get("/reports/{month}")
async def monthly_report(month: str):
    # Not caught by anyone: the 500 that a client sees is made outside the application.
    raise ZeroDivisionError(month)


@app.get("/tiles/{z}/{x}/{y}")
async def tile(z: int, x: int, y: int):
    await asyncio.sleep(0.15)
    if z > 20:
        raise HTTPException(503)
    return {"tile": [z, x, y]}


@app.websocket("/ws")
async def consoles(socket: WebSocket, user: str, role: str):
    await hub.join(socket, user, role)
    try:
        while True:
            text = await socket.receive_text()
            if text == "history":
                arrived = time.monotonic()
                for number in range(1000):
                    await asyncio.sleep(0.001)
                    await hub.send(socket, f"incident {number}", arrived)
            else:
                await hub.broadcast(text)
    except WebSocketDisconnect:
        pass
    finally:
        hub.leave(socket)
