-- The service's role may put the same key, wrapped with another secret, in the place of a subject's key.

comment on column audit_subject.wrapped_key is
  'The key of the subject''s sealed details, sealed with a key derived from TROTH_SECRET; its first four bytes say which.';

grant update on audit_subject to troth_app;
