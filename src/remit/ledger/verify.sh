#!/bin/sh
# Checks a whole log, or one entry by its proof, with openssl, xxd, sed and coreutils; what does not hold stops it.
#   sh verify.sh 'name+ID+key' LOG-FOLDER              sh verify.sh 'name+ID+key' ENTRY-FILE FILE.tlog-proof
# The key must come from elsewhere than the files, or nothing is shown by it.
set -eu; work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; name=${1%%+*} rest=${1#*+} note=$2/checkpoint found='' peaks=''
refuse() { echo "refused: $1" >&2; exit 1; }
leaf() { { printf '\0'; cat; } | sha256sum | cut -c 1-64; }
node() { printf '01%s%s' "$1" "$2" | xxd -r -p | sha256sum | cut -c 1-64; }
unbase() { h=$(printf %s "$1" | base64 -d | xxd -p -c 99); [ ${#h} = 64 ] || refuse "$1 is no hash"; echo "$h"; }
printf %s "${rest#*+}" | base64 -d > "$work/key" # 1. The key's ID is that of its name, type and bytes.
[ "$({ echo "$name"; cat "$work/key"; } | sha256sum | cut -c 1-8)" = "${rest%%+*}" ] || refuse "the key's ID"
{ printf 302a300506032b6570032100 | xxd -r -p; tail -c +2 "$work/key"; } > "$work/der"
[ -d "$2" ] || { note=$work/note; sed '1,/^$/d' "$3" > "$note"; } # 2. The key has signed a checkpoint of its origin.
sed '/^$/,$d' "$note" > "$work/text"; { read -r origin; read -r size; read -r root; } < "$work/text"
[ "$origin" = "$name" ] || refuse "the origin $origin"; root=$(unbase "$root"); [ "$size" -gt 0 ] || refuse "the size"
while read -r dash who value; do
  [ "$dash $who" = "— $name" ] && printf %s "$value" | base64 -d > "$work/line" || continue
  [ "$(xxd -p -l 4 "$work/line")" = "${rest%%+*}" ] && found=yes || continue
  tail -c +5 "$work/line" > "$work/sig"; openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/der" -rawin \
    -in "$work/text" -sigfile "$work/sig" > "$work/said" 2>&1 || refuse "the signature of $name"
done < "$note"; [ "$found" ] || refuse "the checkpoint, which the key has not signed"
if [ -f "$2" ]; then # 3a. The entry's hash climbs to the root by the hashes of the proof (RFC 9162, 2.1.3.2).
  index=$(sed -n '2,3s/^index //p' "$3") last=$((size - 1)) h=$(leaf < "$2"); at=$index
  [ "$at" -le $last ] || refuse "the index $at"
  for value in $(sed -n '/^index /,/^$/{/^index /d;p;}' "$3"); do
    v=$(unbase "$value"); [ $last -gt 0 ] || refuse "the proof, which is too long"
    if [ $((at & 1)) = 0 ] && [ "$at" != $last ]; then h=$(node "$h" "$v"); else h=$(node "$v" "$h")
      while [ $((at & 1)) = 0 ] && [ "$at" != 0 ]; do at=$((at >> 1)) last=$((last >> 1)); done; fi
    at=$((at >> 1)) last=$((last >> 1))
  done; [ $last = 0 ] && [ "$h" = "$root" ] || refuse "the root, to which the entry does not lead"
  echo "ok: $2 is entry $index of the $size that $name signed"; exit; fi
index=0; while [ $index -lt "$size" ]; do # 3b. Every entry's hash stands in its tile, and all of them give the root.
  n=$((index / 256)) at=0 tile='' width=$((size - index < 256 ? size - index : 256)); path=$(printf %03d $((n % 1000)))
  while [ $((n /= 1000)) -gt 0 ]; do path=$(printf x%03d $((n % 1000)))/$path; done
  [ $width = 256 ] || path=$path.p/$width; file=$2/tile/entries/$path; [ -f "$file" ] || refuse "$file, which is missing"
  while [ $width -gt 0 ]; do
    long=$(xxd -p -s $at -l 2 "$file"); [ ${#long} = 4 ] || refuse "$file, which ends early"; long=$((0x$long))
    h=$(tail -c +$((at + 3)) "$file" | head -c $long | leaf) carry=$index at=$((at + 2 + long)) width=$((width - 1))
    tile=$tile$h index=$((index + 1))
    while [ $((carry & 1)) = 1 ]; do h=$(node "${peaks##* }" "$h") peaks=${peaks% *} carry=$((carry >> 1)); done
    peaks="$peaks $h"
  done; [ $at = "$(wc -c < "$file")" ] || refuse "$file, which does not end with its last entry"
  printf %s "$tile" | xxd -r -p | cmp -s - "$2/tile/0/$path" || refuse "tile/0/$path, which the entries do not give"
done; h=${peaks##* } peaks=${peaks% *}
while [ "$peaks" ]; do h=$(node "${peaks##* }" "$h") peaks=${peaks% *}; done
[ "$h" = "$root" ] || refuse "the root, which the entries do not give"; echo "ok: $size entries are all that $name signed"
