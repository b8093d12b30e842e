-- What every column is for, who can be known by it, and how long it stays: the inventory, the retention report and the
-- export read it from here (docs/privacy.md tells the format; inventory.pg-spec.ts fails for a column without).

comment on column account.id is '{"class": "profile", "purpose": "Names the account in tokens and in other tables.", "personal": "pseudonym", "retention": "account", "subject": "account_id"}';
comment on column account.subject_id is '{"class": "audit", "purpose": "Links the account to its audit events, and dies with it.", "personal": "pseudonym", "retention": "account", "subject": "subject_id"}';
comment on column account.username is '{"class": "profile", "purpose": "A name to log in with in place of the address.", "personal": "yes", "retention": "account"}';
comment on column account.display_name is '{"class": "profile", "purpose": "What applications call the user.", "personal": "yes", "retention": "account"}';
comment on column account.birthdate is '{"class": "profile", "purpose": "The age, for applications that have to know it.", "personal": "yes", "retention": "account"}';
comment on column account.locale is '{"class": "profile", "purpose": "The language of letters and applications.", "personal": "yes", "retention": "account"}';
comment on column account.roles is '{"class": "profile", "purpose": "What the user may do besides looking after their own account.", "personal": "yes", "retention": "account"}';
comment on column account.mfa_enabled is '{"class": "credentials", "purpose": "Whether a second factor is asked for at log-in.", "personal": "yes", "retention": "account"}';
comment on column account.created_at is '{"class": "profile", "purpose": "When the address was proven.", "personal": "yes", "retention": "account"}';
comment on column account.updated_at is '{"class": "profile", "purpose": "When what the user sees of the account changed last.", "personal": "yes", "retention": "account"}';
comment on column account.credential_version is '{"class": "credentials", "purpose": "Raised by whatever ends all sessions. A session that carries another one is over, whenever it was made.", "personal": "no", "retention": "account"}';
comment on column account.device_version is '{"class": "credentials", "purpose": "Raised by whatever voids device tokens.", "personal": "no", "retention": "account"}';
comment on column account.suspended_at is '{"class": "profile", "purpose": "Since when an administrator keeps the user out.", "personal": "yes", "retention": "account"}';
comment on column account.changes_frozen_until is '{"class": "credentials", "purpose": "Until then what the account proves itself by cannot be changed: its owner said that somebody else was at it.", "personal": "yes", "retention": "account"}';
comment on column account.revision is '{"class": "profile", "purpose": "Tells a writer whether the account changed since it was read.", "personal": "no", "retention": "account"}';
comment on column account.deletion_salt is '{"class": "deletion", "purpose": "Random bytes that the commitment of a deletion receipt is made with.", "personal": "pseudonym", "retention": "account", "export": "no", "because": "It opens the commitment, and is handed out with the receipt of a deletion."}';
comment on column account.deletion_commitment is '{"class": "deletion", "purpose": "What the receipt of a deletion names the account by, so that its absence can be verified later.", "personal": "pseudonym", "retention": "account"}';
comment on column account.deletion_effective_at is '{"class": "deletion", "purpose": "When the account will be erased, because its user wished it.", "personal": "yes", "retention": "P30D", "until": "deletion_effective_at"}';

