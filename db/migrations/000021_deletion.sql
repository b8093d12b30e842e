-- Accounts end: at once, or when the time comes that their users chose. Everything that names the user goes in one
-- transaction, and a last letter is left. Flows of an address begin with its quota row, and so does this.

create index letter_by_address on letter (address_key);

-- How many letters are dropped. Those of a change of address are not counted: whether there is one tells whether somebody
-- has the address.
create function drop_letters_of(p_account_id uuid, p_address_key bytea) returns int
  language plpgsql
as $$
declare
  v_letters int;
begin
  delete from letter where change_id = any (array(select id from email_change where account_id = p_account_id));
  delete from letter
   where id in (select id from letter where address_key = p_address_key
                union all
                select letter.id from letter join account_token on account_token.id = letter.token_id
                 where account_token.account_id = p_account_id);
  get diagnostics v_letters = row_count;
  return v_letters;
end
$$;

-- Whether there would be no administrator without the account. To be asked before the account is locked; who is none
-- waits for no one else's deletion.
create function would_leave_no_admin(p_account_id uuid) returns boolean
  language plpgsql
as $$
begin
  if exists (select from account where id = p_account_id and 'admin' = any (roles)) then
    return is_last_admin(p_account_id);
  end if;
  return false;
end
$$;

-- A letter to an address that an account had.
create type former_farewell as (
  address_key bytea,
  envelope    bytea
);

create type erasure as (
  outcome text,
  classes text[],
  counts  int[]
);

-- Why an account is not erased; null: nothing is in the way. The caller holds address and account, and read the clock
-- after that. Neither a session of the user nor one of an administrator: the time has come that
-- the user chose.
create function refuse_erasure(
  p_account account, p_session_id uuid, p_admin_session_id uuid, p_actor_id uuid, p_at timestamptz
) returns text
  language plpgsql
as $$
begin
  return case
    when p_account.id is null then 'gone'
    when p_session_id is not null and not session_is_live(p_session_id, p_account, p_at) then 'session_over'
    when p_admin_session_id is not null and p_actor_id is null then 'no_admin'
    when p_session_id is null and p_admin_session_id is null and coalesce(p_account.deletion_effective_at > p_at, true)
      then 'not_due'
    when coalesce(p_actor_id, p_account.subject_id) = p_account.subject_id and p_account.changes_frozen_until > p_at
      then 'frozen'
  end;
end
$$;

-- Takes away all that is stored of an account, but for the letter and the event that tell of it. The caller holds it.
create function remove_account(p_account account, p_email text, p_address_key bytea, p_budgets bytea[]) returns erasure
  language plpgsql
as $$
declare
  v_sessions int;
  v_tokens int;
  v_letters int;
  v_limits int;
  v_mutes int;
  v_addresses int;
  v_changes int;
begin
  delete from session where account_id = p_account.id;
  get diagnostics v_sessions = row_count;
  -- Whoever drops a token or a change of address drops its letters after it.
  perform from account_token where account_id = p_account.id order by id for update;
  perform from email_change where account_id = p_account.id for update;
  v_letters := drop_letters_of(p_account.id, p_address_key);
  delete from account_token where account_id = p_account.id;
  get diagnostics v_tokens = row_count;
  -- A log-in locks its budgets before the account: one that is under way keeps them, so that neither waits for the other.
  delete from login_failure
   where budget_key in (select budget_key from login_failure where budget_key = any (p_budgets) for update skip locked);
  get diagnostics v_limits = row_count;
  delete from registration_mute where address_key = p_address_key;
  get diagnostics v_mutes = row_count;
  delete from email_change where account_id = p_account.id;
  get diagnostics v_changes = row_count;
  delete from address where email = p_email;
  get diagnostics v_addresses = row_count;
  return ('erased',
          array['address', 'profile', 'credentials', 'sessions', 'tokens', 'letters', 'limits', 'keys'],
          array[v_addresses + v_changes, 1, vault.forget_account_password(p_account.id), v_sessions, v_tokens, v_letters,
                v_limits + v_mutes, 1])::erasure;
end
$$;

-- DELETE /v1/me, and whoever else erases. The last letters are sealed before the account is locked: if what they say does
-- not hold by now, the outcome is changed, and they have to be written anew. Addresses that the account had within the last
-- seven days are written to as well: whoever moved it may not have been its user.
create function erase_account(
  p_account_id uuid, p_email text, p_address_key bytea, p_planned_at timestamptz, p_session_id uuid,
  p_admin_session_id uuid, p_budgets bytea[], p_request_id text, p_envelope bytea, p_revert_tokens uuid[],
  p_former_farewells former_farewell[]
) returns erasure
  language plpgsql
as $$
declare
  v_was_admin boolean;
  v_is_last boolean;
  v_actor_id uuid;
  v_account account;
  v_at timestamptz;
  v_refusal text;
  v_erasure erasure;
