-- Ids, the keys that outlive the secret, and the audit trail.

-- RFC 9562, 5.7; PostgreSQL has one of its own from 18 on only.
create function uuid_v7() returns uuid
  language sql volatile parallel safe
as $$
  select encode(
    set_bit(
      set_bit(
        overlay(
          uuid_send(gen_random_uuid())
          placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
          from 1 for 6),
        52, 1),
      53, 1),
    'hex')::uuid
$$;

create table sealed_key (
  purpose    text not null,
  key_id     text not null,
  sealed     bytea not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint sealed_key_pkey primary key (purpose)
);
comment on table sealed_key is 'Random keys that outlive TROTH_SECRET, sealed with a key derived from it (key_id says which).';

create table audit_subject (
  id          uuid not null default gen_random_uuid(),
  wrapped_key bytea not null,
  constraint audit_subject_pkey primary key (id)
);
comment on table audit_subject is
  'Whom audit events are about. It dies with the claim or account, and with it the key of every sealed detail.';

create table audit_event (
  id             uuid not null default uuid_v7(),
  transaction_id xid8 not null default pg_current_xact_id(),
  occurred_at    timestamptz not null default clock_timestamp(),
  event          text not null,
  subject_id     uuid,
  actor_id       uuid,
  request_id     text,
  sealed_details bytea,
  constraint audit_event_pkey primary key (id),
  constraint audit_event_is_known check (event in (
    'registration.claimed', 'registration.activated', 'registration.expired', 'registration.locked',
    'registration.superseded', 'registration.withdrawn'))
);
comment on table audit_event is
  'Append-only, written in the transaction it tells of. Random subject ids; addresses and ids only in sealed_details. '
  'A batch for sealing is the rows of the transactions below a snapshot''s xmin.';
create index audit_event_by_subject on audit_event (subject_id, id);
create index audit_event_by_transaction on audit_event (transaction_id, id);

create function refuse_audit_change() returns trigger
  language plpgsql
as $$
begin
  raise exception 'audit events are append-only' using errcode = 'integrity_constraint_violation';
end
$$;

create trigger audit_event_is_append_only before update or delete on audit_event
  for each row execute function refuse_audit_change();
create trigger audit_event_is_never_truncated before truncate on audit_event
  for each statement execute function refuse_audit_change();

create function write_audit(p_event text, p_subject_id uuid, p_request_id text, p_sealed_details bytea) returns void
  language sql
as $$
  insert into audit_event (event, subject_id, request_id, sealed_details)
  values (p_event, p_subject_id, p_request_id, p_sealed_details)
$$;

grant select, insert, update on sealed_key to troth_app;
grant select, insert, delete on audit_subject to troth_app;
grant select, insert on audit_event to troth_app;
