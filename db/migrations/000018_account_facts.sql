-- What profile, deletion and administration share: facts of an account, and the kinds of what they write.

alter table account
  add column revision integer not null default 1,
  add column deletion_salt bytea not null default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
  add column deletion_commitment bytea not null generated always as (sha256(deletion_salt || uuid_send(id))) stored,
  add column deletion_effective_at timestamptz,
  add constraint deletion_commitment_is_unique unique (deletion_commitment),
  add constraint deletion_salt_has_32_bytes check (octet_length(deletion_salt) = 32),
  add constraint roles_are_known check (roles <@ array['admin']),
  add constraint display_name_has_1_to_100_characters check (char_length(display_name) between 1 and 100),
  add constraint birthdate_is_of_the_living check (birthdate between date '1900-01-01' and date '2100-01-01');
create index account_by_deletion on account (deletion_effective_at) where deletion_effective_at is not null;
create index account_of_admins on account (id) where 'admin' = any (roles);

-- Whatever users see of an account has a number, by which a write can tell that it knows the newest.
create function count_revision() returns trigger
  language plpgsql
as $$
begin
  new.revision := old.revision + 1;
  new.updated_at := greatest(clock_timestamp(), old.updated_at);
  return new;
end
$$;
create trigger account_revision_is_counted before update on account
  for each row when (
    (old.revision, old.username, old.display_name, old.birthdate, old.locale, old.roles, old.mfa_enabled)
    is distinct from (new.revision, new.username, new.display_name, new.birthdate, new.locale, new.roles, new.mfa_enabled))
  execute function count_revision();

alter table account_token
  drop constraint account_token_purpose_is_known,
  add constraint account_token_purpose_is_known check (purpose in ('password_reset', 'not_me', 'email_change_revert'));
alter table letter
  drop constraint letter_kind_is_known,
  add constraint letter_kind_is_known check (
    kind in ('registration_code', 'already_registered', 'session_reused', 'password_reset', 'password_changed',
             'email_change_code', 'email_changed', 'deletion_scheduled', 'account_deleted')),
  drop constraint letter_names_its_token,
  add constraint letter_names_its_token check (
    kind = 'session_reused'
    or (token_id is not null) = (kind in ('password_reset', 'password_changed', 'email_changed', 'deletion_scheduled')));
alter table address_quota
  drop constraint address_quota_kind_is_known,
  add constraint address_quota_kind_is_known check (
    kind in ('registration_letters', 'owner_token', 'already_registered', 'session_reused',
             'reset_letters', 'reset_owner_token', 'password_changed',
             'email_changes', 'email_change_letters', 'deletion_scheduled'));
alter table audit_event
  drop constraint audit_event_is_known,
  add constraint audit_event_is_known check (event in (
    'registration.claimed', 'registration.activated', 'registration.expired', 'registration.locked',
    'registration.superseded', 'registration.withdrawn',
    'session.created', 'session.revoked', 'session.reuse_detected',
    'password.changed', 'password.reset', 'security.not_me',
    'email.change_requested', 'email.changed', 'email.reverted',
    'account.suspended', 'account.reinstated', 'account.deletion_scheduled', 'account.deletion_cancelled',
    'account.deleted', 'account.exported', 'admin.user_viewed', 'admin.user_changed', 'admin.searched'));

-- An act on an account by somebody else: the actor is named by their own subject, whose link dies with their account.
create function write_audit_by(
  p_event text, p_subject_id uuid, p_actor_id uuid, p_request_id text, p_sealed_details bytea
) returns void
  language sql
as $$
  insert into audit_event (event, subject_id, actor_id, request_id, sealed_details)
  values (p_event, p_subject_id, p_actor_id, p_request_id, p_sealed_details)
$$;

-- Whether nobody would be left who can administrate without this account. Whoever asks holds the answer until their
-- transaction ends; they lock the account after this, never before.
create function is_last_admin(p_account_id uuid) returns boolean
  language plpgsql
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('troth admins', 0));
  return exists (select from account where id = p_account_id and 'admin' = any (roles) and suspended_at is null)
     and not exists (
       select from account where id <> p_account_id and 'admin' = any (roles) and suspended_at is null);
end
$$;
