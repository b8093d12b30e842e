-- Administration: what administrators see and do, the trace it leaves, and how the first of them is made.
-- Locks: the advisory lock of admins, then the account of the one who acts, then the account acted on, then sessions. Two
-- accounts are locked here alone, under that lock, so that two administrators who act on one another wait in turn.

create index account_of_suspended on account (id) where suspended_at is not null;
create index account_of_leaving on account (id) where deletion_effective_at is not null;
create index account_of_present on account (id) where suspended_at is null and deletion_effective_at is null;
create index audit_event_by_actor on audit_event (actor_id, id) where actor_id is not null;
create index audit_event_by_event on audit_event (event, id);

-- An account, as administrators see it.
create type administered_user as (
  account_id            uuid,
  email                 text,
  username              text,
  display_name          text,
  birthdate             text,
  locale                text,
  roles                 text[],
  mfa_enabled           boolean,
  created_at            timestamptz,
  updated_at            timestamptz,
  revision              int,
  suspended_at          timestamptz,
  deletion_effective_at timestamptz,
  changes_frozen_until  timestamptz,
  sessions              int
);

create function administered_user(p_account_id uuid) returns administered_user
  language sql stable
as $$
  select id, (select email from address where account_id = account.id), username, display_name, birthdate::text, locale,
         roles, mfa_enabled, created_at, updated_at, revision, suspended_at, deletion_effective_at,
         case when changes_frozen_until > clock_timestamp() then changes_frozen_until end,
         (select count(*)::int from session
           where session.account_id = account.id and session.credential_version = account.credential_version
             and session.ends_at > clock_timestamp() and session.rotated_at > clock_timestamp() - interval '14 days')
    from account
   where id = p_account_id
$$;

-- The account of a session that is alive, if it may administrate; its row is locked as `p_locks` says.
create function administrator(p_session_id uuid, p_locks boolean) returns account
  language plpgsql
as $$
declare
  v_account account;
begin
  if p_locks then
    select account.* into v_account
      from session join account on account.id = session.account_id
     where session.id = p_session_id
       for share of account;
  else
    select account.* into v_account
      from session join account on account.id = session.account_id
     where session.id = p_session_id;
  end if;
  if 'admin' = any (v_account.roles) and session_is_live(p_session_id, v_account, clock_timestamp()) then
    return v_account;
  end if;
  return null;
end
$$;

-- Begins an act on an account. Whoever has lost the role by now, or loses it first, does not get to it.
create function begin_administration(
  p_session_id uuid, p_account_id uuid, out actor_id uuid, out subject_id uuid, out revision int, out is_last boolean,
  out refusal text
)
  language plpgsql
as $$
begin
  is_last := is_last_admin(p_account_id);
  actor_id := (administrator(p_session_id, true)).subject_id;
  select account.subject_id, account.revision into subject_id, revision
    from account where id = p_account_id for no key update;
  refusal := case when actor_id is null then 'not_admin' when subject_id is null then 'no_user' end;
end
$$;

-- GET /v1/admin/users, newest first: a page behind an account, and whether there are more. Each user who is shown is told;
-- that nobody was shown is an event of the administrator.
-- For whoever is no administrator there is nobody. A status may hold for an account together with another one.
create function list_users(
  p_session_id uuid, p_email text, p_status text, p_behind uuid, p_limit int, p_request_id text
) returns table (has_more boolean, shown administered_user)
  language plpgsql
