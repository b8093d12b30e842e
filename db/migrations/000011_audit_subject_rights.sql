-- Of a subject the service's role changes the wrapped key and nothing else (000009 gave it more).

revoke update on audit_subject from troth_app;
grant update (wrapped_key) on audit_subject to troth_app;
