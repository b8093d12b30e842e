-- Cleaning up behind those who did not activate. A batch skips rows that somebody works on, so nobody waits for it.

-- One replica cleans at a time; the lock ends with the statement.
create function purge_is_mine() returns boolean
  language sql
as $$
  select pg_try_advisory_xact_lock(hashtextextended('troth purge', 0))
$$;

-- Releases up to p_limit overdue or locked claims; null when another replica is at it.
create function purge_claims(p_limit int) returns int
  language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
  v_emails text[];
  v_subjects uuid[];
  v_expired uuid[];
  v_claims uuid[];
begin
  if not purge_is_mine() then
    return null;
  end if;
  select array_agg(email), array_agg(subject_id),
         array_agg(subject_id) filter (where state = 'CLAIMED'), array_agg(claim_id) filter (where state = 'CLAIMED')
    into v_emails, v_subjects, v_expired, v_claims
    from (select email, subject_id, state, claim_id from address
           where expires_at <= v_at
           order by expires_at limit p_limit
             for update skip locked) as dead;
  insert into audit_event (event, subject_id) select 'registration.expired', unnest(v_expired);
  delete from letter where claim_id = any (v_claims);
  delete from address where email = any (v_emails);
  delete from audit_subject where id = any (v_subjects);
  return coalesce(cardinality(v_emails), 0);
end
$$;
