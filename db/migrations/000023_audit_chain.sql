-- The audit chain: events are sealed in batches, each of which holds the hash of the one before and a MAC whose key is not
-- in the database; retention drops whole batches and leaves a checkpoint behind. docs/audit.md tells how it works.

-- What is added to PostgreSQL's number of a transaction, so that events stay in order when a dump was restored on a server
-- that has counted less far. A sequence, because a default can read it without a function; it is set, never counted up.
create sequence audit_offset as bigint;
alter table audit_event alter column transaction_id set default
  (pg_current_xact_id()::text::bigint + coalesce(pg_sequence_last_value('audit_offset'), 0))::text::xid8;

create table audit_batch (
  number            integer not null,
  first_transaction xid8 not null,
  first_id          uuid not null,
  last_transaction  xid8 not null,
  last_id           uuid not null,
  events            integer not null,
  events_so_far     bigint not null,
  newest_at         timestamptz not null,
  previous_hash     bytea not null,
  events_hash       bytea not null,
  hash              bytea not null,
  sealed_at         timestamptz not null,
  key_id            text not null,
  mac               bytea not null,
  constraint audit_batch_pkey primary key (number),
  constraint audit_batches_count_from_one check (number >= 1),
  constraint audit_batch_begins_before_it_ends check ((first_transaction, first_id) <= (last_transaction, last_id)),
  constraint audit_batch_is_bounded check (events between 1 and 1000),
  constraint audit_batch_counts_all_before_it check (events_so_far >= events),
  constraint audit_batch_hashes_are_sha_256 check (
    octet_length(previous_hash) = 32 and octet_length(events_hash) = 32 and octet_length(hash) = 32
    and octet_length(mac) = 32)
);
comment on table audit_batch is 'Sealed audit events, in the order of their transactions: a chain of hashes.';
comment on column audit_batch.number is
  '{"class": "audit", "purpose": "The place of the batch in the chain.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';
comment on column audit_batch.first_transaction is
  '{"class": "audit", "purpose": "The transaction of the first event of the batch.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';
comment on column audit_batch.first_id is
  '{"class": "audit", "purpose": "The first event of the batch.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';
comment on column audit_batch.last_transaction is
  '{"class": "audit", "purpose": "The transaction of the last event of the batch.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';
comment on column audit_batch.last_id is
  '{"class": "audit", "purpose": "The last event of the batch.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';
comment on column audit_batch.events is
  '{"class": "audit", "purpose": "How many events the batch holds.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';
comment on column audit_batch.events_so_far is
  '{"class": "audit", "purpose": "How many events were ever sealed up to this batch.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';
comment on column audit_batch.newest_at is
  '{"class": "audit", "purpose": "The time of the newest event, from which retention counts.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';
comment on column audit_batch.previous_hash is
  '{"class": "audit", "purpose": "The hash of the batch before, which makes the chain.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';
comment on column audit_batch.events_hash is
  '{"class": "audit", "purpose": "SHA-256 over every column of the events.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';
comment on column audit_batch.hash is
  '{"class": "audit", "purpose": "SHA-256 over the other columns of the batch.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';
comment on column audit_batch.sealed_at is
  '{"class": "audit", "purpose": "When the batch was sealed.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';
comment on column audit_batch.key_id is
  '{"class": "audit", "purpose": "Names the secret that the key of the MAC comes from.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';
comment on column audit_batch.mac is
  '{"class": "audit", "purpose": "Proves that the service sealed the batch.", "personal": "no", "retention": "P1Y", "from": "newest_at"}';

create table audit_checkpoint (
  is_only          boolean not null default true,
  number           integer not null,
  last_transaction xid8 not null,
  last_id          uuid not null,
  events_so_far    bigint not null,
  hash             bytea not null,
  key_id           text not null,
  mac              bytea not null,
  constraint audit_checkpoint_pkey primary key (is_only),
  constraint audit_checkpoint_has_one_row check (is_only)
);
comment on table audit_checkpoint is 'The last batch that retention dropped: the chain is verified from here on.';
comment on column audit_checkpoint.is_only is
  '{"class": "service", "purpose": "Keeps the table at one row.", "personal": "no", "retention": "service"}';
comment on column audit_checkpoint.number is
  '{"class": "service", "purpose": "The number of the last batch that was dropped.", "personal": "no", "retention": "service"}';
comment on column audit_checkpoint.last_transaction is
  '{"class": "service", "purpose": "The transaction of the last event that was dropped.", "personal": "no", "retention": "service"}';
comment on column audit_checkpoint.last_id is
  '{"class": "service", "purpose": "The last event that was dropped; it refers to nobody.", "personal": "no", "retention": "service"}';
comment on column audit_checkpoint.events_so_far is
  '{"class": "service", "purpose": "How many events were dropped in all.", "personal": "no", "retention": "service"}';
comment on column audit_checkpoint.hash is
  '{"class": "service", "purpose": "The hash of the last batch that was dropped, which the next one holds.", "personal": "no", "retention": "service"}';
comment on column audit_checkpoint.key_id is
  '{"class": "service", "purpose": "Names the secret that the key of the MAC comes from.", "personal": "no", "retention": "service"}';
comment on column audit_checkpoint.mac is
  '{"class": "service", "purpose": "Proves that the service dropped what is before it.", "personal": "no", "retention": "service"}';

-- Events are kept for a year. A batch spans an hour at most and goes when its oldest event may be a year old: so no event
-- is kept longer, and none goes more than an hour before its time.
create function audit_drops_before() returns timestamptz
  language sql