comment on column address.email is '{"class": "address", "purpose": "The address that was proven, or is being proven: what one logs in with and where letters go.", "personal": "yes", "retention": "account", "subject": "email"}';
comment on column address.state is '{"class": "address", "purpose": "Whether the address is claimed, locked or active.", "personal": "yes", "retention": "account"}';
comment on column address.last_event is '{"class": "address", "purpose": "The move by which it came to its state.", "personal": "yes", "retention": "account"}';
comment on column address.moved_at is '{"class": "address", "purpose": "The clock reading, taken under the row lock, by which the last move was decided.", "personal": "yes", "retention": "account"}';
comment on column address.subject_id is '{"class": "audit", "purpose": "Links the address to its audit events, and dies with the claim or account.", "personal": "pseudonym", "retention": "account", "subject": "subject_id"}';
comment on column address.account_id is '{"class": "address", "purpose": "The account that the address belongs to.", "personal": "pseudonym", "retention": "account", "subject": "account_id"}';
comment on column address.claim_id is '{"class": "address", "purpose": "Names the claim that is being proven; of an active address the last one, so that its code may be sent again.", "personal": "pseudonym", "retention": "PT60S", "until": "replayable_until", "subject": "claim_id"}';
comment on column address.claim_key_id is '{"class": "address", "purpose": "Which key derives the code of this claim.", "personal": "no", "retention": "PT60S", "until": "replayable_until"}';
comment on column address.code_length is '{"class": "address", "purpose": "How many digits the code of this claim has.", "personal": "no", "retention": "PT60S", "until": "replayable_until"}';
comment on column address.replayable_until is '{"class": "address", "purpose": "Until then the claim of an active address is remembered, so that its code may be sent again.", "personal": "yes", "retention": "PT60S", "until": "replayable_until"}';
comment on column address.claimed_at is '{"class": "address", "purpose": "When the claim began: resends may prolong it only so far.", "personal": "yes", "retention": "claim", "until": "expires_at"}';
comment on column address.letter_at is '{"class": "address", "purpose": "When the last code was sent: resends keep a distance.", "personal": "yes", "retention": "claim", "until": "expires_at"}';
comment on column address.expires_at is '{"class": "address", "purpose": "The deadline of the claim.", "personal": "yes", "retention": "claim", "until": "expires_at"}';
comment on column address.strikes is '{"class": "address", "purpose": "Wrong codes so far: the third ends the claim.", "personal": "yes", "retention": "claim", "until": "expires_at"}';
comment on column address.resends is '{"class": "address", "purpose": "How often the code was sent again.", "personal": "yes", "retention": "claim", "until": "expires_at"}';
comment on column address.wished_username is '{"class": "address", "purpose": "The user name that the claimant wishes for.", "personal": "yes", "retention": "claim", "until": "expires_at"}';
comment on column address.locale is '{"class": "address", "purpose": "The language of the claim''s letters.", "personal": "yes", "retention": "claim", "until": "expires_at"}';
comment on column address.by_owner is '{"class": "address", "purpose": "The claim was made with a valid owner token.", "personal": "yes", "retention": "claim", "until": "expires_at"}';

comment on column vault.account_password.account_id is '{"class": "credentials", "purpose": "Whose password it is.", "personal": "pseudonym", "retention": "account", "subject": "account_id"}';
comment on column vault.account_password.phc is '{"class": "credentials", "purpose": "Salt, parameters and Argon2id hash that a presented password is compared with.", "personal": "pseudonym", "retention": "account", "export": "no", "because": "Whoever has it can try passwords."}';
comment on column vault.claim_password.claim_id is '{"class": "credentials", "purpose": "Whose password it is.", "personal": "pseudonym", "retention": "claim", "subject": "claim_id"}';
comment on column vault.claim_password.claim_state is '{"class": "credentials", "purpose": "Ties the password to a claim that is being proven, so that none outlives it.", "personal": "no", "retention": "claim"}';
comment on column vault.claim_password.phc is '{"class": "credentials", "purpose": "The dormant password of a claim, which becomes that of the account.", "personal": "pseudonym", "retention": "claim", "export": "no", "because": "Whoever has it can try passwords."}';

comment on column session.id is '{"class": "sessions", "purpose": "Names the session in its tokens.", "personal": "pseudonym", "retention": "P30D", "until": "ends_at"}';
comment on column session.account_id is '{"class": "sessions", "purpose": "Whose session it is.", "personal": "pseudonym", "retention": "P30D", "until": "ends_at", "subject": "account_id"}';
comment on column session.credential_version is '{"class": "sessions", "purpose": "The version of the credentials it was opened under: another one ends it.", "personal": "no", "retention": "P30D", "until": "ends_at"}';
comment on column session.generation is '{"class": "sessions", "purpose": "Which refresh token is the current one.", "personal": "no", "retention": "P30D", "until": "ends_at"}';
comment on column session.generation_is_used is '{"class": "sessions", "purpose": "Somebody has shown a token of the current generation.", "personal": "no", "retention": "P30D", "until": "ends_at"}';
comment on column session.authenticated_at is '{"class": "sessions", "purpose": "When the user proved who they are last, for what asks for a recent proof.", "personal": "yes", "retention": "P30D", "until": "ends_at"}';
comment on column session.amr is '{"class": "sessions", "purpose": "By what they proved it.", "personal": "yes", "retention": "P30D", "until": "ends_at"}';
comment on column session.device_name is '{"class": "sessions", "purpose": "What the device called itself, so that its owner knows it in the list.", "personal": "yes", "retention": "P30D", "until": "ends_at"}';
comment on column session.created_at is '{"class": "sessions", "purpose": "When the user logged in.", "personal": "yes", "retention": "P30D", "until": "ends_at"}';
comment on column session.rotated_at is '{"class": "sessions", "purpose": "When the refresh token of the current generation was issued. Idle sessions end 14 days later.", "personal": "yes", "retention": "P30D", "until": "ends_at"}';
comment on column session.last_seen_at is '{"class": "sessions", "purpose": "When the session was used last, for the list of sessions.", "personal": "yes", "retention": "P30D", "until": "ends_at"}';
comment on column session.ends_at is '{"class": "sessions", "purpose": "When it ends at the latest.", "personal": "yes", "retention": "P30D", "until": "ends_at"}';

