#!/bin/sh
# Runs once, when the database is made: the roles of db/roles.sql, with passwords from the environment.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f /troth/roles.sql
psql -v ON_ERROR_STOP=1 -v owner="$TROTH_OWNER_PASSWORD" -v app="$TROTH_APP_PASSWORD" -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
alter role troth_owner password :'owner';
alter role troth_app password :'app';
SQL