as $$
  select clock_timestamp() - interval '1 year' + interval '1 hour'
$$;

-- Events are removed by retention alone: behind the checkpoint, and past their time whatever the checkpoint says.
create function refuse_early_audit_drop() returns trigger
  language plpgsql
as $$
begin
  if old.occurred_at <= public.audit_drops_before() and exists (
       select from public.audit_checkpoint where (old.transaction_id, old.id) <= (last_transaction, last_id)) then
    return old;
  end if;
  raise exception 'audit events are append-only' using errcode = 'integrity_constraint_violation';
end
$$;
drop trigger audit_event_is_append_only on audit_event;
create trigger audit_event_is_append_only before update on audit_event
  for each row execute function refuse_audit_change();
create trigger audit_event_goes_by_retention_alone before delete on audit_event
  for each row execute function refuse_early_audit_drop();

-- Of a batch, the MAC alone is made anew, when the secret is rotated; and it goes with its events.
create function refuse_audit_batch_change() returns trigger
  language plpgsql
as $$
begin
  if tg_op = 'DELETE' then
    if exists (select from public.audit_checkpoint where number >= old.number) then
      return old;
    end if;
  elsif to_jsonb(new) - array['key_id', 'mac'] = to_jsonb(old) - array['key_id', 'mac'] then
    return new;
  end if;
  raise exception 'audit batches are append-only' using errcode = 'integrity_constraint_violation';
end
$$;
create trigger audit_batch_is_append_only before update or delete on audit_batch
  for each row execute function refuse_audit_batch_change();
create trigger audit_batch_is_never_truncated before truncate on audit_batch
  for each statement execute function refuse_audit_change();

-- The checkpoint moves to the next batch, when that is past its time, and never back.
create function refuse_audit_checkpoint_change() returns trigger
  language plpgsql
as $$
begin
  if tg_op = 'UPDATE' and to_jsonb(new) - array['key_id', 'mac'] = to_jsonb(old) - array['key_id', 'mac'] then
    return new;
  end if;
  if tg_op <> 'DELETE' and exists (
       select from public.audit_batch as batch
        where batch.number = new.number and new.number = coalesce(old.number, 0) + 1
          and (batch.last_transaction, batch.last_id, batch.events_so_far, batch.hash)
            = (new.last_transaction, new.last_id, new.events_so_far, new.hash)
          and batch.newest_at <= public.audit_drops_before()) then
    return new;
  end if;
  raise exception 'the audit checkpoint moves by retention alone' using errcode = 'integrity_constraint_violation';
end
$$;
create trigger audit_checkpoint_moves_by_retention_alone before insert or update or delete on audit_checkpoint
  for each row execute function refuse_audit_checkpoint_change();
create trigger audit_checkpoint_is_never_truncated before truncate on audit_checkpoint
  for each statement execute function refuse_audit_change();

-- Drops the oldest batch with its events, behind the checkpoint whose MAC is given, in one transaction. Resolves to the
-- number of events; null: another replica works on the chain, or the batch is not the oldest one or not past its time.
create function drop_audit_batch(p_number int, p_key_id text, p_mac bytea) returns int
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_batch public.audit_batch;
  v_events int;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('troth audit chain', 0)) then
    return null;
  end if;
  select * into v_batch from public.audit_batch
   where number = p_number and newest_at <= public.audit_drops_before()
     and number = coalesce((select number from public.audit_checkpoint), 0) + 1;
  if not found then
    return null;
  end if;
  update public.audit_checkpoint
     set number = v_batch.number, last_transaction = v_batch.last_transaction, last_id = v_batch.last_id,
         events_so_far = v_batch.events_so_far, hash = v_batch.hash, key_id = p_key_id, mac = p_mac;
  if not found then
    insert into public.audit_checkpoint (number, last_transaction, last_id, events_so_far, hash, key_id, mac)
    values (v_batch.number, v_batch.last_transaction, v_batch.last_id, v_batch.events_so_far, v_batch.hash, p_key_id, p_mac);
  end if;
  delete from public.audit_event where (transaction_id, id) <= (v_batch.last_transaction, v_batch.last_id);
  get diagnostics v_events = row_count;
  delete from public.audit_batch where number = p_number;
  return v_events;
end
$$;

-- Lets the numbers of transactions go on where those of the events end. True: they would have begun anew, for the
-- database was restored on a server that has counted less far. Called before anything is written, and costs nothing.
create function continue_audit_numbering() returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_next bigint;
  v_last bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('troth audit numbering', 0));
  select max(place::text::bigint) into v_last
    from ((select transaction_id as place from public.audit_event order by transaction_id desc, id desc limit 1)
          union all
          (select last_transaction from public.audit_batch order by number desc limit 1)
          union all
          (select last_transaction from public.audit_checkpoint)) as known;
  v_next := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
  if v_next + coalesce(pg_sequence_last_value('public.audit_offset'), 0) <= v_last then
    perform setval('public.audit_offset', v_last + 1 - v_next);
    return true;
  end if;
  return false;
end
$$;

revoke all on function drop_audit_batch(int, text, bytea), continue_audit_numbering() from public;
grant execute on function drop_audit_batch(int, text, bytea), continue_audit_numbering() to troth_app;
grant select on sequence audit_offset to troth_app;
grant select, insert, update (key_id, mac) on audit_batch to troth_app;
grant select, update (key_id, mac) on audit_checkpoint to troth_app;
-- What the order and the age of events rest on, the service's role does not choose.
revoke insert on audit_event from troth_app;
grant insert (event, subject_id, actor_id, request_id, sealed_details) on audit_event to troth_app;
