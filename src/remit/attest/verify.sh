#!/bin/sh
# Checks a bundle with jq, openssl or ssh-keygen, and coreutils; what does not hold stops it.
#   sh verify.sh allowed_signers WHO [revoked]      for a signature of OpenSSH      sh verify.sh signer.pem      for PEM
# The key must come from elsewhere than the bundle, or nothing is shown by it. AT=2026-03-06T00:00:00Z asks about another
# instant than now, ORDER, ORDER_VERSION, CONTRACT and NONCE about what was asked for.
set -eu; work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; trusted=$1 who=${2-} revoked=${3-}
here=$(dirname "$0") at=${AT-$(date -u +%Y-%m-%dT%H:%M:%SZ)}; envelope=$here/statement.dsse.json
refuse() { echo "refused: $1" >&2; exit 1; }
say() { jq -r "$1" "$work/payload"; }
# 1. The envelope has each of its keys once, and is of an in-toto statement.
[ "$(jq -c --stream 'select(length==2)|.[0]' "$envelope" | sort | uniq -d)" = '' ] || refuse 'a key that stands twice'
[ "$(jq -r .payloadType "$envelope")" = application/vnd.in-toto+json ] || refuse 'the type of the payload'
jq -r .payload "$envelope" | base64 -d > "$work/payload"
{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < "$work/payload")"; cat "$work/payload"; } > "$work/pae"
# 2. The key has signed it; a security key shows that somebody touched it, which ssh-keygen does not ask.
signed='' count=$(jq '.signatures | length' "$envelope") number=0
while [ "$number" -lt "$count" ]; do
  jq -r ".signatures[$number].sig" "$envelope" | base64 -d > "$work/sig"; number=$((number + 1))
  if head -c 15 "$work/sig" | grep -q BEGIN; then
    [ "$who" ] || continue
    sed '1d;$d' "$work/sig" | base64 -d > "$work/blob"
    set -- -Y verify -f "$trusted" -I "$who" -n remit-attestation@v1 -Overify-time="$(date -u -d "$at" +%Y%m%d%H%M%SZ)"
    [ -z "$revoked" ] || set -- "$@" -r "$revoked"
    ssh-keygen "$@" -s "$work/sig" < "$work/pae" > "$work/said" 2>&1 || continue
    if head -c 40 "$work/blob" | grep -aq sk-; then
      flags=$(tail -c 5 "$work/blob" | od -An -tu1 -N1); [ $((flags & 1)) = 1 ] || refuse 'a key that nobody touched'
    fi; signed=yes
  elif [ -z "$who" ]; then
    openssl pkeyutl -verify -pubin -inkey "$trusted" -rawin -in "$work/pae" -sigfile "$work/sig" > "$work/said" 2>&1 &&
      signed=yes || continue
  fi
done; [ "$signed" ] || refuse 'the signature, which is by no key that counts'
# 3. It is a statement that counts now, and answers what was asked.
[ "$(say ._type)" = https://in-toto.io/Statement/v1 ] || refuse 'the type of the statement'
from=$(say '.predicate.validFrom // empty') until=$(say '.predicate.validUntil // empty')
seconds() { date -u -d "$1" +%s; }
[ -z "$from" ] || [ "$(seconds "$from")" -le "$(seconds "$at")" ] || refuse "it counts from $from on"
[ -z "$until" ] || [ "$(seconds "$at")" -lt "$(seconds "$until")" ] || refuse "it counted until $until"
[ -z "${ORDER-}" ] || [ "$(say .predicate.order.id)" = "$ORDER" ] || refuse 'the order'
[ -z "${ORDER_VERSION-}" ] || [ "$(say .predicate.order.version)" = "$ORDER_VERSION" ] || refuse 'the version of the order'
[ -z "${CONTRACT-}" ] || say '.predicate.scope.contracts[]' | grep -qxF "$CONTRACT" || refuse 'the contract'
[ -z "${NONCE-}" ] || [ "$(say .predicate.request)" = "$NONCE" ] || refuse 'the nonce'
# 4. Each file that it names is here with that digest; the copy for people says the same.
say '(.predicate.findings.evidence? // .predicate.evidence? // [])[] | "\(.digest.sha256)  \(.name)"' > "$work/sums"
! cut -c 67- "$work/sums" | grep -Eqv '^[A-Za-z0-9_][A-Za-z0-9._/-]*$' || refuse 'the name of a file'
! grep -qF .. "$work/sums" || refuse 'the name of a file'
[ ! -s "$work/sums" ] || (cd "$here" && sha256sum --quiet -c "$work/sums") || refuse 'a file that is not what was signed for'
[ ! -f "$here/statement.json" ] || [ "$(jq -cS . "$here/statement.json")" = "$(jq -cS . "$work/payload")" ] ||
  refuse 'the copy for people'
# 5. What it says.
say '.subject[] | "about \(.name): \(.digest | to_entries | map("\(.key):\(.value)") | join(" "))"'
say 'select(.predicate.status) | .predicate | "order \(.order.id) version \(.order.version): \(.target.provider) \(.status)"'
say '.predicate.method.surfaces[]? | select(.unread != 0) | "not looked at: \(.name) (\(.unread))"'
echo "ok: signed, at $at"
