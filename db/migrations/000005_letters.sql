-- The outbox. A letter is a row written in the transaction that causes it; a sender takes it after the commit.

create table letter (
  id               uuid not null default uuid_v7(),
  kind             text not null,
  envelope         bytea not null,
  address_key      bytea not null,
  claim_id         uuid,
  claim_key_id     text,
  code_length      smallint,
  written_at       timestamptz not null default clock_timestamp(),
  due_at           timestamptz not null default clock_timestamp(),
  window_closes_at timestamptz not null,
  attempts         smallint not null default 0,
  constraint letter_pkey primary key (id),
  constraint letter_kind_is_known check (kind in ('registration_code', 'already_registered')),
  constraint letter_leaves_within_a_day check (window_closes_at <= written_at + interval '24 hours 1 second'),
  constraint code_letter_names_its_claim check (
    num_nulls(claim_id, claim_key_id, code_length) = case kind when 'registration_code' then 0 else 3 end)
);
comment on column letter.envelope is 'Recipient and locale, sealed for this letter.';
comment on column letter.due_at is 'When the next sender may take it; a sender that takes it moves this by its lease.';
create index letter_by_due on letter (due_at);
create index letter_by_window on letter (window_closes_at);
create index letter_by_claim on letter (claim_id) where claim_id is not null;

create function write_code_letter(
  p_envelope bytea, p_address_key bytea, p_claim_id uuid, p_claim_key_id text, p_code_length smallint, p_until timestamptz
) returns void
  language sql
as $$
  insert into letter (kind, envelope, address_key, claim_id, claim_key_id, code_length, window_closes_at)
  values ('registration_code', p_envelope, p_address_key, p_claim_id, p_claim_key_id, p_code_length, p_until)
$$;

create function drop_code_letters(p_claim_id uuid) returns void
  language sql
as $$
  delete from letter where claim_id = p_claim_id
$$;

grant select, insert, update, delete on letter to troth_app;