comment on column account_token.id is '{"class": "tokens", "purpose": "Names the link; its token is a MAC over it that rests nowhere.", "personal": "pseudonym", "retention": "P7D", "until": "expires_at"}';
comment on column account_token.account_id is '{"class": "tokens", "purpose": "Whose link it is.", "personal": "pseudonym", "retention": "P7D", "until": "expires_at", "subject": "account_id"}';
comment on column account_token.purpose is '{"class": "tokens", "purpose": "What the link does.", "personal": "yes", "retention": "P7D", "until": "expires_at"}';
comment on column account_token.expires_at is '{"class": "tokens", "purpose": "Until when the link is good.", "personal": "yes", "retention": "P7D", "until": "expires_at"}';

comment on column letter.id is '{"class": "letters", "purpose": "Names the letter, so that a mail system can tell a repetition.", "personal": "pseudonym", "retention": "PT24H", "until": "window_closes_at"}';
comment on column letter.kind is '{"class": "letters", "purpose": "What the letter is about.", "personal": "yes", "retention": "PT24H", "until": "window_closes_at"}';
comment on column letter.envelope is '{"class": "letters", "purpose": "Recipient and locale, sealed for this letter.", "personal": "pseudonym", "retention": "PT24H", "until": "window_closes_at", "export": "no", "because": "It seals an address and a language that are exported as such."}';
comment on column letter.address_key is '{"class": "letters", "purpose": "An HMAC of the recipient''s address.", "personal": "pseudonym", "retention": "PT24H", "until": "window_closes_at", "subject": "address_key"}';
comment on column letter.claim_id is '{"class": "letters", "purpose": "The claim whose code it brings.", "personal": "pseudonym", "retention": "PT24H", "until": "window_closes_at", "subject": "claim_id"}';
comment on column letter.claim_key_id is '{"class": "letters", "purpose": "Which key derives that code.", "personal": "no", "retention": "PT24H", "until": "window_closes_at"}';
comment on column letter.code_length is '{"class": "letters", "purpose": "How many digits that code has.", "personal": "no", "retention": "PT24H", "until": "window_closes_at"}';
comment on column letter.token_id is '{"class": "letters", "purpose": "The token of its link. A token that is used or followed takes its letter along.", "personal": "pseudonym", "retention": "PT24H", "until": "window_closes_at"}';
comment on column letter.written_at is '{"class": "letters", "purpose": "When it was written.", "personal": "yes", "retention": "PT24H", "until": "window_closes_at"}';
comment on column letter.due_at is '{"class": "letters", "purpose": "When the next sender may take it; a sender that takes it moves this by its lease.", "personal": "yes", "retention": "PT24H", "until": "window_closes_at"}';
comment on column letter.window_closes_at is '{"class": "letters", "purpose": "After that it is not sent any more.", "personal": "yes", "retention": "PT24H", "until": "window_closes_at"}';
comment on column letter.attempts is '{"class": "letters", "purpose": "How often it was tried: pauses grow.", "personal": "no", "retention": "PT24H", "until": "window_closes_at"}';

comment on column address_quota.kind is '{"class": "limits", "purpose": "What is counted.", "personal": "yes", "retention": "PT25H", "from": "day_started_at"}';
comment on column address_quota.hour_started_at is '{"class": "limits", "purpose": "When the hour that is counted began.", "personal": "yes", "retention": "PT25H", "from": "day_started_at"}';
comment on column address_quota.hour_count is '{"class": "limits", "purpose": "How many there were in that hour.", "personal": "yes", "retention": "PT25H", "from": "day_started_at"}';
comment on column address_quota.day_started_at is '{"class": "limits", "purpose": "When the day that is counted began.", "personal": "yes", "retention": "PT25H", "from": "day_started_at"}';
comment on column address_quota.day_count is '{"class": "limits", "purpose": "How many there were in that day.", "personal": "yes", "retention": "PT25H", "from": "day_started_at"}';
comment on column address_quota.touched_at is '{"class": "limits", "purpose": "Written by every request about an address, known or not: the row is the lock of the address.", "personal": "yes", "retention": "PT25H", "from": "day_started_at"}';

