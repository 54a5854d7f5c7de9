#!/bin/sh
# Borrows a seat for an hour, checks the lease offline, and gives the seat back. Needs curl and OpenSSL 3.
#
#   SEATKEEPER_URL=https://seats.example.org SEATKEEPER_TOKEN=… sh borrow.sh remote-support-v5
set -eu
product=${1:-remote-support-v5}
api=${SEATKEEPER_URL:?}/api/v1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# call METHOD PATH [CURL OPTIONS]: prints the response body. The token is passed in a pipe, because every user of the
# machine can see arguments.
call() {
    method=$1 path=$2
    shift 2
    printf 'header = "Authorization: Bearer %s"\n' "${SEATKEEPER_TOKEN:?}" |
        curl --config - --silent --show-error --fail-with-body --max-time 40 --retry 5 --retry-connrefused \
            --request "$method" --header 'Content-Type: application/json' "$@" "$api$path"
}

# field NAME: the first value with that name on standard input. Use jq instead if you have it.
field() {
    grep -o "\"$1\":\(\"[^\"]*\"\|[0-9]*\)" | head -n 1 | cut -d : -f 2- | tr -d '"'
}

# bytes: decodes base64url from standard input to standard output.
bytes() {
    text=$(tr -- '-_' '+/')
    while [ $((${#text} % 4)) -ne 0 ]; do text="$text="; done
    printf '%s' "$text" | base64 -d
}

# check LEASE KEYS: prints the claims if the lease is valid now. Needs no network: this is what a program does offline.
check() {
    header=$(cut -d . -f 1 "$1" | bytes)
    claims=$(cut -d . -f 2 "$1" | bytes)
    [ "$(printf '%s' "$header" | field alg)" = EdDSA ] || { echo "wrong algorithm" >&2; return 1; }
    [ "$(printf '%s' "$header" | field typ)" = seatkeeper-lease+jwt ] || { echo "not a lease" >&2; return 1; }
    kid=$(printf '%s' "$header" | field kid)
    key=$(tr '{' '\n' <"$2" | grep -F "\"kid\":\"$kid\"" | field x)
    [ -n "$key" ] || { echo "signed with an unknown key" >&2; return 1; }
    # An Ed25519 public key in DER: the algorithm identifier (RFC 8410) and the 32 bytes of the key.
    { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; printf '%s' "$key" | bytes; } >"$work/key.der"
    printf '%s.%s' "$(cut -d . -f 1 "$1")" "$(cut -d . -f 2 "$1")" >"$work/signed"
    cut -d . -f 3 "$1" | tr -d '\n' | bytes >"$work/signature"
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/signed" \
        -sigfile "$work/signature" >"$work/openssl_output" 2>&1 || { echo "the signature is invalid" >&2; return 1; }
    now=$(date +%s)
    [ "$(printf '%s' "$claims" | field aud)" = "$product" ] || { echo "for another product" >&2; return 1; }
    [ "$now" -ge "$(printf '%s' "$claims" | field nbf)" ] || { echo "not valid yet: the clock is slow" >&2; return 1; }
    [ "$now" -lt "$(printf '%s' "$claims" | field exp)" ] || { echo "the lease has expired" >&2; return 1; }
    printf '%s\n' "$claims"
}

# The idempotency key belongs to this one request: after a lost response, a retry gets the same seat.
idempotency_key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
session=$(call POST /sessions --header "Idempotency-Key: $idempotency_key" \
    --data "{\"product\":\"$product\",\"device\":\"$(uname -n)\",\"mode\":\"application\",\"borrow_seconds\":3600}")
id=$(printf '%s' "$session" | field id)
printf '%s' "$session" | field lease >"$work/lease.jwt"
call GET /borrow/keys >"$work/keys.json"
printf 'borrowed: %s\n' "$id"

# From here on, the server is not needed.
claims=$(check "$work/lease.jwt" "$work/keys.json")
printf 'good until %s\n' "$(date -u -d "@$(printf '%s' "$claims" | field exp)" '+%F %T UTC')"

# A lease with a single changed character is rejected.
sed 's/\.\(..\)./.\1A/' "$work/lease.jwt" >"$work/forged.jwt"
if check "$work/forged.jwt" "$work/keys.json" 2>/dev/null; then exit 1; fi
echo "a forged one is not"

call POST "/sessions/$id/end" --data "{}" >/dev/null
echo "the seat is given back"
