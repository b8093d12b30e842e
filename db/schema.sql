-- What the migrations add up to, for readers. Written by: UPDATE_SCHEMA=1 npm test -- apps/api/test/schema

create table public.account (
  id uuid not null default uuid_v7(),
  subject_id uuid not null,
  username text,
  display_name text,
  birthdate date,
  locale text,
  roles text[] not null default '{}'::text[],
  mfa_enabled boolean not null default false,
  created_at timestamp with time zone not null default clock_timestamp(),
  updated_at timestamp with time zone not null default clock_timestamp(),
  credential_version integer not null default 1,
  device_version integer not null default 1,
  suspended_at timestamp with time zone,
  changes_frozen_until timestamp with time zone,
  revision integer not null default 1,
  deletion_salt bytea not null default (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
  deletion_commitment bytea not null generated always as (sha256((deletion_salt || uuid_send(id)))) stored,
  deletion_effective_at timestamp with time zone,
  constraint account_has_its_own_subject UNIQUE (subject_id),
  constraint account_pkey PRIMARY KEY (id),
  constraint account_subject_exists FOREIGN KEY (subject_id) REFERENCES audit_subject(id),
  constraint birthdate_is_of_the_living CHECK (((birthdate >= '1900-01-01'::date) AND (birthdate <= '2100-01-01'::date))),
  constraint deletion_commitment_is_unique UNIQUE (deletion_commitment),
  constraint deletion_salt_has_32_bytes CHECK ((octet_length(deletion_salt) = 32)),
  constraint display_name_has_1_to_100_characters CHECK (((char_length(display_name) >= 1) AND (char_length(display_name) <= 100))),
  constraint roles_are_known CHECK ((roles <@ ARRAY['admin'::text])),
  constraint username_is_normalised CHECK ((username ~ '^[a-z][a-z0-9_.-]{2,29}$'::text)),
  constraint username_is_unique UNIQUE (username)
);
alter table public.account owner to troth_owner;
CREATE INDEX account_by_creation ON public.account USING btree (created_at);
CREATE INDEX account_by_deletion ON public.account USING btree (deletion_effective_at) WHERE (deletion_effective_at IS NOT NULL);
CREATE INDEX account_of_admins ON public.account USING btree (id) WHERE ('admin'::text = ANY (roles));
CREATE INDEX account_of_leaving ON public.account USING btree (id) WHERE (deletion_effective_at IS NOT NULL);
CREATE INDEX account_of_present ON public.account USING btree (id) WHERE ((suspended_at IS NULL) AND (deletion_effective_at IS NULL));
CREATE INDEX account_of_suspended ON public.account USING btree (id) WHERE (suspended_at IS NOT NULL);
CREATE TRIGGER account_revision_is_counted BEFORE UPDATE ON public.account FOR EACH ROW WHEN ((((((((old.revision IS DISTINCT FROM new.revision) OR (old.username IS DISTINCT FROM new.username)) OR (old.display_name IS DISTINCT FROM new.display_name)) OR (old.birthdate IS DISTINCT FROM new.birthdate)) OR (old.locale IS DISTINCT FROM new.locale)) OR (old.roles IS DISTINCT FROM new.roles)) OR (old.mfa_enabled IS DISTINCT FROM new.mfa_enabled))) EXECUTE FUNCTION count_revision();
grant delete, insert, select, update on public.account to troth_app;
grant references, select on public.account to troth_vault;

create table public.account_token (
  id uuid not null default uuid_v7(),
  account_id uuid not null,
  purpose text not null,
  expires_at timestamp with time zone not null,
  sealed_address bytea,
  constraint account_token_account_exists FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  constraint account_token_pkey PRIMARY KEY (id),
  constraint account_token_purpose_is_known CHECK ((purpose = ANY (ARRAY['password_reset'::text, 'not_me'::text, 'email_change_revert'::text]))),
  constraint revert_token_holds_an_address CHECK (((sealed_address IS NOT NULL) = (purpose = 'email_change_revert'::text)))
);
alter table public.account_token owner to troth_owner;
CREATE INDEX account_token_by_account ON public.account_token USING btree (account_id);
CREATE INDEX account_token_by_end ON public.account_token USING btree (expires_at);
CREATE UNIQUE INDEX newest_reset_token_alone ON public.account_token USING btree (account_id) WHERE (purpose = 'password_reset'::text);
grant delete, insert, select, update on public.account_token to troth_app;

create table public.address (
  email text not null,
  state text not null,
  last_event text not null,
  moved_at timestamp with time zone not null,
  subject_id uuid not null,
  claim_id uuid,
  claim_key_id text,
  code_length smallint,
  claimed_at timestamp with time zone,
  letter_at timestamp with time zone,
  expires_at timestamp with time zone,
  strikes smallint,
  resends smallint,
  wished_username text,
  locale text,
  account_id uuid,
  replayable_until timestamp with time zone,
  by_owner boolean not null default false,
  constraint account_has_one_address UNIQUE (account_id),
  constraint active_address_has_an_account CHECK (((state <> 'ACTIVE'::text) OR ((account_id IS NOT NULL) AND (num_nonnulls(claimed_at, letter_at, expires_at, strikes, resends, wished_username, locale) = 0) AND (num_nulls(claim_id, claim_key_id, code_length, replayable_until) = ANY (ARRAY[0, 4]))))),
  constraint address_account_exists FOREIGN KEY (account_id) REFERENCES account(id),
  constraint address_pkey PRIMARY KEY (email),
  constraint address_state_is_stored CHECK ((state = ANY (ARRAY['CLAIMED'::text, 'LOCKED'::text, 'ACTIVE'::text]))),
  constraint address_subject_exists FOREIGN KEY (subject_id) REFERENCES audit_subject(id),
  constraint claim_id_is_unique UNIQUE (claim_id),
  constraint claim_is_whole_while_claimed CHECK (((state <> 'CLAIMED'::text) OR ((num_nulls(claim_id, claim_key_id, code_length, claimed_at, letter_at, expires_at, strikes, resends) = 0) AND (num_nonnulls(account_id, replayable_until) = 0)))),
  constraint claim_state_is_referable UNIQUE (claim_id, state),
  constraint code_has_four_or_eight_digits CHECK ((code_length = ANY (ARRAY[4, 8]))),
  constraint email_is_normalised CHECK (((octet_length(email) <= 254) AND (POSITION(('@'::text) IN (email)) <= 65) AND (email ~ '^[a-z0-9.!#$%&''*+/=?^_`{|}~-]+@[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$'::text))),
  constraint locked_claim_keeps_nothing CHECK (((state <> 'LOCKED'::text) OR ((num_nonnulls(claim_id, claim_key_id, code_length, claimed_at, letter_at, strikes, resends, wished_username, locale, account_id, replayable_until) = 0) AND (expires_at IS NOT NULL)))),
  constraint owner_only_makes_claims CHECK (((state = 'CLAIMED'::text) OR (NOT by_owner))),
  constraint strikes_are_counted_to_three CHECK (((strikes >= 0) AND (strikes <= 2)))
) with (fillfactor=70);
alter table public.address owner to troth_owner;
CREATE INDEX address_by_expiry ON public.address USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX address_by_replay ON public.address USING btree (replayable_until) WHERE (replayable_until IS NOT NULL);
CREATE INDEX address_by_subject ON public.address USING btree (subject_id);
CREATE TRIGGER trust_move_is_listed BEFORE INSERT OR UPDATE ON public.address FOR EACH ROW EXECUTE FUNCTION refuse_unlisted_move();
grant delete, insert, select, update on public.address to troth_app;
grant references, select on public.address to troth_vault;

create table public.address_quota (
  address_key bytea not null,
  kind text not null,
  hour_started_at timestamp with time zone not null,
  hour_count smallint not null,
  day_started_at timestamp with time zone not null,
  day_count smallint not null,
  touched_at timestamp with time zone not null,
  constraint address_quota_kind_is_known CHECK ((kind = ANY (ARRAY['registration_letters'::text, 'owner_token'::text, 'already_registered'::text, 'session_reused'::text, 'reset_letters'::text, 'reset_owner_token'::text, 'password_changed'::text, 'email_changes'::text, 'email_change_letters'::text, 'deletion_scheduled'::text]))),
  constraint address_quota_pkey PRIMARY KEY (address_key, kind)
) with (fillfactor=70);
alter table public.address_quota owner to troth_owner;
CREATE INDEX address_quota_by_day ON public.address_quota USING btree (day_started_at);
grant delete, insert, select, update on public.address_quota to troth_app;

create table public.audit_batch (
  number integer not null,
  first_transaction xid8 not null,
  first_id uuid not null,
  last_transaction xid8 not null,
  last_id uuid not null,
  events integer not null,
  events_so_far bigint not null,
  newest_at timestamp with time zone not null,
  previous_hash bytea not null,
  events_hash bytea not null,
  hash bytea not null,
  sealed_at timestamp with time zone not null,
  key_id text not null,
  mac bytea not null,
  constraint audit_batch_begins_before_it_ends CHECK ((ROW(first_transaction, first_id) <= ROW(last_transaction, last_id))),
  constraint audit_batch_counts_all_before_it CHECK ((events_so_far >= events)),
  constraint audit_batch_hashes_are_sha_256 CHECK (((octet_length(previous_hash) = 32) AND (octet_length(events_hash) = 32) AND (octet_length(hash) = 32) AND (octet_length(mac) = 32))),
  constraint audit_batch_is_bounded CHECK (((events >= 1) AND (events <= 1000))),
  constraint audit_batch_pkey PRIMARY KEY (number),
  constraint audit_batches_count_from_one CHECK ((number >= 1))
);
alter table public.audit_batch owner to troth_owner;
CREATE TRIGGER audit_batch_is_append_only BEFORE DELETE OR UPDATE ON public.audit_batch FOR EACH ROW EXECUTE FUNCTION refuse_audit_batch_change();
CREATE TRIGGER audit_batch_is_never_truncated BEFORE TRUNCATE ON public.audit_batch FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
grant insert, select on public.audit_batch to troth_app;
grant update (key_id) on public.audit_batch to troth_app;
grant update (mac) on public.audit_batch to troth_app;

create table public.audit_checkpoint (
  is_only boolean not null default true,
  number integer not null,
  last_transaction xid8 not null,
  last_id uuid not null,
  events_so_far bigint not null,
  hash bytea not null,
  key_id text not null,
  mac bytea not null,
  constraint audit_checkpoint_has_one_row CHECK (is_only),
  constraint audit_checkpoint_pkey PRIMARY KEY (is_only)
);
alter table public.audit_checkpoint owner to troth_owner;
CREATE TRIGGER audit_checkpoint_is_never_truncated BEFORE TRUNCATE ON public.audit_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_checkpoint_moves_by_retention_alone BEFORE INSERT OR DELETE OR UPDATE ON public.audit_checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_audit_checkpoint_change();
grant select on public.audit_checkpoint to troth_app;
grant update (key_id) on public.audit_checkpoint to troth_app;
grant update (mac) on public.audit_checkpoint to troth_app;

create table public.audit_event (
  id uuid not null default uuid_v7(),
  transaction_id xid8 not null default (((((pg_current_xact_id())::text)::bigint + COALESCE(pg_sequence_last_value('audit_offset'::regclass), (0)::bigint)))::text)::xid8,
  occurred_at timestamp with time zone not null default clock_timestamp(),
  event text not null,
  subject_id uuid,
  actor_id uuid,
  request_id text,
  sealed_details bytea,
  constraint audit_event_is_known CHECK ((event = ANY (ARRAY['registration.claimed'::text, 'registration.activated'::text, 'registration.expired'::text, 'registration.locked'::text, 'registration.superseded'::text, 'registration.withdrawn'::text, 'session.created'::text, 'session.revoked'::text, 'session.reuse_detected'::text, 'password.changed'::text, 'password.reset'::text, 'security.not_me'::text, 'email.change_requested'::text, 'email.changed'::text, 'email.reverted'::text, 'account.suspended'::text, 'account.reinstated'::text, 'account.deletion_scheduled'::text, 'account.deletion_cancelled'::text, 'account.deleted'::text, 'account.exported'::text, 'admin.user_viewed'::text, 'admin.user_changed'::text, 'admin.searched'::text]))),
  constraint audit_event_pkey PRIMARY KEY (id)
);
alter table public.audit_event owner to troth_owner;
CREATE INDEX audit_event_by_actor ON public.audit_event USING btree (actor_id, id) WHERE (actor_id IS NOT NULL);
CREATE INDEX audit_event_by_event ON public.audit_event USING btree (event, id);
CREATE INDEX audit_event_by_subject ON public.audit_event USING btree (subject_id, id);
CREATE INDEX audit_event_by_transaction ON public.audit_event USING btree (transaction_id, id);
CREATE TRIGGER audit_event_goes_by_retention_alone BEFORE DELETE ON public.audit_event FOR EACH ROW EXECUTE FUNCTION refuse_early_audit_drop();
CREATE TRIGGER audit_event_is_append_only BEFORE UPDATE ON public.audit_event FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_event_is_never_truncated BEFORE TRUNCATE ON public.audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
grant select on public.audit_event to troth_app;
grant insert (actor_id) on public.audit_event to troth_app;
grant insert (event) on public.audit_event to troth_app;
grant insert (request_id) on public.audit_event to troth_app;
grant insert (sealed_details) on public.audit_event to troth_app;
grant insert (subject_id) on public.audit_event to troth_app;

create table public.audit_subject (
  id uuid not null default gen_random_uuid(),
  wrapped_key bytea not null,
  constraint audit_subject_pkey PRIMARY KEY (id)
);
alter table public.audit_subject owner to troth_owner;
grant delete, insert, select on public.audit_subject to troth_app;
grant update (wrapped_key) on public.audit_subject to troth_app;

create table public.breaker (
  only_one boolean not null default true,
  open_until timestamp with time zone not null,
  constraint breaker_is_one_row CHECK (only_one),
  constraint breaker_pkey PRIMARY KEY (only_one)
);
alter table public.breaker owner to troth_owner;
grant select, update on public.breaker to troth_app;

create table public.client (
  id uuid not null default uuid_v7(),
  name text not null,
  key_hash bytea not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint client_key_hash_is_sha_256 CHECK ((octet_length(key_hash) = 32)),
  constraint client_name_has_1_to_100_characters CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
  constraint client_name_is_unique UNIQUE (name),
  constraint client_pkey PRIMARY KEY (id)
);
alter table public.client owner to troth_owner;
grant insert, select on public.client to troth_app;

create table public.email_change (
  id uuid not null default uuid_v7(),
  account_id uuid not null,
  key_id text not null,
  sealed_address bytea not null,
  tries smallint not null default 0,
  expires_at timestamp with time zone not null,
  constraint account_has_one_email_change UNIQUE (account_id),
  constraint email_change_account_exists FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE,
  constraint email_change_pkey PRIMARY KEY (id),
  constraint tries_are_counted_to_three CHECK (((tries >= 0) AND (tries <= 2)))
);
alter table public.email_change owner to troth_owner;
CREATE INDEX email_change_by_end ON public.email_change USING btree (expires_at);
grant delete, insert, select, update on public.email_change to troth_app;

create table public.idempotency_key (
  scope bytea not null,
  fingerprint bytea not null,
  used_at timestamp with time zone not null,
  constraint idempotency_key_pkey PRIMARY KEY (scope)
);
alter table public.idempotency_key owner to troth_owner;
CREATE INDEX idempotency_key_by_use ON public.idempotency_key USING btree (used_at);
grant delete, insert, select, update on public.idempotency_key to troth_app;

create table public.letter (
  id uuid not null default uuid_v7(),
  kind text not null,
  envelope bytea not null,
  address_key bytea not null,
  claim_id uuid,
  claim_key_id text,
  code_length smallint,
  written_at timestamp with time zone not null default clock_timestamp(),
  due_at timestamp with time zone not null default clock_timestamp(),
  window_closes_at timestamp with time zone not null,
  attempts smallint not null default 0,
  token_id uuid,
  change_id uuid,
  constraint code_letter_names_its_claim CHECK ((num_nulls(claim_id, claim_key_id, code_length) =
CASE kind
    WHEN 'registration_code'::text THEN 0
    ELSE 3
END)),
  constraint letter_change_exists FOREIGN KEY (change_id) REFERENCES email_change(id) ON DELETE CASCADE,
  constraint letter_kind_is_known CHECK ((kind = ANY (ARRAY['registration_code'::text, 'already_registered'::text, 'session_reused'::text, 'password_reset'::text, 'password_changed'::text, 'email_change_code'::text, 'email_changed'::text, 'deletion_scheduled'::text, 'account_deleted'::text]))),
  constraint letter_leaves_within_a_day CHECK ((window_closes_at <= (written_at + '24:00:01'::interval))),
  constraint letter_names_its_change CHECK (((change_id IS NOT NULL) = (kind = 'email_change_code'::text))),
  constraint letter_names_its_token CHECK (((kind = 'session_reused'::text) OR ((token_id IS NOT NULL) = (kind = ANY (ARRAY['password_reset'::text, 'password_changed'::text, 'email_changed'::text, 'deletion_scheduled'::text]))))),
  constraint letter_pkey PRIMARY KEY (id),
  constraint letter_token_exists FOREIGN KEY (token_id) REFERENCES account_token(id) ON DELETE CASCADE
);
alter table public.letter owner to troth_owner;
CREATE INDEX letter_by_address ON public.letter USING btree (address_key);
CREATE INDEX letter_by_change ON public.letter USING btree (change_id) WHERE (change_id IS NOT NULL);
CREATE INDEX letter_by_claim ON public.letter USING btree (claim_id) WHERE (claim_id IS NOT NULL);
CREATE INDEX letter_by_due ON public.letter USING btree (due_at, window_closes_at);
CREATE INDEX letter_by_token ON public.letter USING btree (token_id) WHERE (token_id IS NOT NULL);
CREATE INDEX letter_by_window ON public.letter USING btree (window_closes_at);
grant delete, insert, select, update on public.letter to troth_app;

create table public.login_failure (
  budget_key bytea not null,
  window_started_at timestamp with time zone not null,
  failures smallint not null,
  constraint login_failure_pkey PRIMARY KEY (budget_key)
) with (fillfactor=70);
alter table public.login_failure owner to troth_owner;
CREATE INDEX login_failure_by_window ON public.login_failure USING btree (window_started_at);
grant delete, insert, select, update on public.login_failure to troth_app;

create table public.registration_mute (
  address_key bytea not null,
  muted_until timestamp with time zone not null,
  constraint registration_mute_pkey PRIMARY KEY (address_key)
);
alter table public.registration_mute owner to troth_owner;
CREATE INDEX registration_mute_by_end ON public.registration_mute USING btree (muted_until);
grant delete, insert, select, update on public.registration_mute to troth_app;

create table public.schema_migration (
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null default clock_timestamp(),
  constraint schema_migration_pkey PRIMARY KEY (name)
);
alter table public.schema_migration owner to troth_owner;
grant select on public.schema_migration to troth_app;

create table public.sealed_key (
  purpose text not null,
  key_id text not null,
  sealed bytea not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint sealed_key_pkey PRIMARY KEY (purpose)
);
alter table public.sealed_key owner to troth_owner;
grant insert, select, update on public.sealed_key to troth_app;

create table public.session (
  id uuid not null default uuid_v7(),
  account_id uuid not null,
  credential_version integer not null,
  generation integer not null default 1,
  generation_is_used boolean not null default false,
  authenticated_at timestamp with time zone not null,
  amr text[] not null,
  device_name text,
  created_at timestamp with time zone not null,
  rotated_at timestamp with time zone not null,
  last_seen_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  constraint generations_count_from_one CHECK ((generation >= 1)),
  constraint session_account_exists FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE,
  constraint session_ends_within_30_days CHECK ((ends_at <= (created_at + '30 days'::interval))),
  constraint session_pkey PRIMARY KEY (id)
) with (fillfactor=70);
alter table public.session owner to troth_owner;
CREATE INDEX session_by_account ON public.session USING btree (account_id, id);
CREATE INDEX session_by_end ON public.session USING btree (ends_at);
grant delete, insert, select, update on public.session to troth_app;

create table public.signing_key (
  kid text not null,
  public_jwk text not null,
  key_id text not null,
  sealed bytea not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  signs_from timestamp with time zone not null,
  constraint signing_key_pkey PRIMARY KEY (kid)
);
alter table public.signing_key owner to troth_owner;
grant delete, insert, select, update on public.signing_key to troth_app;

create table public.struck_claim (
  claim_id uuid not null,
  address_key bytea not null,
  struck_at timestamp with time zone not null,
  constraint struck_claim_pkey PRIMARY KEY (claim_id)
);
alter table public.struck_claim owner to troth_owner;
CREATE INDEX struck_claim_by_address ON public.struck_claim USING btree (address_key, struck_at);
CREATE INDEX struck_claim_by_time ON public.struck_claim USING btree (struck_at);
grant delete, insert, select, update on public.struck_claim to troth_app;

create table public.trust_transition (
  from_state text not null,
  event text not null,
  to_state text not null,
  constraint trust_transition_pkey PRIMARY KEY (from_state, event, to_state)
);
alter table public.trust_transition owner to troth_owner;
grant select on public.trust_transition to troth_app;

create table vault.account_password (
  account_id uuid not null,
  phc text not null,
  constraint account_password_is_argon2id CHECK ((phc ~ '^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$'::text)),
  constraint account_password_pkey PRIMARY KEY (account_id),
  constraint credential_only_of_an_account FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
);
alter table vault.account_password owner to troth_vault;

create table vault.claim_password (
  claim_id uuid not null,
  claim_state text not null generated always as ('CLAIMED'::text) stored,
  phc text not null,
  constraint claim_password_is_argon2id CHECK ((phc ~ '^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$'::text)),
  constraint claim_password_pkey PRIMARY KEY (claim_id),
  constraint credential_only_of_a_live_claim FOREIGN KEY (claim_id, claim_state) REFERENCES address(claim_id, state) ON DELETE CASCADE
);
alter table vault.claim_password owner to troth_vault;

CREATE OR REPLACE FUNCTION public.activate_claim(p_email text, p_address_key bytea, p_claim_id uuid, p_phc text, p_code_is_right boolean, p_request_id text, p_sealed_details bytea, p_creates_session boolean DEFAULT false, p_device_name text DEFAULT NULL::text)
 RETURNS activation
 LANGUAGE plpgsql
AS $function$
declare
  v_activation activation :=
    decide_activation(p_email, p_address_key, p_claim_id, p_phc, p_code_is_right, p_request_id, p_sealed_details);
  v_account account;
begin
  if p_creates_session and v_activation.outcome = 'activated' then
    select * into v_account from account where id = v_activation.account_id for no key update;
    v_activation.session := open_session(v_account, array['pwd', 'otp'], p_device_name, p_request_id, p_sealed_details);
  end if;
  return v_activation;
end
$function$
;
alter function activate_claim(text,bytea,uuid,text,boolean,text,bytea,boolean,text) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.activation_of(p_outcome text, p_account_id uuid)
 RETURNS activation
 LANGUAGE sql
AS $function$
  select p_outcome, id, username, display_name, birthdate::text, locale, roles, mfa_enabled, created_at, updated_at,
         null::opened_session
    from (select p_account_id as wanted) as given left join account on account.id = given.wanted
$function$
;
alter function activation_of(text,uuid) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.add_signing_key(p_kid text, p_public_jwk text, p_key_id text, p_sealed bytea, p_least_age interval, p_notice interval)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  v_newest timestamptz;
begin
  perform pg_advisory_xact_lock(hashtext('troth signing key'));
  select max(signs_from) into v_newest from signing_key;
  if v_newest > clock_timestamp() - p_least_age then
    return false;
  end if;
  insert into signing_key (kid, public_jwk, key_id, sealed, signs_from)
  values (p_kid, p_public_jwk, p_key_id, p_sealed,
          clock_timestamp() + case when v_newest is null then interval '0' else p_notice end);
  return true;
end
$function$
;
alter function add_signing_key(text,text,text,bytea,interval,interval) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.administered_user(p_account_id uuid)
 RETURNS administered_user
 LANGUAGE sql
 STABLE
AS $function$
  select id, (select email from address where account_id = account.id), username, display_name, birthdate::text, locale,
         roles, mfa_enabled, created_at, updated_at, revision, suspended_at, deletion_effective_at,
         case when changes_frozen_until > clock_timestamp() then changes_frozen_until end,
         (select count(*)::int from session
           where session.account_id = account.id and session.credential_version = account.credential_version
             and session.ends_at > clock_timestamp() and session.rotated_at > clock_timestamp() - interval '14 days')
    from account
   where id = p_account_id
$function$
;
alter function administered_user(uuid) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.administrator(p_session_id uuid, p_locks boolean)
 RETURNS account
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function administrator(uuid,boolean) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.audit_drops_before()
 RETURNS timestamp with time zone
 LANGUAGE sql
AS $function$
  select clock_timestamp() - interval '1 year' + interval '1 hour'
$function$
;
alter function audit_drops_before() owner to troth_owner;

CREATE OR REPLACE FUNCTION public.begin_administration(p_session_id uuid, p_account_id uuid, OUT actor_id uuid, OUT subject_id uuid, OUT revision integer, OUT is_last boolean, OUT refusal text)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
begin
  is_last := is_last_admin(p_account_id);
  actor_id := (administrator(p_session_id, true)).subject_id;
  select account.subject_id, account.revision into subject_id, revision
    from account where id = p_account_id for no key update;
  refusal := case when actor_id is null then 'not_admin' when subject_id is null then 'no_user' end;
end
$function$
;
alter function begin_administration(uuid,uuid) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.cancel_deletion(p_account_id uuid, p_session_id uuid, p_request_id text, p_sealed_details bytea)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function cancel_deletion(uuid,uuid,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.cancel_email_change(p_account_id uuid, p_session_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  v_account account;
begin
  select * into v_account from account where id = p_account_id for no key update;
  if not session_is_live(p_session_id, v_account, clock_timestamp()) then
    return false;
  end if;
  delete from email_change where account_id = p_account_id;
  return true;
end
$function$
;
alter function cancel_email_change(uuid,uuid) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.change_password(p_account_id uuid, p_session_id uuid, p_current_phc text, p_phc text, p_budget bytea, p_request_id text, p_sealed_details bytea, p_email text, p_address_key bytea, p_envelope bytea)
 RETURNS password_change
 LANGUAGE plpgsql
AS $function$
declare
  v_wait int := case when p_current_phc is null then 0 else login_budget_wait(p_budget, 5, interval '15 minutes') end;
  v_account account;
begin
  if v_wait > 0 then
    return ('over_limit', v_wait)::password_change;
  end if;
  select * into v_account from account where id = p_account_id for no key update;
  if not session_is_live(p_session_id, v_account, clock_timestamp()) then
    return ('session_over', null)::password_change;
  end if;
  if p_current_phc is not null and not vault.account_password_is(p_account_id, p_current_phc) then
    update login_failure set failures = failures + 1 where budget_key = p_budget;
    return ('wrong_password', null)::password_change;
  end if;
  if (select email from address where account_id = p_account_id) is distinct from p_email then
    return ('moved', null)::password_change;
  end if;
  update login_failure set failures = 0 where budget_key = p_budget and p_current_phc is not null and failures > 0;
  perform vault.set_account_password(p_account_id, p_phc);
  perform raise_credential_version(p_account_id, p_session_id);
  delete from account_token where account_id = p_account_id and purpose = 'password_reset';
  perform write_audit('password.changed', v_account.subject_id, p_request_id, p_sealed_details);
  perform write_notice('password_changed', p_account_id, p_address_key, p_envelope);
  return ('changed', null)::password_change;
end
$function$
;
alter function change_password(uuid,uuid,text,text,bytea,text,bytea,text,bytea,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.change_profile(p_account_id uuid, p_session_id uuid, p_revisions integer[], p_fields text[], p_username text, p_display_name text, p_birthdate text, p_locale text)
 RETURNS profile_change
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function change_profile(uuid,uuid,integer[],text[],text,text,text,text) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.change_user(p_session_id uuid, p_account_id uuid, p_revisions integer[], p_fields text[], p_username text, p_display_name text, p_locale text, p_roles text[], p_request_id text, p_sealed_details bytea)
 RETURNS user_change
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function change_user(uuid,uuid,integer[],text[],text,text,text,text[],text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.clear_overdue(p_address address, p_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  if p_address.state = 'LOCKED' or p_address.expires_at <= p_at then
    perform release_dead_claim(p_address);
    return true;
  end if;
  if p_address.replayable_until <= p_at then
    update address set claim_id = null, claim_key_id = null, code_length = null, replayable_until = null
     where email = p_address.email;
  end if;
  return false;
end
$function$
;
alter function clear_overdue(address,timestamp with time zone) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.confirm_email_change(p_account_id uuid, p_session_id uuid, p_account_key bytea, p_change_id uuid, p_code_is_right boolean, p_email text, p_address_key bytea, p_former_email text, p_former_key bytea, p_sealed_former bytea, p_envelope bytea, p_request_id text, p_sealed_details bytea)
 RETURNS email_change_confirmation
 LANGUAGE plpgsql
AS $function$
declare
  v_address address;
  v_account account;
  v_at timestamptz;
  v_refusal text;
begin
  perform lock_moves(p_account_key);
  v_address := lock_address_beside(p_account_id, p_email, p_address_key);
  select * into v_account from account where id = p_account_id for no key update;
  v_at := clock_timestamp();
  v_address := case when not clear_overdue(v_address, v_at) then v_address end;
  v_refusal := coalesce(refuse_change(v_account, p_session_id, v_at),
                        judge_email_change(p_account_id, p_change_id, p_code_is_right, v_at),
                        case when v_address.account_id is not null then 'taken' end);
  if v_refusal is null
    and (select email from address where account_id = p_account_id) is distinct from p_former_email then
    v_refusal := 'moved';
  end if;
  if v_refusal is not null then
    return (v_refusal, null)::email_change_confirmation;
  end if;
  perform move_to_address(v_account, p_email, v_address, v_at, p_request_id);
  v_account := raise_credential_version(p_account_id, p_session_id);
  delete from account_token where account_id = p_account_id and purpose <> 'email_change_revert';
  -- That somebody tried to register with the former address is no business of its owner any more.
  delete from letter where address_key = p_former_key and kind = 'already_registered';
  perform write_audit('email.changed', v_account.subject_id, p_request_id, p_sealed_details);
  if p_former_email is not null then
    perform write_revert_letter(p_account_id, p_former_key, p_sealed_former, p_envelope);
  end if;
  return ('changed', user_record_of(v_account))::email_change_confirmation;
end
$function$
;
alter function confirm_email_change(uuid,uuid,bytea,uuid,boolean,text,bytea,text,bytea,bytea,bytea,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.continue_audit_numbering()
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$
;
alter function continue_audit_numbering() owner to troth_owner;

CREATE OR REPLACE FUNCTION public.count_revision()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.revision := old.revision + 1;
  new.updated_at := greatest(clock_timestamp(), old.updated_at);
  return new;
end
$function$
;
alter function count_revision() owner to troth_owner;

CREATE OR REPLACE FUNCTION public.create_admin(p_email text, p_address_key bytea, p_found_id uuid, p_wrapped_key bytea, p_key_id text, p_envelope bytea, p_sealed_details bytea)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function create_admin(text,bytea,uuid,bytea,text,bytea,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.decide_activation(p_email text, p_address_key bytea, p_claim_id uuid, p_phc text, p_code_is_right boolean, p_request_id text, p_sealed_details bytea)
 RETURNS activation
 LANGUAGE plpgsql
AS $function$
declare
  v_address address := lock_address(p_email, p_address_key);
  v_at timestamptz := clock_timestamp();
begin
  -- What stood there before still decides: who is late is told apart from who never claimed.
  perform clear_overdue(v_address, v_at);
  if v_address.claim_id is distinct from p_claim_id then
    return activation_of(case when v_address.claim_id is null then 'no_claim' else 'another_claim' end, null);
  end if;
  if v_address.state = 'ACTIVE' then
    return case
      when v_address.replayable_until > v_at and p_code_is_right
        and vault.account_password_is(v_address.account_id, p_phc)
      then activation_of('replayed', v_address.account_id)
      else activation_of('refused_replay', null) end;
  end if;
  if v_address.expires_at <= v_at then
    return activation_of('expired', null);
  end if;
  if not vault.claim_password_is(p_claim_id, p_phc) then
    return activation_of('wrong_password', null);
  end if;
  if not p_code_is_right then
    return activation_of(strike_claim(v_address, p_address_key, v_at, p_request_id), null);
  end if;
  return activation_of('activated', open_account(v_address, v_at, p_request_id, p_sealed_details));
end
$function$
;
alter function decide_activation(text,bytea,uuid,text,boolean,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.disown_change(p_token_id uuid, p_request_id text, p_sealed_details bytea, p_address_key bytea, p_envelope bytea)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  v_account account := take_account_token(p_token_id, 'not_me');
begin
  if v_account.id is null then
    return false;
  end if;
  -- Whoever set it knows it, and would be back before the reset mail is read.
  perform vault.forget_account_password(v_account.id);
  perform raise_credential_version(v_account.id, null);
  perform drop_pending_changes(v_account, p_request_id, p_sealed_details);
  update account
     set device_version = device_version + 1, changes_frozen_until = clock_timestamp() + interval '24 hours'
   where id = v_account.id;
  perform write_audit('security.not_me', v_account.subject_id, p_request_id, p_sealed_details);
  if p_address_key is not null then
    perform write_reset_letter(v_account.id, p_address_key, p_envelope);
  end if;
  return true;
end
$function$
;
alter function disown_change(uuid,text,bytea,bytea,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.drop_audit_batch(p_number integer, p_key_id text, p_mac bytea)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$
;
alter function drop_audit_batch(integer,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.drop_code_letters(p_claim_id uuid)
 RETURNS void
 LANGUAGE sql
AS $function$
  delete from letter where claim_id = p_claim_id
$function$
;
alter function drop_code_letters(uuid) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.drop_letters_of(p_account_id uuid, p_address_key bytea)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function drop_letters_of(uuid,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.drop_pending_changes(p_account account, p_request_id text, p_sealed_details bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  delete from email_change where account_id = p_account.id;
  if p_account.deletion_effective_at is not null then
    update account set deletion_effective_at = null where id = p_account.id;
    perform write_audit('account.deletion_cancelled', p_account.subject_id, p_request_id, p_sealed_details);
  end if;
end
$function$
;
alter function drop_pending_changes(account,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.email_changes_wait(p_account_key bytea)
 RETURNS integer
 LANGUAGE sql
AS $function$
  select greatest(1, ceil(extract(epoch from greatest(
           case when hour_count >= 5 then hour_started_at + interval '1 hour' end,
           case when day_count >= 5 then day_started_at + interval '1 day' end) - clock_timestamp())))::int
    from address_quota where address_key = p_account_key and kind = 'email_changes'
$function$
;
alter function email_changes_wait(bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.end_claim(p_claim address, p_event text, p_request_id text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform vault.forget_claim_password(p_claim.claim_id);
  perform drop_code_letters(p_claim.claim_id);
  perform write_audit(p_event, p_claim.subject_id, p_request_id, null);
end
$function$
;
alter function end_claim(address,text,text) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.end_reused_session(p_session_id uuid, p_request_id text, p_sealed_details bytea, p_address_key bytea, p_envelope bytea)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  v_account account;
begin
  select account.* into v_account
    from session join account on account.id = session.account_id
   where session.id = p_session_id
     for key share of account;
  delete from session where id = p_session_id;
  if not found then
    return false;
  end if;
  perform write_audit('session.reuse_detected', v_account.subject_id, p_request_id, p_sealed_details);
  perform write_notice('session_reused', v_account.id, p_address_key, p_envelope);
  return true;
end
$function$
;
alter function end_reused_session(uuid,text,bytea,bytea,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.end_sessions(p_account_id uuid, p_kept uuid, p_request_id text, p_sealed_details bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_account account := raise_credential_version(p_account_id, p_kept);
begin
  if v_account.id is not null then
    perform write_audit('session.revoked', v_account.subject_id, p_request_id, p_sealed_details);
  end if;
end
$function$
;
alter function end_sessions(uuid,uuid,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.end_user_sessions(p_session_id uuid, p_account_id uuid, p_request_id text, p_sealed_details bytea)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function end_user_sessions(uuid,uuid,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.erase_account(p_account_id uuid, p_email text, p_address_key bytea, p_planned_at timestamp with time zone, p_session_id uuid, p_admin_session_id uuid, p_budgets bytea[], p_request_id text, p_envelope bytea, p_revert_tokens uuid[], p_former_farewells former_farewell[])
 RETURNS erasure
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function erase_account(uuid,text,bytea,timestamp with time zone,uuid,uuid,bytea[],text,bytea,uuid[],former_farewell[]) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.first_id_of(p_at timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE STRICT
AS $function$
  select (lpad(to_hex(greatest(floor(extract(epoch from p_at) * 1000), 0)::bigint), 12, '0') || repeat('0', 20))::uuid
$function$
;
alter function first_id_of(timestamp with time zone) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.found_account(p_email text, p_address_key bytea, p_address address, p_wrapped_key bytea, p_key_id text, p_envelope bytea)
 RETURNS uuid
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function found_account(text,bytea,address,bytea,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.is_last_admin(p_account_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock(hashtextextended('troth admins', 0));
  return exists (select from account where id = p_account_id and 'admin' = any (roles) and suspended_at is null)
     and not exists (
       select from account where id <> p_account_id and 'admin' = any (roles) and suspended_at is null);
end
$function$
;
alter function is_last_admin(uuid) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.judge_email_change(p_account_id uuid, p_change_id uuid, p_code_is_right boolean, p_at timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  v_change email_change;
begin
  select * into v_change from email_change where id = p_change_id and account_id = p_account_id for update;
  if v_change.id is null then
    return 'no_change';
  end if;
  if v_change.expires_at > p_at and not p_code_is_right and v_change.tries < 2 then
    update email_change set tries = tries + 1 where id = p_change_id;
    return 'wrong_code';
  end if;
  delete from email_change where id = p_change_id;
  return case when v_change.expires_at <= p_at then 'expired' when not p_code_is_right then 'struck_out' end;
end
$function$
;
alter function judge_email_change(uuid,uuid,boolean,timestamp with time zone) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.judge_refresh(p_session session, p_account account, p_generation integer, p_grace interval, p_at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case
    when p_session.credential_version <> p_account.credential_version or p_account.suspended_at is not null
      or p_session.ends_at <= p_at or p_session.rotated_at <= p_at - interval '14 days' then 'over'
    when p_generation = p_session.generation then
      case when p_session.rotated_at > p_at - p_grace then 'repeated' else 'rotated' end
    when p_generation = p_session.generation - 1
      and (not p_session.generation_is_used or p_session.rotated_at > p_at - p_grace) then 'repeated'
    else 'reused'
  end
$function$
;
alter function judge_refresh(session,account,integer,interval,timestamp with time zone) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.judge_registration(p_address address, p_address_key bytea, p_by_owner boolean, p_envelope bytea)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
begin
  return case
    when p_address.state = 'ACTIVE' then notify_active_address(p_address_key, p_envelope)
    when p_by_owner then case when p_address.state = 'CLAIMED' then 'superseded' else 'claimed' end
    when p_address.state = 'CLAIMED' then 'already_claimed'
    when registration_is_muted(p_address_key) then 'muted'
    when take_letter_quota(p_address_key, false) then 'claimed'
    else 'over_quota'
  end;
end
$function$
;
alter function judge_registration(address,bytea,boolean,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.list_audit_events(p_session_id uuid, p_event text, p_user_id uuid, p_actor_id uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_behind uuid, p_limit integer, p_request_id text)
 RETURNS TABLE(has_more boolean, event_id uuid, event text, occurred_at timestamp with time zone, subject_id uuid, user_id uuid, actor_subject_id uuid, actor_user_id uuid, request_id text, sealed_details bytea, wrapped_key bytea)
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function list_audit_events(uuid,text,uuid,uuid,timestamp with time zone,timestamp with time zone,uuid,integer,text) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.list_users(p_session_id uuid, p_email text, p_status text, p_behind uuid, p_limit integer, p_request_id text)
 RETURNS TABLE(has_more boolean, shown administered_user)
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function list_users(uuid,text,text,uuid,integer,text) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.lock_address(p_email text, p_address_key bytea)
 RETURNS address
 LANGUAGE plpgsql
AS $function$
declare
  v_address address;
begin
  perform touch_address(p_address_key);
  select * into v_address from address where email = p_email for update;
  return v_address;
end
$function$
;
alter function lock_address(text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.lock_address_beside(p_account_id uuid, p_email text, p_address_key bytea)
 RETURNS address
 LANGUAGE plpgsql
AS $function$
declare
  v_address address;
begin
  perform touch_address(p_address_key);
  perform from address where email = p_email or account_id = p_account_id order by email for update;
  select * into v_address from address where email = p_email;
  return v_address;
end
$function$
;
alter function lock_address_beside(uuid,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.lock_moves(p_account_key bytea)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into address_quota as quota (address_key, kind, hour_started_at, hour_count, day_started_at, day_count, touched_at)
  values (p_account_key, 'email_changes', clock_timestamp(), 0, clock_timestamp(), 0, clock_timestamp())
  on conflict on constraint address_quota_pkey do update set touched_at = excluded.touched_at
$function$
;
alter function lock_moves(bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.lock_usernames(p_account_id uuid, p_username text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock(key)
     from (select distinct hashtextextended('troth user name ' || name, 0) as key
             from (select username as name from account where id = p_account_id
                   union all
                   select p_username) as names
            where name is not null
            order by key) as keys;
end
$function$
;
alter function lock_usernames(uuid,text) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.log_in(p_account_id uuid, p_phc text, p_address_budget bytea, p_source_budget bytea, p_device_budget bytea, p_device_name text, p_request_id text, p_sealed_details bytea, p_credential_version integer DEFAULT NULL::integer)
 RETURNS login
 LANGUAGE plpgsql
AS $function$
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
  -- One that is counted by another log-in at this moment stays as it is: it is locked before the account is.
  update login_failure set failures = 0
   where budget_key in (select budget_key from login_failure
                         where budget_key in (p_source_budget, p_device_budget) and failures > 0
                           for update skip locked);
  v_account.credential_version := coalesce(p_credential_version, v_account.credential_version);
  v_session := open_session(v_account, array['pwd'], p_device_name, p_request_id, p_sealed_details);
  return (case when v_session.session_id is null then 'suspended' else 'logged_in' end, null, v_session)::login;
end
$function$
;
alter function log_in(uuid,text,bytea,bytea,bytea,text,text,bytea,integer) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.login_budget_wait(p_key bytea, p_most integer, p_window interval)
 RETURNS integer
 LANGUAGE sql
AS $function$
  insert into login_failure as budget (budget_key, window_started_at, failures)
  values (p_key, clock_timestamp(), 0)
  on conflict on constraint login_failure_pkey do update
     set failures = case when budget.window_started_at <= clock_timestamp() - p_window then 0 else budget.failures end,
         window_started_at = case when budget.window_started_at <= clock_timestamp() - p_window
                                  then clock_timestamp() else budget.window_started_at end
  returning case when failures < p_most then 0
                 else greatest(1, ceil(extract(epoch from window_started_at + p_window - clock_timestamp())))::int end
$function$
;
alter function login_budget_wait(bytea,integer,interval) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.move_to_address(p_account account, p_email text, p_claim address, p_at timestamp with time zone, p_request_id text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  delete from address where account_id = p_account.id;
  if p_claim.email is not null then
    perform end_claim(p_claim, 'registration.superseded', p_request_id);
  end if;
  insert into address (email, state, last_event, moved_at, subject_id, account_id)
  values (p_email, 'ACTIVE', 'proven', p_at, p_account.subject_id, p_account.id)
  on conflict on constraint address_pkey do update
     set state = excluded.state, last_event = excluded.last_event, moved_at = excluded.moved_at,
         subject_id = excluded.subject_id, account_id = excluded.account_id, claim_id = null, claim_key_id = null,
         code_length = null, claimed_at = null, letter_at = null, expires_at = null, strikes = null, resends = null,
         wished_username = null, locale = null, by_owner = false;
  delete from audit_subject where id = p_claim.subject_id;
  update account set revision = revision + 1 where id = p_account.id;
end
$function$
;
alter function move_to_address(account,text,address,timestamp with time zone,text) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.mute_registration(p_address_key bytea, p_owner_token_day integer, p_days integer)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  if p_days = 0 and owner_token_unmutes(p_owner_token_day) then
    delete from registration_mute where address_key = p_address_key;
    return true;
  end if;
  if not owner_token_is_current(p_owner_token_day) then
    return false;
  end if;
  insert into registration_mute as mute (address_key, muted_until)
  values (p_address_key, clock_timestamp() + make_interval(days => p_days))
  on conflict on constraint registration_mute_pkey do update set muted_until = excluded.muted_until;
  return true;
end
$function$
;
alter function mute_registration(bytea,integer,integer) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.next_code_length(p_address_key bytea, p_strict boolean)
 RETURNS smallint
 LANGUAGE sql
AS $function$
  select case
    when p_strict
      or (select open_until from breaker) > clock_timestamp()
      or (select count(*)
            from (select from struck_claim
                   where address_key = p_address_key and struck_at > (select clock_timestamp()) - interval '30 days'
                   limit 2) as struck) >= 2
    then 8 else 4 end::smallint
$function$
;
alter function next_code_length(bytea,boolean) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.note_breaker()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function note_breaker() owner to troth_owner;

CREATE OR REPLACE FUNCTION public.notify_active_address(p_address_key bytea, p_envelope bytea)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
begin
  if registration_is_muted(p_address_key) then
    return 'muted';
  end if;
  if not take_address_quota(p_address_key, 'already_registered', 1, 1) then
    return 'over_quota';
  end if;
  insert into letter (kind, envelope, address_key, window_closes_at)
  values ('already_registered', p_envelope, p_address_key, clock_timestamp() + interval '24 hours');
  return 'notified';
end
$function$
;
alter function notify_active_address(bytea,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.open_account(p_address address, p_at timestamp with time zone, p_request_id text, p_sealed_details bytea)
 RETURNS uuid
 LANGUAGE plpgsql
AS $function$
declare
  v_account_id uuid := uuid_v7();
begin
  insert into account (id, subject_id, username, locale)
  values (v_account_id, p_address.subject_id, p_address.wished_username, p_address.locale)
  on conflict on constraint username_is_unique do nothing;
  if not found then
    insert into account (id, subject_id, locale) values (v_account_id, p_address.subject_id, p_address.locale);
  end if;
  perform vault.promote_claim_password(p_address.claim_id, v_account_id);
  perform drop_code_letters(p_address.claim_id);
  delete from struck_claim where claim_id = p_address.claim_id;
  update address
     set state = 'ACTIVE', last_event = 'verified', moved_at = p_at, account_id = v_account_id,
         replayable_until = p_at + interval '60 seconds', claimed_at = null, letter_at = null, expires_at = null,
         strikes = null, resends = null, wished_username = null, locale = null, by_owner = false
   where email = p_address.email and claim_id = p_address.claim_id;
  perform write_audit('registration.activated', p_address.subject_id, p_request_id, p_sealed_details);
  return v_account_id;
end
$function$
;
alter function open_account(address,timestamp with time zone,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.open_session(p_account account, p_amr text[], p_device_name text, p_request_id text, p_sealed_details bytea)
 RETURNS opened_session
 LANGUAGE plpgsql
AS $function$
declare
  v_at timestamptz := clock_timestamp();
  v_session_id uuid := uuid_v7();
begin
  if p_account.suspended_at is not null then
    return null;
  end if;
  delete from session where id = any (array(
    select id from session where account_id = p_account.id order by id desc offset 99));
  insert into session (id, account_id, credential_version, authenticated_at, amr, device_name, created_at, rotated_at,
                       last_seen_at, ends_at)
  values (v_session_id, p_account.id, p_account.credential_version, v_at, p_amr, p_device_name, v_at, v_at, v_at,
          v_at + interval '30 days');
  perform write_audit('session.created', p_account.subject_id, p_request_id, p_sealed_details);
  return (v_session_id, p_account.id, 1, v_at, v_at + interval '14 days', v_at, p_amr, p_account.roles,
          p_account.device_version)::opened_session;
end
$function$
;
alter function open_session(account,text[],text,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.owner_token_is_current(p_day integer)
 RETURNS boolean
 LANGUAGE sql
AS $function$
  select coalesce(floor(extract(epoch from clock_timestamp()) / 86400)::int - p_day between 0 and 7, false)
$function$
;
alter function owner_token_is_current(integer) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.owner_token_unmutes(p_day integer)
 RETURNS boolean
 LANGUAGE sql
AS $function$
  select coalesce(floor(extract(epoch from clock_timestamp()) / 86400)::int - p_day between 0 and 7 + 30, false)
$function$
;
alter function owner_token_unmutes(integer) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.purge_claims(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
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
    from (select email, subject_id, state, claim_id
            from address
            join audit_subject on audit_subject.id = address.subject_id
           where expires_at <= v_at
           order by expires_at limit p_limit
             for update skip locked) as dead;
  insert into audit_event (event, subject_id) select 'registration.expired', unnest(v_expired);
  delete from letter where id = any (array(
    select id from letter where claim_id = any (v_claims) for update skip locked));
  delete from address where email = any (v_emails);
  delete from audit_subject where id = any (v_subjects);
  return coalesce(cardinality(v_emails), 0);
end
$function$
;
alter function purge_claims(integer) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.purge_is_mine()
 RETURNS boolean
 LANGUAGE sql
AS $function$
  select pg_try_advisory_xact_lock(hashtextextended('troth purge', 0))
$function$
;
alter function purge_is_mine() owner to troth_owner;

CREATE OR REPLACE FUNCTION public.raise_credential_version(p_account_id uuid, p_kept uuid)
 RETURNS account
 LANGUAGE plpgsql
AS $function$
declare
  v_account account;
begin
  update account set credential_version = credential_version + 1 where id = p_account_id returning * into v_account;
  update session set credential_version = v_account.credential_version
   where id = p_kept and account_id = p_account_id and credential_version = v_account.credential_version - 1;
  delete from session where account_id = p_account_id and credential_version < v_account.credential_version;
  return v_account;
end
$function$
;
alter function raise_credential_version(uuid,uuid) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.reauthenticate(p_account_id uuid, p_session_id uuid, p_phc text, p_budget bytea)
 RETURNS reauthentication
 LANGUAGE plpgsql
AS $function$
declare
  v_wait int := login_budget_wait(p_budget, 5, interval '15 minutes');
  v_account account;
  v_session session;
  v_at timestamptz;
begin
  if v_wait > 0 then
    return ('over_limit', v_wait, null, null)::reauthentication;
  end if;
  select * into v_account from account where id = p_account_id for no key update;
  select * into v_session from session where id = p_session_id and account_id = p_account_id for update;
  v_at := clock_timestamp();
  if v_session.id is null or v_session.credential_version <> v_account.credential_version
    or v_session.ends_at <= v_at or v_account.suspended_at is not null then
    return ('over', null, null, null)::reauthentication;
  end if;
  if not vault.account_password_is(p_account_id, p_phc) then
    update login_failure set failures = failures + 1 where budget_key = p_budget;
    return ('wrong_password', null, null, null)::reauthentication;
  end if;
  update login_failure set failures = 0 where budget_key = p_budget and failures > 0;
  -- Time and methods tell of one authentication: another factor that was shown at the log-in was not shown now.
  update session set authenticated_at = v_at, amr = array['pwd'] where id = p_session_id returning * into v_session;
  return ('reauthenticated', null, v_at,
          (v_session.id, v_account.id, v_session.generation, v_session.rotated_at,
           least(v_session.rotated_at + interval '14 days', v_session.ends_at), v_session.authenticated_at,
           v_session.amr, v_account.roles, v_account.device_version)::opened_session)::reauthentication;
end
$function$
;
alter function reauthenticate(uuid,uuid,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.refresh_session(p_session_id uuid, p_generation integer, p_grace interval)
 RETURNS session_refresh
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function refresh_session(uuid,integer,interval) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.refuse_audit_batch_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function refuse_audit_batch_change() owner to troth_owner;

CREATE OR REPLACE FUNCTION public.refuse_audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'audit events are append-only' using errcode = 'integrity_constraint_violation';
end
$function$
;
alter function refuse_audit_change() owner to troth_owner;

CREATE OR REPLACE FUNCTION public.refuse_audit_checkpoint_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function refuse_audit_checkpoint_change() owner to troth_owner;

CREATE OR REPLACE FUNCTION public.refuse_change(p_account account, p_session_id uuid, p_at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
AS $function$
  select case
    when not session_is_live(p_session_id, p_account, p_at) then 'session_over'
    when p_account.changes_frozen_until > p_at then 'frozen'
  end
$function$
;
alter function refuse_change(account,uuid,timestamp with time zone) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.refuse_claimant(p_address address, p_claim_id uuid, p_phc text, p_at timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
begin
  return case
    when p_address.state is distinct from 'CLAIMED' or p_address.claim_id <> p_claim_id then 'no_claim'
    when p_address.expires_at <= p_at then 'expired'
    when not vault.claim_password_is(p_claim_id, p_phc) then 'wrong_password'
  end;
end
$function$
;
alter function refuse_claimant(address,uuid,text,timestamp with time zone) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.refuse_early_audit_drop()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.occurred_at <= public.audit_drops_before() and exists (
       select from public.audit_checkpoint where (old.transaction_id, old.id) <= (last_transaction, last_id)) then
    return old;
  end if;
  raise exception 'audit events are append-only' using errcode = 'integrity_constraint_violation';
end
$function$
;
alter function refuse_early_audit_drop() owner to troth_owner;

CREATE OR REPLACE FUNCTION public.refuse_erasure(p_account account, p_session_id uuid, p_admin_session_id uuid, p_actor_id uuid, p_at timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function refuse_erasure(account,uuid,uuid,uuid,timestamp with time zone) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.refuse_resend(p_claim address, p_address_key bytea, p_resends integer, p_gap_seconds integer, p_at timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
begin
  return case
    when p_claim.resends >= p_resends then 'resends_used_up'
    when p_claim.letter_at + make_interval(secs => p_gap_seconds) > p_at then 'too_soon'
    when not p_claim.by_owner and registration_is_muted(p_address_key) then 'muted'
    when not take_letter_quota(p_address_key, p_claim.by_owner) then 'over_quota'
  end;
end
$function$
;
alter function refuse_resend(address,bytea,integer,integer,timestamp with time zone) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.refuse_unlisted_move()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function refuse_unlisted_move() owner to troth_owner;

CREATE OR REPLACE FUNCTION public.register(p_email text, p_address_key bytea, p_phc text, p_username text, p_locale text, p_owner_token_day integer, p_claim_seconds integer, p_strict boolean, p_claim_key_id text, p_wrapped_key bytea, p_sealed_details bytea, p_envelope bytea, p_request_id text, p_idempotency_scope bytea, p_fingerprint bytea)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  v_key text := take_idempotency_key(p_idempotency_scope, p_fingerprint);
  v_address address := lock_address(p_email, p_address_key);
  v_at timestamptz := clock_timestamp();
  v_by_owner boolean := false;
  v_outcome text;
  v_claims boolean;
begin
  if v_key <> 'fresh' then
    return v_key;
  end if;
  v_address := case when not clear_overdue(v_address, v_at) then v_address end;
  if v_address.state is distinct from 'ACTIVE' and owner_token_is_current(p_owner_token_day) then
    v_by_owner := take_letter_quota(p_address_key, true);
  end if;
  v_outcome := judge_registration(v_address, p_address_key, v_by_owner, p_envelope);
  v_claims := v_outcome in ('claimed', 'superseded');
  -- Where nothing is claimed, the same work is done for an address that nobody can guess, and undone: both take as long.
  begin
    perform stake_claim(
      case when v_claims then p_email else encode(uuid_send(gen_random_uuid()), 'hex') || '@decoy.invalid' end,
      p_address_key, p_phc, p_username, p_locale, v_by_owner, p_claim_seconds, p_strict, p_claim_key_id, p_wrapped_key,
      p_sealed_details, p_envelope, p_request_id, case when v_claims then v_address end, v_at);
    if not v_claims then
      raise exception 'undo' using errcode = 'TR000';
    end if;
  exception
    when sqlstate 'TR000' then
      null;
  end;
  return v_outcome;
end
$function$
;
alter function register(text,bytea,text,text,text,integer,integer,boolean,text,bytea,bytea,bytea,text,bytea,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.registration_is_muted(p_address_key bytea)
 RETURNS boolean
 LANGUAGE sql
AS $function$
  select exists (select from registration_mute where address_key = p_address_key and muted_until > clock_timestamp())
$function$
;
alter function registration_is_muted(bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.reinstate_account(p_session_id uuid, p_account_id uuid, p_request_id text, p_sealed_details bytea)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function reinstate_account(uuid,uuid,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.release_dead_claim(p_dead address)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if p_dead.state = 'CLAIMED' then
    perform end_claim(p_dead, 'registration.expired', null);
  end if;
  delete from address where email = p_dead.email;
  delete from audit_subject where id = p_dead.subject_id;
end
$function$
;
alter function release_dead_claim(address) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.remove_account(p_account account, p_email text, p_address_key bytea, p_budgets bytea[])
 RETURNS erasure
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function remove_account(account,text,bytea,bytea[]) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.request_email_change(p_account_id uuid, p_session_id uuid, p_account_key bytea, p_email text, p_address_key bytea, p_key_id text, p_sealed_address bytea, p_envelope bytea, p_request_id text, p_sealed_details bytea)
 RETURNS email_change_request
 LANGUAGE plpgsql
AS $function$
declare
  v_change_id uuid := uuid_v7();
  v_address address;
  v_account account;
  v_at timestamptz;
  v_has_quota boolean;
  v_refusal text;
begin
  if exists (select from account where id = p_account_id and changes_frozen_until > clock_timestamp()) then
    return ('frozen', null)::email_change_request;
  end if;
  if not take_address_quota(p_account_key, 'email_changes', 5, 5) then
    return ('over_limit', email_changes_wait(p_account_key))::email_change_request;
  end if;
  v_address := lock_address(p_email, p_address_key);
  perform clear_overdue(v_address, clock_timestamp());
  v_has_quota := take_address_quota(p_address_key, 'email_change_letters', 5, 10);
  select * into v_account from account where id = p_account_id for no key update;
  v_at := clock_timestamp();
  v_refusal := refuse_change(v_account, p_session_id, v_at);
  if v_refusal is not null then
    return (v_refusal, null)::email_change_request;
  end if;
  delete from email_change where account_id = p_account_id;
  insert into email_change (id, account_id, key_id, sealed_address, expires_at)
  values (v_change_id, p_account_id, p_key_id, p_sealed_address, v_at + interval '15 minutes');
  perform write_audit('email.change_requested', v_account.subject_id, p_request_id, p_sealed_details);
  -- A letter that must not go is written too, and undone: both take as long.
  begin
    insert into letter (kind, envelope, address_key, change_id, window_closes_at)
    values ('email_change_code', p_envelope, p_address_key, v_change_id, v_at + interval '15 minutes');
    if not v_has_quota or v_address.account_id is not null then
      raise exception 'undo' using errcode = 'TR000';
    end if;
  exception
    when sqlstate 'TR000' then
      null;
  end;
  return (case when v_address.account_id is not null then 'taken' when v_has_quota then 'mailed' else 'over_quota' end,
          null)::email_change_request;
end
$function$
;
alter function request_email_change(uuid,uuid,bytea,text,bytea,text,bytea,bytea,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.request_password_reset(p_email text, p_address_key bytea, p_owner_token_day integer, p_envelope bytea, p_idempotency_scope bytea, p_fingerprint bytea)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  v_key text := take_idempotency_key(p_idempotency_scope, p_fingerprint);
  v_address address := lock_address(p_email, p_address_key);
  v_has_quota boolean := false;
  v_writes boolean;
begin
  if v_key <> 'fresh' then
    return v_key;
  end if;
  perform clear_overdue(v_address, clock_timestamp());
  if owner_token_is_current(p_owner_token_day) then
    v_has_quota := take_address_quota(p_address_key, 'reset_owner_token', 5, 5);
  end if;
  if not v_has_quota then
    v_has_quota := take_address_quota(p_address_key, 'reset_letters', 5, 10);
  end if;
  v_writes := v_has_quota and v_address.account_id is not null;
  perform from account where id = v_address.account_id for no key update;
  -- Where nothing is mailed, the same work is done for an account that nobody has, and undone: both take as long.
  begin
    perform write_reset_letter(case when v_writes then v_address.account_id else gen_random_uuid() end, p_address_key,
                               p_envelope);
    if not v_writes then
      raise exception 'undo' using errcode = 'TR000';
    end if;
  exception
    when sqlstate 'TR000' then
      null;
  end;
  return case when v_address.account_id is null then 'no_account' when v_has_quota then 'mailed' else 'over_quota' end;
end
$function$
;
alter function request_password_reset(text,bytea,integer,bytea,bytea,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.resend_code(p_email text, p_address_key bytea, p_claim_id uuid, p_phc text, p_envelope bytea, p_claim_seconds integer, p_resends integer, p_gap_seconds integer)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  v_address address := lock_address(p_email, p_address_key);
  v_at timestamptz := clock_timestamp();
  v_until timestamptz;
  v_refusal text := refuse_claimant(v_address, p_claim_id, p_phc, v_at);
begin
  perform clear_overdue(v_address, v_at);
  if v_refusal is null then
    v_refusal := refuse_resend(v_address, p_address_key, p_resends, p_gap_seconds, v_at);
  end if;
  if v_refusal is not null then
    return v_refusal;
  end if;
  -- The latest deadline there is stands in the past of this one, so a resend never shortens a claim.
  v_until := greatest(v_address.expires_at, least(
    v_at + make_interval(secs => p_claim_seconds),
    v_address.claimed_at + make_interval(secs => p_claim_seconds * (1 + p_resends))));
  update address
     set last_event = 'resent', moved_at = v_at, letter_at = v_at, expires_at = v_until, resends = resends + 1
   where email = p_email and claim_id = p_claim_id;
  perform drop_code_letters(p_claim_id);
  perform write_code_letter(p_envelope, p_address_key, p_claim_id, v_address.claim_key_id, v_address.code_length, v_until);
  return 'resent';
end
$function$
;
alter function resend_code(text,bytea,uuid,text,bytea,integer,integer,integer) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.reset_password(p_token_id uuid, p_phc text, p_budgets bytea[], p_request_id text, p_sealed_details bytea, p_address_key bytea, p_envelope bytea)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  v_account account := take_account_token(p_token_id, 'password_reset');
begin
  if v_account.id is null then
    return false;
  end if;
  perform vault.set_account_password(v_account.id, p_phc);
  perform raise_credential_version(v_account.id, null);
  perform drop_pending_changes(v_account, p_request_id, p_sealed_details);
  update account set device_version = device_version + 1 where id = v_account.id;
  -- A log-in locks its budgets before the account: one that is under way keeps them, so that neither waits for the other.
  delete from login_failure
   where budget_key in (select budget_key from login_failure where budget_key = any (p_budgets) for update skip locked);
  perform write_audit('password.reset', v_account.subject_id, p_request_id, p_sealed_details);
  perform write_notice('password_changed', v_account.id, p_address_key, p_envelope);
  return true;
end
$function$
;
alter function reset_password(uuid,text,bytea[],text,bytea,bytea,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.revert_email_change(p_account_id uuid, p_token_id uuid, p_account_key bytea, p_email text, p_address_key bytea, p_envelope bytea, p_request_id text, p_sealed_details bytea)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  v_address address;
  v_account account;
  v_at timestamptz;
  v_until timestamptz;
begin
  perform lock_moves(p_account_key);
  v_address := lock_address_beside(p_account_id, p_email, p_address_key);
  select * into v_account from account where id = p_account_id for no key update;
  v_at := clock_timestamp();
  v_address := case when not clear_overdue(v_address, v_at) then v_address end;
  if v_address.account_id <> p_account_id then
    return 'taken';
  end if;
  delete from account_token
   where id = p_token_id and account_id = p_account_id and purpose = 'email_change_revert' and expires_at > v_at
  returning expires_at into v_until;
  if v_account.id is null or v_until is null then
    return 'over';
  end if;
  if v_address.account_id is null then
    perform move_to_address(v_account, p_email, v_address, v_at, p_request_id);
  end if;
  perform raise_credential_version(p_account_id, null);
  perform vault.forget_account_password(p_account_id);
  delete from account_token
   where account_id = p_account_id and (purpose <> 'email_change_revert' or expires_at >= v_until);
  perform drop_pending_changes(v_account, p_request_id, p_sealed_details);
  update account
     set device_version = device_version + 1, changes_frozen_until = v_at + interval '24 hours'
   where id = p_account_id;
  perform write_audit('email.reverted', v_account.subject_id, p_request_id, p_sealed_details);
  perform write_reset_letter(p_account_id, p_address_key, p_envelope);
  return 'reverted';
end
$function$
;
alter function revert_email_change(uuid,uuid,bytea,text,bytea,bytea,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.schedule_deletion(p_account_id uuid, p_session_id uuid, p_after_days integer, p_idempotency_scope bytea, p_fingerprint bytea, p_request_id text, p_sealed_details bytea, p_email text, p_address_key bytea, p_envelope bytea)
 RETURNS scheduled_deletion
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function schedule_deletion(uuid,uuid,integer,bytea,bytea,text,bytea,text,bytea,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.session_is_live(p_session_id uuid, p_account account, p_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select p_account.suspended_at is null
     and exists (select from session
                  where id = p_session_id and account_id = p_account.id
                    and credential_version = p_account.credential_version and ends_at > p_at
                    and rotated_at > p_at - interval '14 days')
$function$
;
alter function session_is_live(uuid,account,timestamp with time zone) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.stake_claim(p_email text, p_address_key bytea, p_phc text, p_username text, p_locale text, p_by_owner boolean, p_claim_seconds integer, p_strict boolean, p_claim_key_id text, p_wrapped_key bytea, p_sealed_details bytea, p_envelope bytea, p_request_id text, p_superseded address, p_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_claim_id uuid := uuid_v7();
  v_until timestamptz := p_at + make_interval(secs => p_claim_seconds);
  v_code_length smallint;
  v_subject_id uuid;
begin
  perform note_breaker();
  v_code_length := next_code_length(p_address_key, p_strict);
  insert into audit_subject (wrapped_key) values (p_wrapped_key) returning id into v_subject_id;
  if p_superseded.email is null then
    insert into address (email, state, last_event, moved_at, subject_id, claim_id, claim_key_id, code_length, claimed_at,
                         letter_at, expires_at, strikes, resends, wished_username, locale, by_owner)
    values (p_email, 'CLAIMED', 'claimed', p_at, v_subject_id, v_claim_id, p_claim_key_id, v_code_length, p_at,
            p_at, v_until, 0, 0, p_username, p_locale, p_by_owner);
  else
    perform end_claim(p_superseded, 'registration.superseded', p_request_id);
    update address
       set last_event = 'superseded', moved_at = p_at, subject_id = v_subject_id, claim_id = v_claim_id,
           claim_key_id = p_claim_key_id, code_length = v_code_length, claimed_at = p_at, letter_at = p_at,
           expires_at = v_until, strikes = 0, resends = 0, wished_username = p_username, locale = p_locale,
           by_owner = p_by_owner
     where email = p_email and claim_id = p_superseded.claim_id;
    delete from audit_subject where id = p_superseded.subject_id;
  end if;
  perform vault.keep_claim_password(v_claim_id, p_phc);
  perform write_code_letter(p_envelope, p_address_key, v_claim_id, p_claim_key_id, v_code_length, v_until);
  perform write_audit('registration.claimed', v_subject_id, p_request_id, p_sealed_details);
end
$function$
;
alter function stake_claim(text,bytea,text,text,text,boolean,integer,boolean,text,bytea,bytea,bytea,text,address,timestamp with time zone) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.strike_claim(p_address address, p_address_key bytea, p_at timestamp with time zone, p_request_id text)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
begin
  if p_address.strikes = 0 then
    insert into struck_claim (claim_id, address_key, struck_at) values (p_address.claim_id, p_address_key, p_at);
    perform note_breaker();
  end if;
  if p_address.strikes < 2 then
    update address set last_event = 'struck', moved_at = p_at, strikes = strikes + 1
     where email = p_address.email and claim_id = p_address.claim_id;
    return 'struck';
  end if;
  perform end_claim(p_address, 'registration.locked', p_request_id);
  update address
     set state = 'LOCKED', last_event = 'struck_out', moved_at = p_at, expires_at = p_at, claim_id = null,
         claim_key_id = null, code_length = null, claimed_at = null, letter_at = null, strikes = null, resends = null,
         wished_username = null, locale = null, by_owner = false
   where email = p_address.email and claim_id = p_address.claim_id;
  return 'struck_out';
end
$function$
;
alter function strike_claim(address,bytea,timestamp with time zone,text) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.suspend_account(p_session_id uuid, p_account_id uuid, p_scope bytea, p_fingerprint bytea, p_request_id text, p_sealed_details bytea)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function suspend_account(uuid,uuid,bytea,bytea,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.take_account_token(p_token_id uuid, p_purpose text)
 RETURNS account
 LANGUAGE plpgsql
AS $function$
declare
  v_account account;
begin
  select account.* into v_account
    from account_token join account on account.id = account_token.account_id
   where account_token.id = p_token_id
     for no key update of account;
  delete from account_token where id = p_token_id and purpose = p_purpose and expires_at > clock_timestamp();
  return case when found then v_account end;
end
$function$
;
alter function take_account_token(uuid,text) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.take_address_quota(p_address_key bytea, p_kind text, p_per_hour integer, p_per_day integer)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function take_address_quota(bytea,text,integer,integer) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.take_idempotency_key(p_scope bytea, p_fingerprint bytea)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  v_same boolean;
begin
  if p_scope is null then
    return 'fresh';
  end if;
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
$function$
;
alter function take_idempotency_key(bytea,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.take_letter_quota(p_address_key bytea, p_by_owner boolean)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  if p_by_owner then
    return take_address_quota(p_address_key, 'owner_token', 5, 5);
  end if;
  return take_address_quota(p_address_key, 'registration_letters', 10, 20);
end
$function$
;
alter function take_letter_quota(bytea,boolean) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.touch_address(p_address_key bytea)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into address_quota as quota (address_key, kind, hour_started_at, hour_count, day_started_at, day_count, touched_at)
  values (p_address_key, 'registration_letters', clock_timestamp(), 0, clock_timestamp(), 0, clock_timestamp())
  on conflict on constraint address_quota_pkey do update set touched_at = excluded.touched_at
$function$
;
alter function touch_address(bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.trust_event_is_kept(p_old address, p_new address)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case p_new.last_event
    when 'superseded' then p_new.claim_id <> p_old.claim_id and p_new.by_owner
    when 'struck' then p_new.claim_id = p_old.claim_id and p_new.strikes = p_old.strikes + 1
      and p_new.by_owner = p_old.by_owner
    when 'struck_out' then p_old.strikes = 2
    when 'resent' then p_new.claim_id = p_old.claim_id and p_new.strikes = p_old.strikes
      and p_new.resends = p_old.resends + 1 and p_new.expires_at >= p_old.expires_at and p_new.by_owner = p_old.by_owner
    when 'verified' then p_new.claim_id = p_old.claim_id and p_old.strikes < 3
    when 'proven' then p_new.claim_id is null and p_new.subject_id <> p_old.subject_id
    else true
  end
$function$
;
alter function trust_event_is_kept(address,address) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.trust_move_is_listed(p_from text, p_event text, p_to text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select exists (
    select from trust_transition where from_state = p_from and event = p_event and to_state = p_to)
$function$
;
alter function trust_move_is_listed(text,text,text) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.user_record_of(p_account account)
 RETURNS user_record
 LANGUAGE sql
AS $function$
  select (p_account.id, (select email from address where account_id = p_account.id), p_account.username,
          p_account.display_name, p_account.birthdate::text, p_account.locale, p_account.roles, p_account.mfa_enabled,
          p_account.created_at, p_account.updated_at, p_account.revision)::user_record
$function$
;
alter function user_record_of(account) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.uuid_v7()
 RETURNS uuid
 LANGUAGE plpgsql
 PARALLEL SAFE
AS $function$
declare
  v_microseconds constant bigint := extract(epoch from clock_timestamp()) * 1000000;
begin
  return encode(
    overlay(
      overlay(uuid_send(gen_random_uuid()) placing substring(int8send(v_microseconds / 1000) from 3) from 1 for 6)
      placing int2send((x'7000'::int + v_microseconds % 1000 * 4096 / 1000)::int2) from 7 for 2),
    'hex')::uuid;
end
$function$
;
alter function uuid_v7() owner to troth_owner;

CREATE OR REPLACE FUNCTION vault.account_password_is(p_account_id uuid, p_phc text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select exists (select from vault.account_password where account_id = p_account_id and phc = p_phc)
$function$
;
alter function vault.account_password_is(uuid,text) owner to troth_vault;

CREATE OR REPLACE FUNCTION vault.claim_password_is(p_claim_id uuid, p_phc text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select exists (select from vault.claim_password where claim_id = p_claim_id and phc = p_phc)
$function$
;
alter function vault.claim_password_is(uuid,text) owner to troth_vault;

CREATE OR REPLACE FUNCTION vault.forget_account_password(p_account_id uuid)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with forgotten as (
    delete from vault.account_password where account_id = p_account_id returning true)
  select count(*)::int from forgotten
$function$
;
alter function vault.forget_account_password(uuid) owner to troth_vault;

CREATE OR REPLACE FUNCTION vault.forget_claim_password(p_claim_id uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  delete from vault.claim_password where claim_id = p_claim_id
$function$
;
alter function vault.forget_claim_password(uuid) owner to troth_vault;

CREATE OR REPLACE FUNCTION vault.keep_claim_password(p_claim_id uuid, p_phc text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  insert into vault.claim_password (claim_id, phc) values (p_claim_id, p_phc)
$function$
;
alter function vault.keep_claim_password(uuid,text) owner to troth_vault;

CREATE OR REPLACE FUNCTION vault.password_recipe(p_claim_id uuid, p_account_id uuid)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select substring(phc from '^(.*)\$[^$]*$')
    from (select phc from vault.claim_password where claim_id = p_claim_id
          union all
          select phc from vault.account_password where account_id = p_account_id) as password
   limit 1
$function$
;
alter function vault.password_recipe(uuid,uuid) owner to troth_vault;

CREATE OR REPLACE FUNCTION vault.promote_claim_password(p_claim_id uuid, p_account_id uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with dormant as (
    delete from vault.claim_password where claim_id = p_claim_id returning phc)
  insert into vault.account_password (account_id, phc) select p_account_id, phc from dormant
$function$
;
alter function vault.promote_claim_password(uuid,uuid) owner to troth_vault;

CREATE OR REPLACE FUNCTION vault.renew_account_password(p_account_id uuid, p_former_phc text, p_phc text)
 RETURNS boolean
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with renewed as (
    update vault.account_password set phc = p_phc where account_id = p_account_id and phc = p_former_phc returning true)
  select exists (select from renewed)
$function$
;
alter function vault.renew_account_password(uuid,text,text) owner to troth_vault;

CREATE OR REPLACE FUNCTION vault.set_account_password(p_account_id uuid, p_phc text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  insert into vault.account_password (account_id, phc) values (p_account_id, p_phc)
  on conflict on constraint account_password_pkey do update set phc = excluded.phc
$function$
;
alter function vault.set_account_password(uuid,text) owner to troth_vault;

CREATE OR REPLACE FUNCTION public.view_user(p_session_id uuid, p_account_id uuid, p_request_id text)
 RETURNS administered_user
 LANGUAGE plpgsql
AS $function$
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
$function$
;
alter function view_user(uuid,uuid,text) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.withdraw_claim(p_email text, p_address_key bytea, p_claim_id uuid, p_phc text, p_request_id text)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  v_address address := lock_address(p_email, p_address_key);
  v_at timestamptz := clock_timestamp();
  v_refusal text := refuse_claimant(v_address, p_claim_id, p_phc, v_at);
begin
  perform clear_overdue(v_address, v_at);
  if v_refusal is not null then
    return v_refusal;
  end if;
  perform end_claim(v_address, 'registration.withdrawn', p_request_id);
  delete from address where email = p_email;
  delete from audit_subject where id = v_address.subject_id;
  return 'withdrawn';
end
$function$
;
alter function withdraw_claim(text,bytea,uuid,text,text) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.would_leave_no_admin(p_account_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from account where id = p_account_id and 'admin' = any (roles)) then
    return is_last_admin(p_account_id);
  end if;
  return false;
end
$function$
;
alter function would_leave_no_admin(uuid) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.write_audit(p_event text, p_subject_id uuid, p_request_id text, p_sealed_details bytea)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into audit_event (event, subject_id, request_id, sealed_details)
  values (p_event, p_subject_id, p_request_id, p_sealed_details)
$function$
;
alter function write_audit(text,uuid,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.write_audit_by(p_event text, p_subject_id uuid, p_actor_id uuid, p_request_id text, p_sealed_details bytea)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into audit_event (event, subject_id, actor_id, request_id, sealed_details)
  values (p_event, p_subject_id, p_actor_id, p_request_id, p_sealed_details)
$function$
;
alter function write_audit_by(text,uuid,uuid,text,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.write_code_letter(p_envelope bytea, p_address_key bytea, p_claim_id uuid, p_claim_key_id text, p_code_length smallint, p_until timestamp with time zone)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into letter (kind, envelope, address_key, claim_id, claim_key_id, code_length, window_closes_at)
  values ('registration_code', p_envelope, p_address_key, p_claim_id, p_claim_key_id, p_code_length, p_until)
$function$
;
alter function write_code_letter(bytea,bytea,uuid,text,smallint,timestamp with time zone) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.write_notice(p_kind text, p_account_id uuid, p_address_key bytea, p_envelope bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  -- Two of these name different days.
  v_per_hour constant int := case p_kind when 'deletion_scheduled' then 24 else 1 end;
begin
  if p_address_key is null then
    return;
  end if;
  if take_address_quota(p_address_key, p_kind, v_per_hour, 24)
    or (not exists (select from account_token
                     where account_id = p_account_id and purpose = 'not_me' and expires_at > clock_timestamp())
        and take_address_quota(p_address_key, p_kind, 24, 24)) then
    perform write_token_letter(p_kind, 'not_me', interval '7 days', p_account_id, p_address_key, p_envelope);
  end if;
end
$function$
;
alter function write_notice(text,uuid,bytea,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.write_reset_letter(p_account_id uuid, p_address_key bytea, p_envelope bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  delete from account_token where account_id = p_account_id and purpose = 'password_reset';
  perform write_token_letter('password_reset', 'password_reset', interval '30 minutes', p_account_id, p_address_key,
                             p_envelope);
end
$function$
;
alter function write_reset_letter(uuid,bytea,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.write_revert_letter(p_account_id uuid, p_address_key bytea, p_sealed_address bytea, p_envelope bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_at timestamptz := clock_timestamp();
  v_token_id uuid := uuid_v7();
begin
  insert into account_token (id, account_id, purpose, expires_at, sealed_address)
  values (v_token_id, p_account_id, 'email_change_revert', v_at + interval '7 days', p_sealed_address);
  insert into letter (kind, envelope, address_key, token_id, window_closes_at)
  values ('email_changed', p_envelope, p_address_key, v_token_id, v_at + interval '24 hours');
end
$function$
;
alter function write_revert_letter(uuid,bytea,bytea,bytea) owner to troth_owner;

CREATE OR REPLACE FUNCTION public.write_token_letter(p_kind text, p_purpose text, p_life interval, p_account_id uuid, p_address_key bytea, p_envelope bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_at timestamptz := clock_timestamp();
  v_token_id uuid := uuid_v7();
begin
  insert into account_token (id, account_id, purpose, expires_at)
  values (v_token_id, p_account_id, p_purpose, v_at + p_life);
  insert into letter (kind, envelope, address_key, token_id, window_closes_at)
  values (p_kind, p_envelope, p_address_key, v_token_id, v_at + least(p_life, interval '24 hours'));
end
$function$
;
alter function write_token_letter(text,text,interval,uuid,bytea,bytea) owner to troth_owner;