comment on column registration_mute.address_key is '{"class": "limits", "purpose": "An HMAC of the address that letters about registrations are kept from.", "personal": "pseudonym", "retention": "P30D", "until": "muted_until", "subject": "address_key"}';
comment on column registration_mute.muted_until is '{"class": "limits", "purpose": "Until when its owner wants none.", "personal": "yes", "retention": "P30D", "until": "muted_until"}';

comment on column struck_claim.claim_id is '{"class": "limits", "purpose": "A claim that took a wrong code and was not activated.", "personal": "pseudonym", "retention": "P30D", "from": "struck_at"}';
comment on column struck_claim.address_key is '{"class": "limits", "purpose": "An HMAC of its address: after two such claims the codes for it get longer.", "personal": "pseudonym", "retention": "P30D", "from": "struck_at", "subject": "address_key"}';
comment on column struck_claim.struck_at is '{"class": "limits", "purpose": "When that was: the ledger forgets after 30 days.", "personal": "yes", "retention": "P30D", "from": "struck_at"}';

comment on column login_failure.budget_key is '{"class": "limits", "purpose": "An HMAC of what failures are counted by: an address, an address and a source, a device, or an account and a session.", "personal": "pseudonym", "retention": "PT1H", "from": "window_started_at", "subject": "budget"}';
comment on column login_failure.window_started_at is '{"class": "limits", "purpose": "When the time that is counted began.", "personal": "yes", "retention": "PT1H", "from": "window_started_at"}';
comment on column login_failure.failures is '{"class": "limits", "purpose": "Wrong passwords in that time.", "personal": "yes", "retention": "PT1H", "from": "window_started_at"}';

comment on column idempotency_key.scope is '{"class": "limits", "purpose": "An HMAC of source or account, method, route and key of a request that was served.", "personal": "pseudonym", "retention": "PT24H", "from": "used_at", "export": "no", "because": "The key is its sender''s own: nobody can tell from the HMAC whose it is."}';
comment on column idempotency_key.fingerprint is '{"class": "limits", "purpose": "An HMAC of the request without its secrets, to tell a repetition from another request.", "personal": "pseudonym", "retention": "PT24H", "from": "used_at", "export": "no", "because": "Nobody can tell from it whose it is."}';
comment on column idempotency_key.used_at is '{"class": "limits", "purpose": "When it was served.", "personal": "no", "retention": "PT24H", "from": "used_at"}';

comment on column audit_subject.id is '{"class": "audit", "purpose": "A random id that audit events know a user by.", "personal": "pseudonym", "retention": "account", "subject": "subject_id"}';
comment on column audit_subject.wrapped_key is '{"class": "audit", "purpose": "The key of the subject''s sealed details, sealed with a key derived from TROTH_SECRET; its first four bytes say which.", "personal": "pseudonym", "retention": "account", "export": "no", "because": "What it opens is exported opened; the key is the operator''s."}';

comment on column audit_event.id is '{"class": "audit", "purpose": "Names the event, in the order of time.", "personal": "pseudonym", "retention": "P1Y", "from": "occurred_at"}';
comment on column audit_event.transaction_id is '{"class": "audit", "purpose": "The transaction that it tells of, by which events are sealed in batches.", "personal": "no", "retention": "P1Y", "from": "occurred_at"}';
comment on column audit_event.occurred_at is '{"class": "audit", "purpose": "When it happened.", "personal": "yes", "retention": "P1Y", "from": "occurred_at"}';
comment on column audit_event.event is '{"class": "audit", "purpose": "What happened.", "personal": "yes", "retention": "P1Y", "from": "occurred_at"}';
comment on column audit_event.subject_id is '{"class": "audit", "purpose": "To whom: a random id whose link dies with the claim or account.", "personal": "pseudonym", "retention": "P1Y", "from": "occurred_at", "subject": "subject_id"}';
comment on column audit_event.actor_id is '{"class": "audit", "purpose": "By whom, if it was somebody else: the random id of an administrator.", "personal": "pseudonym", "retention": "P1Y", "from": "occurred_at", "subject": "subject_id"}';
comment on column audit_event.request_id is '{"class": "audit", "purpose": "The request that did it, to find it in the log.", "personal": "pseudonym", "retention": "P1Y", "from": "occurred_at"}';
comment on column audit_event.sealed_details is '{"class": "audit", "purpose": "Address and source of the request, sealed with a key that dies with the claim or account.", "personal": "pseudonym", "retention": "P1Y", "from": "occurred_at"}';

