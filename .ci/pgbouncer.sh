#!/usr/bin/env bash
# Installs a PgBouncer that docs/operation.md is right for, 1.21 or later: from Debian if it has one, else made from the
# sources of a later Debian.
set -euo pipefail

is_new() { dpkg --compare-versions "${1:-0}" ge 1.21; }
version_of() { "$1" --version 2>/dev/null | sed -n 's/^PgBouncer //p'; }
for program in /usr/local/bin/pgbouncer /usr/sbin/pgbouncer; do
  if [ -x "$program" ] && is_new "$(version_of "$program")"; then exit 0; fi
done
[ "$(id -u)" = 0 ] || { echo 'LEFT OUT: PgBouncer 1.21 is not here and cannot be installed.'; exit 1; }

install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
apt-get update -qq
if is_new "$(apt-cache policy pgbouncer | sed -n 's/ *Candidate: //p')"; then
  install pgbouncer
  exit 0
fi
install debian-archive-keyring gcc make libc6-dev pkg-config libevent-dev libssl-dev dpkg-dev
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
mkdir -p "$W/lists/partial" "$W/cache/archives/partial" && chmod 755 "$W"
# The mirror that this machine is set to has the later release too.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' | awk '!/security/ && !seen++')
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" > "$W/sources.list"
own=(-o Dir::Etc::sourcelist="$W/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$W/lists"
  -o Dir::Cache="$W/cache" -o APT::Sandbox::User=root)
apt-get "${own[@]}" update -qq
cd "$W"
apt-get "${own[@]}" source -qq pgbouncer >/dev/null
cd pgbouncer-*/
{ ./configure --prefix=/usr/local --without-cares && make -s -j2 pgbouncer; } > "$W/build.log" 2>&1 || { tail -20 "$W/build.log"; exit 1; }
command install -D -m 755 pgbouncer /usr/local/bin/pgbouncer
/usr/local/bin/pgbouncer --version | head -1
