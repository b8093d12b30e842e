#!/usr/bin/env bash
# What an application on a phone asks of Troth, from the first start to the day it is lost. It needs bash and curl; TROTH_URL
# is where the API is, and the development mailbox stands for the user's one. Each answer is printed as a line.
set -euo pipefail
TROTH_URL=${TROTH_URL:-http://localhost:3000}
EMAIL=${1:-ada@example.com}
PASSWORD='correct horse battery'

ask() { curl -sSw '\n' -H 'Content-Type: application/json' "$@"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
# What a phone keeps in its key store: a refresh token, the device token, and the access token while it lives.
keep() { ACCESS=$(field access_token <<<"$1") REFRESH=$(field refresh_token <<<"$1"); }
code() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    curl -sS "$TROTH_URL/dev/mailbox.json?to=$EMAIL" | sed -n 's/.*"subject":"\([0-9]\{4,8\}\) .*/\1/p' | grep . && return
    sleep 1
  done
}

echo '# Register. The user types the code that is mailed, and is logged in by it: no second form.' >&2
ask "$TROTH_URL/v1/registrations" -d "{\"email\":\"$EMAIL\",\"password\":\"$PASSWORD\"}"
ANSWER=$(ask "$TROTH_URL/v1/registrations/activation" -u "$EMAIL:$PASSWORD" \
  -d "{\"code\":\"$(code)\",\"create_session\":true,\"device_name\":\"Phone\"}")
echo "$ANSWER"
keep "$ANSWER"
DEVICE=$(field device_token <<<"$ANSWER")

echo '# Use it.' >&2
ask "$TROTH_URL/v1/me" -H "Authorization: Bearer $ACCESS"

echo '# Refresh before expires_in is over. The answer is lost in a tunnel: the same token again.' >&2
ask "$TROTH_URL/v1/sessions/refresh" -d "{\"refresh_token\":\"$REFRESH\"}" >/dev/null
ANSWER=$(ask "$TROTH_URL/v1/sessions/refresh" -d "{\"refresh_token\":\"$REFRESH\"}")
echo "$ANSWER"
keep "$ANSWER"

echo '# Log out. The device token stays: it only says that this phone has been here before.' >&2
ask -X DELETE "$TROTH_URL/v1/sessions/current" -H "Authorization: Bearer $ACCESS"
ask "$TROTH_URL/v1/me" -H "Authorization: Bearer $ACCESS"

echo '# Log in again. Strangers who guess at the password lock out nobody who has a device token.' >&2
ANSWER=$(ask "$TROTH_URL/v1/sessions" \
  -d "{\"email\":\"$EMAIL\",\"password\":\"$PASSWORD\",\"device_name\":\"Phone\",\"device_token\":\"$DEVICE\"}")
echo "$ANSWER"
keep "$ANSWER"
PHONE=$(field session_id <<<"$ANSWER")

echo '# The phone is lost: the user ends its session from another device, and its tokens open nothing any more.' >&2
LAPTOP=$(ask "$TROTH_URL/v1/sessions" -d "{\"email\":\"$EMAIL\",\"password\":\"$PASSWORD\",\"device_name\":\"Laptop\"}")
ask "$TROTH_URL/v1/sessions" -H "Authorization: Bearer $(field access_token <<<"$LAPTOP")"
ask -X DELETE "$TROTH_URL/v1/sessions/$PHONE" -H "Authorization: Bearer $(field access_token <<<"$LAPTOP")"
ask "$TROTH_URL/v1/sessions/refresh" -d "{\"refresh_token\":\"$REFRESH\"}"
