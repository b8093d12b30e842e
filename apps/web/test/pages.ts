/** A page that everything about pages is tested with: that it is accessible, fits, keeps to its policy, and is pictured. */
export interface WebPage {
  /** Of its pictures in screenshots/. */
  readonly name: string;
  /** With its query; `{id}` stands for the user who looks. */
  readonly path: string;
  /** Who looks at it. */
  readonly who: 'nobody' | 'user' | 'admin';
  /** Whether a registration, or a change of address, waits for its code in this browser; `struck`: after three wrong codes. */
  readonly awaited?: 'claim' | 'struck claim' | 'change' | 'struck change';
  /** What is answered, if not 200. */
  readonly status?: number;
}

/** Every page there is. To add one, add a line; what a page becomes by an act stands in states.ts. */
export const PAGES: readonly WebPage[] = [
  { name: 'home', path: '/', who: 'nobody' },
  { name: 'register', path: '/register', who: 'nobody' },
  { name: 'verify', path: '/verify', who: 'nobody', awaited: 'claim' },
  { name: 'verify-struck', path: '/verify', who: 'nobody', awaited: 'struck claim' },
  { name: 'verify-nothing', path: '/verify', who: 'nobody' },
  { name: 'login', path: '/login', who: 'nobody' },
  { name: 'login-after', path: '/login?reason=session-ended', who: 'nobody' },
  { name: 'reauthenticate', path: '/reauthenticate?next=/account', who: 'user' },
  { name: 'account', path: '/account', who: 'user' },
  { name: 'account-welcome', path: '/account?welcome=1', who: 'user' },
  { name: 'account-email', path: '/account/email', who: 'user' },
  { name: 'account-email-code', path: '/account/email', who: 'user', awaited: 'change' },
  { name: 'account-email-struck', path: '/account/email', who: 'user', awaited: 'struck change' },
  { name: 'account-email-changed', path: '/account/email?changed=1', who: 'user' },
  { name: 'account-password', path: '/account/password', who: 'user' },
  { name: 'account-sessions', path: '/account/sessions', who: 'user' },
  { name: 'account-activity', path: '/account/activity', who: 'user' },
  { name: 'account-deletion', path: '/account/deletion', who: 'user' },
  { name: 'account-deletion-now', path: '/account/deletion/now', who: 'user' },
  { name: 'forgot', path: '/forgot', who: 'nobody' },
  { name: 'password-reset', path: '/password-reset?token=x&owner_token=x', who: 'nobody' },
  { name: 'owner', path: '/owner?owner_token=x', who: 'nobody' },
  { name: 'not-me', path: '/not-me?token=x', who: 'nobody' },
  { name: 'not-me-broken', path: '/not-me', who: 'nobody' },
  { name: 'email-change-revert', path: '/email-change-revert?token=x', who: 'nobody' },
  { name: 'privacy', path: '/privacy', who: 'nobody' },
  { name: 'goodbye', path: '/goodbye', who: 'nobody' },
  { name: 'admin-users', path: '/admin/users', who: 'admin' },
  { name: 'admin-users-nobody', path: '/admin/users?email=nobody@example.com', who: 'admin' },
  { name: 'admin-user', path: '/admin/users/{id}', who: 'admin' },
  { name: 'admin-user-delete', path: '/admin/users/{id}/delete', who: 'admin' },
  { name: 'admin-audit', path: '/admin/audit', who: 'admin' },
  { name: 'admin-audit-chain', path: '/admin/audit/chain', who: 'admin' },
  { name: 'unavailable', path: '/unavailable?next=/account', who: 'nobody' },
  { name: 'unavailable-often', path: '/unavailable?next=/account&why=often&wait=40', who: 'nobody' },
  { name: 'account-no-admin', path: '/account?reason=no-admin', who: 'user' },
  { name: 'not-found', path: '/no-such-page', who: 'nobody', status: 404 },
];