as $$
declare
  v_actor account := administrator(p_session_id, false);
  v_behind uuid := coalesce(p_behind, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_ids uuid[];
begin
  if v_actor.id is null then
    return;
  end if;
  if p_email is not null then
    v_ids := array(
      select account.id from address join account on account.id = address.account_id
       where address.email = p_email and account.id < v_behind
         and case p_status
               when 'suspended' then account.suspended_at is not null
               when 'deletion_scheduled' then account.deletion_effective_at is not null
               when 'active' then account.suspended_at is null and account.deletion_effective_at is null
               else true
             end);
  elsif p_status = 'suspended' then
    v_ids := array(
      select id from account where suspended_at is not null and id < v_behind order by id desc limit p_limit + 1);
  elsif p_status = 'deletion_scheduled' then
    v_ids := array(
      select id from account where deletion_effective_at is not null and id < v_behind
       order by id desc limit p_limit + 1);
  elsif p_status = 'active' then
    v_ids := array(
      select id from account where suspended_at is null and deletion_effective_at is null and id < v_behind
       order by id desc limit p_limit + 1);
  else
    v_ids := array(select id from account where id < v_behind order by id desc limit p_limit + 1);
  end if;
  perform write_audit_by('admin.user_viewed', account.subject_id, v_actor.subject_id, p_request_id, null)
     from account where id = any (v_ids[1:p_limit]);
  if not found then
    perform write_audit('admin.searched', v_actor.subject_id, p_request_id, null);
  end if;
  return query
    select cardinality(v_ids) > p_limit, found_user
      from unnest(v_ids[1:p_limit]) as wanted (id)
     cross join lateral administered_user(wanted.id) as found_user
     where found_user.account_id is not null
     order by wanted.id desc;
end
$$;

-- GET /v1/admin/users/{id}. Nothing: there is no such user, or nobody who may see them.
create function view_user(p_session_id uuid, p_account_id uuid, p_request_id text) returns administered_user
  language plpgsql
as $$
declare
  v_actor account := administrator(p_session_id, false);
begin
  if v_actor.id is null then
    return null;
  end if;
  perform write_audit_by('admin.user_viewed', account.subject_id, v_actor.subject_id, p_request_id, null)
     from account where id = p_account_id;
  if not found then
    perform write_audit('admin.searched', v_actor.subject_id, p_request_id, null);
  end if;
  return administered_user(p_account_id);
end
$$;

create type user_change as (
  outcome text,
  shown   administered_user
);

-- PATCH /v1/admin/users/{id}: sets the fields that are named, if the account is of one of these revisions; null: of any. A user name that is taken is refused by its constraint.
create function change_user(
  p_session_id uuid, p_account_id uuid, p_revisions int[], p_fields text[], p_username text, p_display_name text,
  p_locale text, p_roles text[], p_request_id text, p_sealed_details bytea
) returns user_change
  language plpgsql
as $$
declare
  v_held record;
  v_refusal text;
  v_shown administered_user;
begin
  if 'username' = any (p_fields) then
    perform lock_usernames(p_account_id, p_username);
  end if;
  v_held := begin_administration(p_session_id, p_account_id);
  v_refusal := case
    when v_held.refusal is not null then v_held.refusal
    when not v_held.revision = any (p_revisions) then 'precondition_failed'
    when v_held.is_last and 'roles' = any (p_fields) and not 'admin' = any (p_roles) then 'last_admin'
  end;
  if v_refusal is not null then
    return (v_refusal, null)::user_change;
  end if;
  update account
     set username = case when 'username' = any (p_fields) then p_username else username end,
         display_name = case when 'display_name' = any (p_fields) then p_display_name else display_name end,
         locale = case when 'locale' = any (p_fields) then p_locale else locale end,
         roles = case when 'roles' = any (p_fields) then p_roles else roles end
   where id = p_account_id;
  v_shown := administered_user(p_account_id);
  if v_shown.revision = v_held.revision then
    perform write_audit_by('admin.user_viewed', v_held.subject_id, v_held.actor_id, p_request_id, null);
    return ('unchanged', v_shown)::user_change;
  end if;
  perform write_audit_by('admin.user_changed', v_held.subject_id, v_held.actor_id, p_request_id, p_sealed_details);
  return ('changed', v_shown)::user_change;
end
$$;

-- POST /v1/admin/users/{id}/suspension. A suspension that is repeated is told again, and lasts from the first one on. The
-- key of the request is taken last, so that a refusal uses none up: the same one waits for the lock of admins before.
create function suspend_account(
  p_session_id uuid, p_account_id uuid, p_scope bytea, p_fingerprint bytea, p_request_id text, p_sealed_details bytea
) returns text
  language plpgsql
as $$
declare
  v_held record := begin_administration(p_session_id, p_account_id);
  v_key text;
begin
  if v_held.refusal is not null then
    return v_held.refusal;
  end if;
  if v_held.is_last then
    return 'last_admin';
  end if;
  v_key := take_idempotency_key(p_scope, p_fingerprint);
  if v_key <> 'fresh' then
    return v_key;
  end if;
  update account set suspended_at = coalesce(suspended_at, clock_timestamp()) where id = p_account_id;
  perform raise_credential_version(p_account_id, null);
  perform write_audit_by('account.suspended', v_held.subject_id, v_held.actor_id, p_request_id, p_sealed_details);
  return 'suspended';
end
$$;

-- DELETE /v1/admin/users/{id}/suspension. The sessions from before it are over for good.
create function reinstate_account(p_session_id uuid, p_account_id uuid, p_request_id text, p_sealed_details bytea)
returns text
  language plpgsql
as $$
declare
  v_held record := begin_administration(p_session_id, p_account_id);
begin
  if v_held.refusal is not null then
    return v_held.refusal;
  end if;
  update account set suspended_at = null where id = p_account_id and suspended_at is not null;
  if not found then
    return 'not_suspended';
  end if;
  perform write_audit_by('account.reinstated', v_held.subject_id, v_held.actor_id, p_request_id, p_sealed_details);
  return 'reinstated';
end
$$;

-- DELETE /v1/admin/users/{id}/sessions: all of them, and those of log-ins that are under way.
create function end_user_sessions(p_session_id uuid, p_account_id uuid, p_request_id text, p_sealed_details bytea)
returns text
  language plpgsql
as $$
declare
  v_held record := begin_administration(p_session_id, p_account_id);
begin
  if v_held.refusal is not null then
    return v_held.refusal;
  end if;
  perform raise_credential_version(p_account_id, null);
  perform write_audit_by('session.revoked', v_held.subject_id, v_held.actor_id, p_request_id, p_sealed_details);
  return 'ended';
end
$$;

-- The least id that can have been made at a time: ids begin with the milliseconds since 1970.
create function first_id_of(p_at timestamptz) returns uuid
  language sql immutable strict
as $$
  select (lpad(to_hex(greatest(floor(extract(epoch from p_at) * 1000), 0)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- GET /v1/admin/audit-events, newest first: a page behind an event, and whether there are more. Whoever is shown with
-- details that can be read is told. An id is made a moment before or after its event's time: it only narrows the search.
create function list_audit_events(
  p_session_id uuid, p_event text, p_user_id uuid, p_actor_id uuid, p_from timestamptz, p_until timestamptz,
  p_behind uuid, p_limit int, p_request_id text
) returns table (
  has_more boolean, event_id uuid, event text, occurred_at timestamptz, subject_id uuid, user_id uuid,
  actor_subject_id uuid, actor_user_id uuid, request_id text, sealed_details bytea, wrapped_key bytea
)
  language plpgsql
as $$
#variable_conflict use_column
declare
  v_reader account := administrator(p_session_id, false);
  v_subject_id uuid := (select subject_id from account where id = p_user_id);
  v_actor_id uuid := (select subject_id from account where id = p_actor_id);
  v_from timestamptz := coalesce(p_from, '-infinity');
  v_until timestamptz := coalesce(p_until, 'infinity');
  v_first uuid := case when p_from is null then '00000000-0000-0000-0000-000000000000'
                       else first_id_of(p_from - interval '1 second') end;
  v_behind uuid := least(
    coalesce(p_behind, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), first_id_of(p_until + interval '1 second'));
  v_ids uuid[];
begin
  if v_reader.id is null then
    return;
  end if;
  if (p_user_id is not null and v_subject_id is null) or (p_actor_id is not null and v_actor_id is null) then
    v_ids := '{}';
  elsif v_subject_id is not null then
    v_ids := array(
      select id from audit_event
       where subject_id = v_subject_id and id < v_behind and id >= v_first and occurred_at >= v_from
         and occurred_at < v_until and (p_event is null or event = p_event)
         and (v_actor_id is null or actor_id = v_actor_id)
       order by id desc limit p_limit + 1);
  elsif v_actor_id is not null then
    v_ids := array(
      select id from audit_event
       where actor_id = v_actor_id and id < v_behind and id >= v_first and occurred_at >= v_from
         and occurred_at < v_until and (p_event is null or event = p_event)
       order by id desc limit p_limit + 1);
  elsif p_event is not null then
    v_ids := array(
      select id from audit_event
       where event = p_event and id < v_behind and id >= v_first and occurred_at >= v_from and occurred_at < v_until
       order by id desc limit p_limit + 1);
  else
    v_ids := array(
      select id from audit_event
       where id < v_behind and id >= v_first and occurred_at >= v_from and occurred_at < v_until
       order by id desc limit p_limit + 1);
  end if;
  perform write_audit_by('admin.user_viewed', subject.id, v_reader.subject_id, p_request_id, null)
     from audit_subject as subject
    where subject.id in (select subject_id from audit_event where id = any (v_ids[1:p_limit]));
  if not found then
    perform write_audit('admin.searched', v_reader.subject_id, p_request_id, null);
  end if;
  return query
    select cardinality(v_ids) > p_limit, entry.id, entry.event, entry.occurred_at, entry.subject_id, concerned.id,
           entry.actor_id, actor.id, entry.request_id, entry.sealed_details, subject.wrapped_key
      from audit_event as entry
      left join audit_subject as subject on subject.id = entry.subject_id
      left join account as concerned on concerned.subject_id = entry.subject_id
      left join account as actor on actor.subject_id = entry.actor_id
     where entry.id = any (v_ids[1:p_limit])
     order by entry.id desc;
end
$$;

-- Makes an account without a password for an address that has none; a claim by somebody else ends. The caller holds the
-- address. Whoever reads its mail sets the password by the link of a letter.
create function found_account(
  p_email text, p_address_key bytea, p_address address, p_wrapped_key bytea, p_key_id text, p_envelope bytea
) returns uuid
  language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
  v_claim address;
  v_subject_id uuid;
  v_account_id uuid;
begin
  insert into audit_subject (wrapped_key) values (p_wrapped_key) returning id into v_subject_id;
  if p_address.email is null then
    insert into address (email, state, last_event, moved_at, subject_id, claim_id, claim_key_id, code_length, claimed_at,
                         letter_at, expires_at, strikes, resends)
    values (p_email, 'CLAIMED', 'claimed', v_at, v_subject_id, uuid_v7(), p_key_id, 8, v_at, v_at,
            v_at + interval '1 minute', 0, 0)
    returning * into v_claim;
  else
    perform end_claim(p_address, 'registration.superseded', null);
    update address
       set last_event = 'superseded', moved_at = v_at, subject_id = v_subject_id, claim_id = uuid_v7(),
           claim_key_id = p_key_id, code_length = 8, claimed_at = v_at, letter_at = v_at,
           expires_at = v_at + interval '1 minute', strikes = 0, resends = 0, wished_username = null, locale = null,
           by_owner = true
     where email = p_email
    returning * into v_claim;
    delete from audit_subject where id = p_address.subject_id;
  end if;
  v_account_id := open_account(v_claim, v_at, null, null);
  -- There was no code, so none can be sent again.
  update address set claim_id = null, claim_key_id = null, code_length = null, replayable_until = null
   where email = p_email;
  perform write_reset_letter(v_account_id, p_address_key, p_envelope);
  return v_account_id;
end
$$;

-- `ops create-admin`: gives the account of an address the role of administrators; if there is none, makes one. The details
-- are sealed for the account that was found before, or for one that is to be made: when it is another, nothing is done.
create function create_admin(
  p_email text, p_address_key bytea, p_found_id uuid, p_wrapped_key bytea, p_key_id text, p_envelope bytea,
  p_sealed_details bytea
) returns text
  language plpgsql
as $$
declare
  v_address address := lock_address(p_email, p_address_key);
  v_account account;
  v_outcome text := 'granted';
begin
  v_address := case when not clear_overdue(v_address, clock_timestamp()) then v_address end;
  if v_address.account_id is distinct from p_found_id then
    return 'another_account';
  end if;
  if v_address.account_id is null then
    v_address.account_id :=
      found_account(p_email, p_address_key, v_address, p_wrapped_key, p_key_id, p_envelope);
    v_outcome := 'made';
  end if;
  select * into v_account from account where id = v_address.account_id for no key update;
  if v_account.suspended_at is not null then
    return 'suspended';
  end if;
  if 'admin' = any (v_account.roles) then
    return 'was_admin';
  end if;
  update account set roles = array_append(roles, 'admin') where id = v_account.id;
  perform write_audit('admin.user_changed', v_account.subject_id, null, p_sealed_details);
  return v_outcome;
end
$$;
