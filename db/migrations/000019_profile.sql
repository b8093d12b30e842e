-- What users change of their profile.

-- An account as its user sees it.
create type user_record as (
  account_id   uuid,
  email        text,
  username     text,
  display_name text,
  birthdate    text,
  locale       text,
  roles        text[],
  mfa_enabled  boolean,
  created_at   timestamptz,
  updated_at   timestamptz,
  revision     int
);

-- The caller holds the account's row, so that address and revision belong together.
create function user_record_of(p_account account) returns user_record
  language sql
as $$
  select (p_account.id, (select email from address where account_id = p_account.id), p_account.username,
          p_account.display_name, p_account.birthdate::text, p_account.locale, p_account.roles, p_account.mfa_enabled,
          p_account.created_at, p_account.updated_at, p_account.revision)::user_record
$$;

-- Held by whoever gives a user name to an account, with the name that it had: of two who swap names one comes after the
-- other. To be taken before the account.
create function lock_usernames(p_account_id uuid, p_username text) returns void
  language plpgsql
as $$
begin
  perform pg_advisory_xact_lock(key)
     from (select distinct hashtextextended('troth user name ' || name, 0) as key
             from (select username as name from account where id = p_account_id
                   union all
                   select p_username) as names
            where name is not null
            order by key) as keys;
end
$$;

-- Whether a session is good and of the account that the caller holds.
create function session_is_live(p_session_id uuid, p_account account, p_at timestamptz) returns boolean
  language sql stable
as $$
  select p_account.suspended_at is null
     and exists (select from session
                  where id = p_session_id and account_id = p_account.id
                    and credential_version = p_account.credential_version and ends_at > p_at
                    and rotated_at > p_at - interval '14 days')
$$;

create type profile_change as (
  outcome text,
  account user_record
);

-- PATCH /v1/me: sets the fields that are named, if the account is of one of these revisions; null: of any.
create function change_profile(
  p_account_id uuid, p_session_id uuid, p_revisions int[], p_fields text[], p_username text, p_display_name text,
  p_birthdate text, p_locale text
) returns profile_change
  language plpgsql
as $$
declare
  v_account account;
begin
  if 'username' = any (p_fields) then
    perform lock_usernames(p_account_id, p_username);
  end if;
  select * into v_account from account where id = p_account_id for no key update;
  if not session_is_live(p_session_id, v_account, clock_timestamp()) then
    return ('session_over', null)::profile_change;
  end if;
  if not v_account.revision = any (p_revisions) then
    return ('precondition_failed', null)::profile_change;
  end if;
  update account
     set username = case when 'username' = any (p_fields) then p_username else username end,
         display_name = case when 'display_name' = any (p_fields) then p_display_name else display_name end,
         birthdate = case when 'birthdate' = any (p_fields) then p_birthdate::date else birthdate end,
         locale = case when 'locale' = any (p_fields) then p_locale else locale end
   where id = p_account_id
  returning * into v_account;
  return ('changed', user_record_of(v_account))::profile_change;
end
$$;
