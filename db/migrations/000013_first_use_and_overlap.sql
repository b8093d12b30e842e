-- What counts as the first use of a generation, and a log-in that overlaps with the end of all sessions.

-- The current refresh token, shown again within its grace, is a use of it as well: whoever shows it has received it, so
-- that the one before can only come from somebody else, or too late.
create or replace function refresh_session(p_session_id uuid, p_generation int, p_grace interval) returns session_refresh
  language plpgsql
as $$
declare
  v_session session;
  v_account account;
  v_at timestamptz;
  v_refresh session_refresh;
begin
  select * into v_session from session where id = p_session_id for update;
  v_at := clock_timestamp();
  select * into v_account from account where id = v_session.account_id;
  if v_account.id is null then
    v_refresh.outcome := 'over';
    return v_refresh;
  end if;
  v_refresh.outcome := judge_refresh(v_session, v_account, p_generation, p_grace, v_at);
  if v_refresh.outcome = 'rotated' then
    v_session.generation := v_session.generation + 1;
    v_session.rotated_at := v_at;
    update session
       set generation = v_session.generation, generation_is_used = false, rotated_at = v_at, last_seen_at = v_at
     where id = p_session_id and generation = p_generation;
  elsif v_refresh.outcome = 'repeated' and p_generation = v_session.generation and not v_session.generation_is_used then
    update session set generation_is_used = true, last_seen_at = v_at where id = p_session_id and generation = p_generation;
  end if;
  v_refresh.at := v_at;
  v_refresh.session := (v_session.id, v_account.id, v_session.generation, v_session.rotated_at,
                        least(v_session.rotated_at + interval '14 days', v_session.ends_at), v_session.authenticated_at,
                        v_session.amr, v_account.roles, v_account.device_version);
  v_refresh.locale := v_account.locale;
  if v_refresh.outcome = 'reused' then
    select email into v_refresh.email from address where account_id = v_account.id;
    select wrapped_key into v_refresh.wrapped_key from audit_subject where id = v_account.subject_id;
  end if;
  return v_refresh;
end
$$;

drop function log_in(uuid, text, bytea, bytea, bytea, text, text, bytea);

-- POST /v1/sessions: the statement that decides. The budgets are locked first, so of guesses at once no more are
-- judged than one after the other. A device that has logged in before has a budget of its own, which no stranger spends.
-- The session carries the credential version that was there when the log-in began: if all sessions were ended since,
-- it is over from the beginning, as if it had been opened just before.
create function log_in(
  p_account_id uuid, p_phc text, p_address_budget bytea, p_source_budget bytea, p_device_budget bytea,
  p_device_name text, p_request_id text, p_sealed_details bytea, p_credential_version int default null
) returns login
  language plpgsql
as $$
declare
  v_wait int;
  v_account account;
  v_session opened_session;
begin
  if p_device_budget is null then
    v_wait := greatest(login_budget_wait(p_address_budget, 20, interval '1 hour'),
                       login_budget_wait(p_source_budget, 5, interval '15 minutes'));
  else
    v_wait := login_budget_wait(p_device_budget, 10, interval '15 minutes');
  end if;
  if v_wait > 0 then
    return ('over_limit', v_wait, null)::login;
  end if;
  select * into v_account from account where id = p_account_id for no key update;
  if not vault.account_password_is(p_account_id, p_phc) then
    update login_failure set failures = failures + 1
     where budget_key = any (case when p_device_budget is null then array[p_address_budget, p_source_budget]
                                  else array[p_device_budget] end);
    return (case when v_account.id is null then 'no_account' else 'wrong_password' end, null, null)::login;
  end if;
  update login_failure set failures = 0 where budget_key in (p_source_budget, p_device_budget) and failures > 0;
  v_account.credential_version := coalesce(p_credential_version, v_account.credential_version);
  v_session := open_session(v_account, array['pwd'], p_device_name, p_request_id, p_sealed_details);
  return (case when v_session.session_id is null then 'suspended' else 'logged_in' end, null, v_session)::login;
end
$$;
