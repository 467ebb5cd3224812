#!/bin/sh
# Compiles Sidegate into one file that needs neither Node nor Deno: dist/sidegate-<target> for each target that is
# named, for all five without a name. Deno downloads the runtime part of each target the first time.
#
#   sh deploy/deno/compile.sh x86_64-unknown-linux-gnu
#   ALLOW='--allow-net=0.0.0.0:4180,app:8080,login.example.com --allow-env=OAUTH2_PROXY_*' sh deploy/deno/compile.sh …
set -eu
cd "$(dirname "$0")/../.."
PATH="$PWD/node_modules/.bin:$PATH"

OUT=${OUT:-dist}
# Permissions become part of the file and nobody can add any later. Which hosts and files a configuration names is not
# known here; no other programs, no libraries, no system information, and written are unix sockets only.
ALLOW=${ALLOW:---allow-net --allow-env --allow-read --allow-write=/run,/var/run,/tmp}

node deploy/build/deno.ts "$OUT/sidegate-deno.mjs"
for target in ${*:-x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu x86_64-apple-darwin aarch64-apple-darwin x86_64-pc-windows-msvc}; do
  # Without these flags Deno would look for packages and put all of node_modules into the file.
  # shellcheck disable=SC2086
  deno compile --no-config --no-check --no-npm --no-remote --no-lock --no-prompt $ALLOW \
    --target "$target" --output "$OUT/sidegate-$target" "$OUT/sidegate-deno.mjs"
done
