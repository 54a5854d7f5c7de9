#!/usr/bin/env python3
"""Borrows a seat for an hour, checks the lease offline, and gives the seat back. Needs the package `cryptography`.

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


class InvalidLease(Exception):
    """The lease is not valid; the text says why."""


def decode_part(text):
    """Decodes a part of a token: base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check(lease, keys, product, now=None):
    """Returns the claims of a lease that is valid now. Needs no network: this is what a program does offline.

    `keys` is the response of `GET /api/v1/borrow/keys`, fetched while online or built into the program.
    """
    now = time.time() if now is None else now
    try:
        head, body, signature = lease.strip().split(".")
        header, claims = json.loads(decode_part(head)), json.loads(decode_part(body))
    except ValueError:
        raise InvalidLease("not a lease") from None
    # Accept only this algorithm and type: the token must not choose how it is checked (RFC 8725, section 3.1).
    if header.get("alg") != "EdDSA" or header.get("typ") != "seatkeeper-lease+jwt":
        raise InvalidLease("not a lease")
    key = next((key for key in keys["keys"] if key["kid"] == header.get("kid")), None)
    if key is None:
        raise InvalidLease("signed with an unknown key")
    try:
        public_key = Ed25519PublicKey.from_public_bytes(decode_part(key["x"]))
        public_key.verify(decode_part(signature), f"{head}.{body}".encode())
    except (InvalidSignature, ValueError):
        raise InvalidLease("the signature is invalid") from None
    if claims["iss"] != "seatkeeper" or claims["aud"] != product:
        raise InvalidLease("the lease is for another product")
    if now < claims["nbf"]:
        raise InvalidLease("not valid yet: the clock of this machine is slow")
    if now >= claims["exp"]:
        raise InvalidLease("the lease has expired")
    return claims


def call(method, path, body=None, **headers):
    """Calls the API once; examples/seat.py shows how to retry."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **headers}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(API + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=40) as response:
        return json.loads(response.read())


def main():
    product = sys.argv[1] if len(sys.argv) > 1 else "remote-support-v5"
    request = {"product": product, "device": socket.gethostname(), "mode": "application", "borrow_seconds": 3600}
    # The idempotency key belongs to this one request: after a lost response, a retry gets the same seat.
    session = call("POST", "/sessions", request, **{"Idempotency-Key": str(uuid.uuid4())})
    keys = call("GET", "/borrow/keys")
    print(f"borrowed: {session['id']}", flush=True)

    # From here on, the server is not needed.
    claims = check(session["lease"], keys, product)
    print(f"good until {time.strftime('%F %T UTC', time.gmtime(claims['exp']))}")
    head, body, signature = session["lease"].split(".")
    extended = json.dumps({**claims, "exp": claims["exp"] + 3600}).encode()
    extended = base64.urlsafe_b64encode(extended).decode().rstrip("=")
    try:
        check(f"{head}.{extended}.{signature}", keys, product)
        sys.exit("a forged lease was accepted")
    except InvalidLease:
        print("a forged one is not")

    call("POST", f"/sessions/{session['id']}/end", {})
    print("the seat is given back")


main()
