#!/usr/bin/env python3
"""Takes a seat, waiting for one if necessary, keeps it while it works, and gives it back. Needs only Python.

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
    """The server refused the request; `problem["code"]` says why."""

    def __init__(self, problem):
        super().__init__(problem.get("title", "the server refused the request"))
        self.problem = problem


def call(method, path, body=None, retry_seconds=30, **headers):
    """Calls the API. Only for idempotent requests: it retries if the server is unreachable or returns 503."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **headers}
    data = None if body is None else json.dumps(body).encode()
    until, pause = time.monotonic() + retry_seconds, 0.2
    while True:
        request = urllib.request.Request(API + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=40) as response:
                text = response.read()
                return response.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            if error.code != 503 or time.monotonic() > until:
                raise Refused(json.loads(error.read())) from error
        except OSError:
            if time.monotonic() > until:
                raise
        # With jitter, so that clients do not all retry at the same moment.
        time.sleep(pause * random.uniform(0.5, 1))
        pause = min(2 * pause, 5)


def take_seat(product):
    """Takes a seat, waiting in the queue if none is free; returns the session."""
    request = {"product": product, "device": socket.gethostname(), "mode": "application", "wait": True}
    # The idempotency key belongs to this one request: after a lost response, a retry gets the same seat.
    status, body = call("POST", "/sessions", request, **{"Idempotency-Key": str(uuid.uuid4())})
    if status != 202:
        return body
    ticket = body
    try:
        while ticket["state"] == "waiting":
            print(f"waiting, number {ticket['position']} in the queue", flush=True)
            _, ticket = call("GET", f"/tickets/{ticket['id']}?wait=25&position={ticket['position']}")
        return call("POST", f"/tickets/{ticket['id']}/accept")[1]
    except KeyboardInterrupt:
        call("DELETE", f"/tickets/{ticket['id']}", retry_seconds=2)
        raise


def work(session, seconds):
    """Works for some time, sending heartbeats at the interval that the server asks for."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        # Refused with `lease_expired`: the heartbeat was too late. With `session_ended`: problem["ended"] says who
        # ended it and why.
        _, renewed = call("POST", f"/sessions/{session['id']}/heartbeat", {"active": True})
        # Do your work here.
        time.sleep(min(left, renewed["next_in_seconds"]))


def main():
    try:
        session = take_seat(sys.argv[1] if len(sys.argv) > 1 else "remote-support-v5")
        print(f"seated: {session['id']}", flush=True)
        try:
            work(session, int(os.environ.get("WORK_SECONDS", "60")))
        finally:
            call("POST", f"/sessions/{session['id']}/end", {}, retry_seconds=5)
            print("the seat is given back")
    except Refused as refused:
        sys.exit(f"no seat: {refused}")


main()
