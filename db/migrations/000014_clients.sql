-- Clients: services that may ask about tokens and revoke them.

create table client (
  id         uuid not null default uuid_v7(),
  name       text not null,
  key_hash   bytea not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint client_pkey primary key (id),
  constraint client_name_is_unique unique (name),
  constraint client_name_has_1_to_100_characters check (char_length(name) between 1 and 100),
  constraint client_key_hash_is_sha_256 check (octet_length(key_hash) = 32)
);
comment on table client is
  'Services that authenticate with their id and a random key of 256 bits, of which SHA-256 is stored: nobody can try so many.';

grant select, insert on client to troth_app;