comment on column breaker.only_one is '{"class": "limits", "purpose": "There is one row.", "personal": "no", "retention": "service"}';
comment on column breaker.open_until is '{"class": "limits", "purpose": "Until then all new codes are long, because many claims were guessed at.", "personal": "no", "retention": "service"}';

comment on column client.id is '{"class": "service", "purpose": "Names a service that may ask about tokens.", "personal": "no", "retention": "service"}';
comment on column client.name is '{"class": "service", "purpose": "What its operator calls it.", "personal": "no", "retention": "service"}';
comment on column client.key_hash is '{"class": "service", "purpose": "SHA-256 of its random key.", "personal": "no", "retention": "service"}';
comment on column client.created_at is '{"class": "service", "purpose": "When it was made.", "personal": "no", "retention": "service"}';

comment on column sealed_key.purpose is '{"class": "keys", "purpose": "What the key is for.", "personal": "no", "retention": "service"}';
comment on column sealed_key.key_id is '{"class": "keys", "purpose": "Which secret sealed it.", "personal": "no", "retention": "service"}';
comment on column sealed_key.sealed is '{"class": "keys", "purpose": "A random key that outlives TROTH_SECRET, sealed with it.", "personal": "no", "retention": "service"}';
comment on column sealed_key.created_at is '{"class": "keys", "purpose": "When it was made.", "personal": "no", "retention": "service"}';

comment on column signing_key.kid is '{"class": "keys", "purpose": "Names a key of access tokens, which goes two hours after its successor has begun to sign.", "personal": "no", "retention": "service"}';
comment on column signing_key.public_jwk is '{"class": "keys", "purpose": "What others verify access tokens with.", "personal": "no", "retention": "service"}';
comment on column signing_key.key_id is '{"class": "keys", "purpose": "Which secret sealed it.", "personal": "no", "retention": "service"}';
comment on column signing_key.sealed is '{"class": "keys", "purpose": "What access tokens are signed with, sealed.", "personal": "no", "retention": "service"}';
comment on column signing_key.created_at is '{"class": "keys", "purpose": "When it was made.", "personal": "no", "retention": "service"}';
comment on column signing_key.signs_from is '{"class": "keys", "purpose": "When it begins to sign.", "personal": "no", "retention": "service"}';

comment on column trust_transition.from_state is '{"class": "service", "purpose": "A state that an address may be in.", "personal": "no", "retention": "service"}';
comment on column trust_transition.event is '{"class": "service", "purpose": "What may happen to it then.", "personal": "no", "retention": "service"}';
comment on column trust_transition.to_state is '{"class": "service", "purpose": "The state that it comes to by that.", "personal": "no", "retention": "service"}';

comment on column schema_migration.name is '{"class": "service", "purpose": "A migration that was applied.", "personal": "no", "retention": "service"}';
comment on column schema_migration.checksum is '{"class": "service", "purpose": "SHA-256 of its text, so that a change is noticed.", "personal": "no", "retention": "service"}';
comment on column schema_migration.applied_at is '{"class": "service", "purpose": "When it was applied.", "personal": "no", "retention": "service"}';

comment on column email_change.account_id is '{"class": "address", "purpose": "Whose address is to be changed.", "personal": "pseudonym", "retention": "PT15M", "until": "expires_at", "subject": "account_id"}';
comment on column email_change.tries is '{"class": "address", "purpose": "Wrong codes so far: the third ends the change.", "personal": "yes", "retention": "PT15M", "until": "expires_at"}';
comment on column email_change.expires_at is '{"class": "address", "purpose": "Until when the code is good.", "personal": "yes", "retention": "PT15M", "until": "expires_at"}';
comment on column address_quota.address_key is '{"class": "limits", "purpose": "An HMAC of the address whose letters are counted, or of the account whose changes of address are.", "personal": "pseudonym", "retention": "PT25H", "from": "day_started_at", "subject": "address_key"}';
