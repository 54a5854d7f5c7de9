#!/usr/bin/env python3
"""Takes a seat, waiting for one if need be, keeps it while it works, and gives it back. Needs nothing but Python.

    SEATKEEPER_URL=https://seats.example.org SEATKEEPER_TOKEN=… python3 seat.py remote-support-v5
"""

import json
import os
import random
import socket
import sys
import time
import urllib.error
import urllib.request
import uuid

API = os.environ["SEATKEEPER_URL"].rstrip("/") + "/api/v1"
TOKEN = os.environ["SEATKEEPER_TOKEN"]


class Refused(Exception):
    """The server said no; `problem["code"]` says why."""

    def __init__(self, problem):
        super().__init__(problem.get("title", "the server said no"))
        self.problem = problem


def call(method, path, body=None, patience=30, **headers):
    """Calls the API; only with what may be repeated, because it is repeated when the server is away or answers 503."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **headers}
    data = None if body is None else json.dumps(body).encode()
    until, pause = time.monotonic() + patience, 0.2
    while True:
        request = urllib.request.Request(API + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            if error.code != 503 or time.monotonic() > until:
                raise Refused(json.loads(error.read())) from error
        except OSError:
            if time.monotonic() > until:
                raise
        # Not all at the same moment, when a server comes back.
        time.sleep(pause * random.uniform(0.5, 1))
        pause = min(2 * pause, 5)


def take_seat(product):
    """The session; waits in the line if there is no seat now."""
    wanted = {"product": product, "device": socket.gethostname(), "mode": "application", "wait": True}
    # The key is for this one seat. With it, a lost answer never costs a second one.
    status, answer = call("POST", "/sessions", wanted, **{"Idempotency-Key": str(uuid.uuid4())})
    if status != 202:
        return answer
    ticket = answer
    try:
        while ticket["state"] == "waiting":
            print(f"waiting, number {ticket['position']} in the line", flush=True)
            _, ticket = call("GET", f"/tickets/{ticket['id']}?wait=25&position={ticket['position']}")
        return call("POST", f"/tickets/{ticket['id']}/accept")[1]
    except KeyboardInterrupt:
        call("DELETE", f"/tickets/{ticket['id']}", patience=2)
        raise


def work(session, seconds):
    """Works for some time, and says so to the server as often as it wants to hear it."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        # Refused with `lease_expired`: it came too late. With `session_ended`: problem["ended"] says who ended it and why.
        _, renewed = call("POST", f"/sessions/{session['id']}/heartbeat", {"active": True})
        # Here you work.
        time.sleep(min(left, renewed["next_in_seconds"]))


def main():
    try:
        session = take_seat(sys.argv[1] if len(sys.argv) > 1 else "remote-support-v5")
        print(f"seated: {session['id']}", flush=True)
        try:
            work(session, int(os.environ.get("WORK_SECONDS", "60")))
        finally:
            call("POST", f"/sessions/{session['id']}/end", {}, patience=5)
            print("the seat is given back")
    except Refused as refused:
        sys.exit(f"no seat: {refused}")


main()
