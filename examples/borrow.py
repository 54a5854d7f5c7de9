#!/usr/bin/env python3
"""Borrows a seat for an hour, checks the lease without the server, and gives the seat back. Needs the package `cryptography`.

    SEATKEEPER_URL=https://seats.example.org SEATKEEPER_TOKEN=… python3 borrow.py remote-support-v5
"""

import base64
import json
import os
import socket
import sys
import time
import urllib.request
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

API = os.environ["SEATKEEPER_URL"].rstrip("/") + "/api/v1"
TOKEN = os.environ["SEATKEEPER_TOKEN"]


class NoLease(Exception):
    """The lease is not good; the text says why."""


def part(text):
    """The bytes of a part of a token: base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check(lease, keys, product, now=None):
    """The claims of a lease that is good now. No network: this is what a program does offline.

    `keys` is what `GET /api/v1/borrow/keys` answered while there was a network, or what is built into the program.
    """
    now = time.time() if now is None else now
    try:
        head, body, signature = lease.strip().split(".")
        header, claims = json.loads(part(head)), json.loads(part(body))
    except ValueError:
        raise NoLease("this is no lease") from None
    # Nothing but what is expected: the token itself does not say how it is checked.
    if header.get("alg") != "EdDSA" or header.get("typ") != "seatkeeper-lease+jwt":
        raise NoLease("this is no lease")
    key = next((key for key in keys["keys"] if key["kid"] == header.get("kid")), None)
    if key is None:
        raise NoLease("signed with a key that is not known here")
    try:
        Ed25519PublicKey.from_public_bytes(part(key["x"])).verify(part(signature), f"{head}.{body}".encode())
    except (InvalidSignature, ValueError):
        raise NoLease("it was changed after it was signed") from None
    if claims["iss"] != "seatkeeper" or claims["aud"] != product:
        raise NoLease("for another product")
    if now < claims["nbf"]:
        raise NoLease("the clock of this machine is behind")
    if now >= claims["exp"]:
        raise NoLease("the lease is over")
    return claims


def call(method, path, body=None, **headers):
    """Calls the API once; examples/seat.py shows how to repeat."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **headers}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(API + path, data, headers, method=method), timeout=40) as answer:
        return json.loads(answer.read())


def main():
    product = sys.argv[1] if len(sys.argv) > 1 else "remote-support-v5"
    wanted = {"product": product, "device": socket.gethostname(), "mode": "application", "borrow_seconds": 3600}
    # The key is for this one seat. With it, a lost answer never costs a second one.
    session = call("POST", "/sessions", wanted, **{"Idempotency-Key": str(uuid.uuid4())})
    keys = call("GET", "/borrow/keys")
    print(f"borrowed: {session['id']}", flush=True)

    # From here on the server may be away.
    claims = check(session["lease"], keys, product)
    print(f"good until {time.strftime('%F %T UTC', time.gmtime(claims['exp']))}")
    head, body, signature = session["lease"].split(".")
    longer = base64.urlsafe_b64encode(json.dumps({**claims, "exp": claims["exp"] + 3600}).encode()).decode().rstrip("=")
    try:
        check(f"{head}.{longer}.{signature}", keys, product)
        sys.exit("a forged lease was taken for a good one")
    except NoLease:
        print("a forged one is not")

    call("POST", f"/sessions/{session['id']}/end", {})
    print("the seat is given back")


main()
