-- One row an address owns the trust machine. No row: AVAILABLE. Overdue CLAIMED: EXPIRED.

create table trust_transition (
  from_state text not null,
  event      text not null,
  to_state   text not null,
  constraint trust_transition_pkey primary key (from_state, event, to_state)
);
comment on table trust_transition is 'The same rows as libs/domain/src/trust.ts. Every other move of an address is refused.';

insert into trust_transition (from_state, event, to_state) values
  ('AVAILABLE', 'claimed', 'CLAIMED'),
  ('CLAIMED', 'resent', 'CLAIMED'),
  ('CLAIMED', 'verified', 'ACTIVE'),
  ('CLAIMED', 'struck', 'CLAIMED'),
  ('CLAIMED', 'struck_out', 'LOCKED'),
  ('CLAIMED', 'timed_out', 'EXPIRED'),
  ('CLAIMED', 'withdrawn', 'AVAILABLE'),
  ('CLAIMED', 'superseded', 'CLAIMED'),
  ('EXPIRED', 'purged', 'AVAILABLE'),
  ('LOCKED', 'purged', 'AVAILABLE'),
  ('ACTIVE', 'deleted', 'AVAILABLE');

create table account (
  id           uuid not null default uuid_v7(),
  subject_id   uuid not null,
  username     text,
  display_name text,
  birthdate    date,
  locale       text,
  roles        text[] not null default '{}',
  mfa_enabled  boolean not null default false,
  created_at   timestamptz not null default clock_timestamp(),
  updated_at   timestamptz not null default clock_timestamp(),
  constraint account_pkey primary key (id),
  constraint account_has_its_own_subject unique (subject_id),
  constraint account_subject_exists foreign key (subject_id) references audit_subject (id),
  constraint username_is_unique unique (username),
  constraint username_is_normalised check (username ~ '^[a-z][a-z0-9_.-]{2,29}$')
);
create index account_by_creation on account (created_at);

create table address (
  email            text not null,
  state            text not null,
  last_event       text not null,
  moved_at         timestamptz not null,
  subject_id       uuid not null,
  claim_id         uuid,
  claim_key_id     text,
  code_length      smallint,
  claimed_at       timestamptz,
  letter_at        timestamptz,
  expires_at       timestamptz,
  strikes          smallint,
  resends          smallint,
  wished_username  text,
  locale           text,
  account_id       uuid,
  replayable_until timestamptz,
  constraint address_pkey primary key (email),
  constraint address_state_is_stored check (state in ('CLAIMED', 'LOCKED', 'ACTIVE')),
  constraint email_is_normalised check (
    octet_length(email) <= 254 and position('@' in email) <= 65
    and email ~ '^[a-z0-9.!#$%&''*+/=?^_`{|}~-]+@[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$'),
  constraint claim_is_whole_while_claimed check (
    state <> 'CLAIMED'
    or num_nulls(claim_id, claim_key_id, code_length, claimed_at, letter_at, expires_at, strikes, resends) = 0
    and num_nonnulls(account_id, replayable_until) = 0),
  constraint locked_claim_keeps_nothing check (
    state <> 'LOCKED'
    or num_nonnulls(claim_id, claim_key_id, code_length, claimed_at, letter_at, strikes, resends, wished_username,
                    locale, account_id, replayable_until) = 0
    and expires_at is not null),
  constraint active_address_has_an_account check (
    state <> 'ACTIVE'
    or account_id is not null
    and num_nonnulls(claimed_at, letter_at, expires_at, strikes, resends, wished_username, locale) = 0
    and num_nulls(claim_id, claim_key_id, code_length, replayable_until) in (0, 4)),
  constraint strikes_are_counted_to_three check (strikes between 0 and 2),
  constraint code_has_four_or_eight_digits check (code_length in (4, 8)),
  constraint address_subject_exists foreign key (subject_id) references audit_subject (id),
  constraint address_account_exists foreign key (account_id) references account (id),
  constraint account_has_one_address unique (account_id),
  constraint claim_id_is_unique unique (claim_id),
  constraint claim_state_is_referable unique (claim_id, state)
) with (fillfactor = 70);
comment on column address.moved_at is 'The clock reading, taken under the row lock, by which the last move was decided.';
comment on column address.claim_key_id is 'Which key derives the code of this claim.';
comment on column address.replayable_until is 'Until then the claim of an active address is remembered, so that its code may be sent again.';

create index address_by_expiry on address (expires_at) where expires_at is not null;
create index address_by_subject on address (subject_id);
create index address_by_replay on address (replayable_until) where replayable_until is not null;

create function trust_move_is_listed(p_from text, p_event text, p_to text) returns boolean
  language sql stable
as $$
  select exists (
    select from trust_transition where from_state = p_from and event = p_event and to_state = p_to)
$$;

-- What each event may change, beyond what the table of transitions says.
create function trust_event_is_kept(p_old address, p_new address) returns boolean
  language sql immutable
as $$
  select case p_new.last_event
    when 'superseded' then p_new.claim_id <> p_old.claim_id
    when 'struck' then p_new.claim_id = p_old.claim_id and p_new.strikes = p_old.strikes + 1
    when 'struck_out' then p_old.strikes = 2
    when 'resent' then p_new.claim_id = p_old.claim_id and p_new.strikes = p_old.strikes
      and p_new.resends = p_old.resends + 1 and p_new.expires_at >= p_old.expires_at
    when 'verified' then p_new.claim_id = p_old.claim_id and p_old.strikes < 3
    else true
  end
$$;

create function refuse_unlisted_move() returns trigger
  language plpgsql
as $$
declare
  v_from text := 'AVAILABLE';
begin
  if tg_op = 'UPDATE' then
    if old.state = 'ACTIVE' and new.state = 'ACTIVE' and new.claim_id is null
       and (new.email, new.account_id, new.subject_id, new.last_event, new.moved_at)
         = (old.email, old.account_id, old.subject_id, old.last_event, old.moved_at) then
      return new; -- the replay window is over: no move
    end if;
    v_from := case when old.state = 'CLAIMED' and old.expires_at <= new.moved_at then 'EXPIRED' else old.state end;
  end if;
  if not trust_move_is_listed(v_from, new.last_event, new.state)
     or new.moved_at > clock_timestamp()
     or tg_op = 'UPDATE' and (new.email <> old.email or new.moved_at < old.moved_at or not trust_event_is_kept(old, new))
  then
    raise exception 'the trust machine holds no move from % by % to %', v_from, new.last_event, new.state
      using errcode = 'check_violation', constraint = 'trust_move_is_listed', table = 'address';
  end if;
  return new;
end
$$;

create trigger trust_move_is_listed before insert or update on address
  for each row execute function refuse_unlisted_move();

grant select on trust_transition to troth_app;
grant select, insert, update, delete on account, address to troth_app;
