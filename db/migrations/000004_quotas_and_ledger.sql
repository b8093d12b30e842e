-- What is remembered about an address without holding it: keys are HMACs of the address.

create table address_quota (
  address_key     bytea not null,
  kind            text not null,
  hour_started_at timestamptz not null,
  hour_count      smallint not null,
  day_started_at  timestamptz not null,
  day_count       smallint not null,
  touched_at      timestamptz not null,
  constraint address_quota_pkey primary key (address_key, kind),
  constraint address_quota_kind_is_known check (kind in ('registration_letters', 'owner_token', 'already_registered'))
) with (fillfactor = 70);
create index address_quota_by_day on address_quota (day_started_at);

-- Every flow of an address begins here: the row is its lock, and every path of a flow commits it, known address or not.
create function touch_address(p_address_key bytea) returns void
  language sql
as $$
  insert into address_quota as quota (address_key, kind, hour_started_at, hour_count, day_started_at, day_count, touched_at)
  values (p_address_key, 'registration_letters', clock_timestamp(), 0, clock_timestamp(), 0, clock_timestamp())
  on conflict on constraint address_quota_pkey do update set touched_at = excluded.touched_at
$$;

-- Counts one use against the quotas of the hour and the day; false, and nothing counted, when one is used up.
create function take_address_quota(p_address_key bytea, p_kind text, p_per_hour int, p_per_day int) returns boolean
  language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
begin
  insert into address_quota as quota (address_key, kind, hour_started_at, hour_count, day_started_at, day_count, touched_at)
  values (p_address_key, p_kind, v_at, 1, v_at, 1, v_at)
  on conflict on constraint address_quota_pkey do update
     set hour_count = case when quota.hour_started_at <= v_at - interval '1 hour' then 1 else quota.hour_count + 1 end,
         hour_started_at = case when quota.hour_started_at <= v_at - interval '1 hour' then v_at else quota.hour_started_at end,
         day_count = case when quota.day_started_at <= v_at - interval '1 day' then 1 else quota.day_count + 1 end,
         day_started_at = case when quota.day_started_at <= v_at - interval '1 day' then v_at else quota.day_started_at end,
         touched_at = v_at
   where (quota.hour_count < p_per_hour or quota.hour_started_at <= v_at - interval '1 hour')
     and (quota.day_count < p_per_day or quota.day_started_at <= v_at - interval '1 day');
  return found;
end
$$;

create table registration_mute (
  address_key bytea not null,
  muted_until timestamptz not null,
  constraint registration_mute_pkey primary key (address_key)
);
create index registration_mute_by_end on registration_mute (muted_until);

create function registration_is_muted(p_address_key bytea) returns boolean
  language sql
as $$
  select exists (select from registration_mute where address_key = p_address_key and muted_until > clock_timestamp())
$$;

-- An owner token is valid on its day of issue and the six days after it, by the database's clock.
create function owner_token_is_current(p_day int) returns boolean
  language sql
as $$
  select coalesce(floor(extract(epoch from clock_timestamp()) / 86400)::int - p_day between 0 and 6, false)
$$;

create table struck_claim (
  claim_id    uuid not null,
  address_key bytea not null,
  struck_at   timestamptz not null,
  constraint struck_claim_pkey primary key (claim_id)
);
comment on table struck_claim is
  'The ledger: claims that took a strike and were not activated. Kept 30 days; decides how long new codes are.';
create index struck_claim_by_address on struck_claim (address_key, struck_at);
create index struck_claim_by_time on struck_claim (struck_at);

create table breaker (
  only_one   boolean not null default true,
  open_until timestamptz not null,
  constraint breaker_pkey primary key (only_one),
  constraint breaker_is_one_row check (only_one)
);
insert into breaker (open_until) values ('-infinity');

-- The breaker opens when the struck claims of the last hour exceed max(20, min(1 % of its activations, 200)), and
-- stays open for an hour after they no longer do.
create function note_breaker() returns void
  language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
  v_struck int;
  v_threshold int;
  v_open_until timestamptz;
begin
  select count(*) into v_struck
    from (select from struck_claim where struck_at > v_at - interval '60 minutes' limit 201) as struck;
  if v_struck <= 20 then
    return;
  end if;
  select greatest(20, least(count(*) / 100, 200)) into v_threshold
    from (select from account where created_at > v_at - interval '60 minutes' limit 20000) as activation;
  if v_struck <= v_threshold then
    return;
  end if;
  select struck_at + interval '2 hours' into v_open_until
    from struck_claim order by struck_at desc offset v_threshold limit 1;
  -- A minute more, so that a flood of strikes writes this one row once a minute.
  update breaker set open_until = v_open_until + interval '1 minute' where open_until < v_open_until;
end
$$;

-- Digits of the next code for an address.
create function next_code_length(p_address_key bytea, p_strict boolean) returns smallint
  language sql
as $$
  select case
    when p_strict
      or (select open_until from breaker) > clock_timestamp()
      or (select count(*)
            from (select from struck_claim
                   where address_key = p_address_key and struck_at > (select clock_timestamp()) - interval '30 days'
                   limit 2) as struck) >= 2
    then 8 else 4 end::smallint
$$;

create table idempotency_key (
  scope       bytea not null,
  fingerprint bytea not null,
  used_at     timestamptz not null,
  constraint idempotency_key_pkey primary key (scope)
);
comment on table idempotency_key is
  'Requests already served, for 24 h: an HMAC of source or account, method, route and key, and one of the body without secrets.';
create index idempotency_key_by_use on idempotency_key (used_at);

-- fresh: do it; replay: it was done, answer the same; conflict: the key was used for something else.
create function take_idempotency_key(p_scope bytea, p_fingerprint bytea) returns text
  language plpgsql
as $$
declare
  v_same boolean;
begin
  insert into idempotency_key as used (scope, fingerprint, used_at)
  values (p_scope, p_fingerprint, clock_timestamp())
  on conflict on constraint idempotency_key_pkey do update
     set fingerprint = excluded.fingerprint, used_at = excluded.used_at
   where used.used_at <= clock_timestamp() - interval '24 hours';
  if found then
    return 'fresh';
  end if;
  select fingerprint = p_fingerprint into v_same from idempotency_key where scope = p_scope;
  return case when v_same then 'replay' else 'conflict' end;
end
$$;

grant select, insert, update, delete on address_quota, registration_mute, struck_claim, idempotency_key to troth_app;
grant select, update on breaker to troth_app;