begin
  -- Of many that come at once, those that come too late wait for nobody.
  select 'admin' = any (roles) into v_was_admin from account where id = p_account_id;
  if v_was_admin is null then
    return ('gone', null, null)::erasure;
  end if;
  if p_session_id is null and p_admin_session_id is null
    and not pg_try_advisory_xact_lock(hashtextextended('troth erasures', 0)) then
    return ('busy', null, null)::erasure;
  end if;
  if p_email is not null then
    perform touch_address(p_address_key);
  end if;
  -- Two accounts are locked by administrators alone, under this lock.
  v_is_last := case when p_admin_session_id is null then would_leave_no_admin(p_account_id)
                    else is_last_admin(p_account_id) end;
  perform from address where email = p_email for update;
  v_actor_id := (administrator(p_admin_session_id, true)).subject_id;
  select * into v_account from account where id = p_account_id for update;
  v_at := clock_timestamp();
  v_refusal := refuse_erasure(v_account, p_session_id, p_admin_session_id, v_actor_id, v_at);
  if v_refusal is null and v_is_last then
    v_refusal := 'last_admin';
  end if;
  if v_refusal is null
    and (v_at > p_planned_at + interval '1 minute' or v_was_admin <> ('admin' = any (v_account.roles))
         or (select email from address where account_id = p_account_id) is distinct from p_email
         or exists (select from account_token
                     where account_id = p_account_id and purpose = 'email_change_revert' and expires_at > v_at
                       and id <> all (p_revert_tokens))) then
    v_refusal := 'changed';
  end if;
  if v_refusal is not null then
    return (v_refusal, null, null)::erasure;
  end if;
  v_erasure := remove_account(v_account, p_email, p_address_key, p_budgets);
  if p_email is not null then
    insert into letter (kind, envelope, address_key, window_closes_at)
    values ('account_deleted', p_envelope, p_address_key, v_at + interval '24 hours');
  end if;
  insert into letter (kind, envelope, address_key, window_closes_at)
  select 'account_deleted', envelope, address_key, v_at + interval '24 hours' from unnest(p_former_farewells);
  -- Nothing is sealed into the event: nobody could ever open it.
  perform write_audit_by('account.deleted', v_account.subject_id, v_actor_id, p_request_id, null);
  delete from account where id = p_account_id;
  delete from audit_subject where id = v_account.subject_id;
  return v_erasure;
end
$$;

create type scheduled_deletion as (
  outcome      text,
  effective_at timestamptz
);

-- POST /v1/me/deletion. A request that was refused uses no idempotency key up.
create function schedule_deletion(
  p_account_id uuid, p_session_id uuid, p_after_days int, p_idempotency_scope bytea, p_fingerprint bytea,
  p_request_id text, p_sealed_details bytea, p_email text, p_address_key bytea, p_envelope bytea
) returns scheduled_deletion
  language plpgsql
as $$
declare
  v_key text := take_idempotency_key(p_idempotency_scope, p_fingerprint);
  -- Counted from the first use of the key, so that each repetition is answered the same.
  v_effective_at timestamptz := coalesce(
    (select used_at from idempotency_key where scope = p_idempotency_scope), clock_timestamp())
    + make_interval(hours => 24 * p_after_days);
  v_is_last boolean;
  v_account account;
  v_at timestamptz;
  v_refusal text;
begin
  if v_key <> 'fresh' then
    return (case v_key when 'replay' then 'scheduled' else v_key end,
            case v_key when 'replay' then v_effective_at end)::scheduled_deletion;
  end if;
  v_is_last := would_leave_no_admin(p_account_id);
  select * into v_account from account where id = p_account_id for no key update;
  v_at := clock_timestamp();
  v_refusal := case
    when not session_is_live(p_session_id, v_account, v_at) then 'session_over'
    when v_account.changes_frozen_until > v_at then 'frozen'
    when v_is_last then 'last_admin'
    when v_account.deletion_effective_at is not null then 'scheduled_already'
    when (select email from address where account_id = p_account_id) is distinct from p_email then 'moved'
  end;
  if v_refusal is not null then
    delete from idempotency_key where scope = p_idempotency_scope;
    return (v_refusal, null)::scheduled_deletion;
  end if;
  update account set deletion_effective_at = v_effective_at where id = p_account_id;
  perform write_audit('account.deletion_scheduled', v_account.subject_id, p_request_id, p_sealed_details);
  perform write_notice('deletion_scheduled', p_account_id, p_address_key, p_envelope);
  return ('scheduled', v_effective_at)::scheduled_deletion;
end
$$;

-- DELETE /v1/me/deletion. False: the session that asks is over.
create function cancel_deletion(p_account_id uuid, p_session_id uuid, p_request_id text, p_sealed_details bytea)
returns boolean
  language plpgsql
as $$
declare
  v_account account;
begin
  select * into v_account from account where id = p_account_id for no key update;
  if not session_is_live(p_session_id, v_account, clock_timestamp()) then
    return false;
  end if;
  update account set deletion_effective_at = null where id = p_account_id and deletion_effective_at is not null;
  if found then
    perform write_audit('account.deletion_cancelled', v_account.subject_id, p_request_id, p_sealed_details);
  end if;
  return true;
end
$$;
