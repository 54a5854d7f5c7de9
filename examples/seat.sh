#!/bin/sh
# Takes a seat, waiting for one if necessary, keeps it while it works, and gives it back. Needs curl.
#
#   SEATKEEPER_URL=https://seats.example.org SEATKEEPER_TOKEN=… sh seat.sh remote-support-v5
set -eu
product=${1:-remote-support-v5}
work_seconds=${WORK_SECONDS:-60}
api=${SEATKEEPER_URL:?}/api/v1

# call METHOD PATH [CURL OPTIONS]: sets $status and $body. The token is passed in a pipe, because every user of the
# machine can see arguments. All calls below are idempotent, so curl may retry if the server is unreachable or returns
# 503.
call() {
    method=$1 path=$2
    shift 2
    response=$(printf 'header = "Authorization: Bearer %s"\n' "${SEATKEEPER_TOKEN:?}" |
        curl --config - --silent --show-error --max-time 40 --retry 5 --retry-connrefused \
            --request "$method" --header 'Content-Type: application/json' --write-out '\n%{http_code}' "$@" "$api$path")
    status=${response##*
}
    body=${response%
*}
}

# field NAME: the first value with that name in $body. Use jq instead if you have it.
field() {
    printf '%s' "$body" | grep -o "\"$1\":\(\"[^\"]*\"\|[0-9]*\)" | head -n 1 | cut -d : -f 2- | tr -d '"'
}

give_up() {
    printf 'no seat: %s\n' "$(field title)" >&2
    exit 69
}

# The idempotency key belongs to this one request: after a lost response, a retry gets the same seat.
key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
call POST /sessions --header "Idempotency-Key: $key" \
    --data "{\"product\":\"$product\",\"device\":\"$(uname -n)\",\"mode\":\"application\",\"wait\":true}"

if [ "$status" = 202 ]; then
    ticket=$(field id)
    trap 'call DELETE "/tickets/$ticket"' EXIT
    while [ "$(field state)" = waiting ]; do
        printf 'waiting, number %s in the queue\n' "$(field position)"
        call GET "/tickets/$ticket?wait=25&position=$(field position)"
    done
    call POST "/tickets/$ticket/accept"
fi
case $status in 200 | 201) ;; *) give_up ;; esac

session=$(field id)
trap 'call POST "/sessions/$session/end"; echo "the seat is given back"' EXIT
printf 'seated: %s\n' "$session"

while [ "$work_seconds" -gt 0 ]; do
    call POST "/sessions/$session/heartbeat" --data '{"active":true}'
    # 409: the lease expired. 410: the session was ended; `ended` in the body says by whom and why.
    [ "$status" = 200 ] || give_up
    next=$(field next_in_seconds)
    [ "$next" -lt "$work_seconds" ] || next=$work_seconds
    # Do your work here.
    sleep "$next"
    work_seconds=$((work_seconds - next))
done
