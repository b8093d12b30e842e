import type { Canary } from './canaries.ts';

// What the suite about leaks gives the service.
export const SECRET = 'the secret of the canaries that is long enough';
export const METRICS_TOKEN = 'the-bearer-token-of-the-canaries-0001';
export const ADA = 'ada.canary+mail@nowhere.example';
export const NEW_ADA = 'ada.elsewhere+canary@nowhere.example';
export const DISPLAY_NAME = 'Ada von der Grube 1815';
export const PASSWORD = 'Kanarienvogel: im Kohlebergwerk/7';
export const WRONG_PASSWORD = 'Zebrafink? im Kohlebergwerk&8';
export const NEW_PASSWORD = 'Goldammer+ ueber dem Kohlebergwerk!3';
export const RESET_PASSWORD = 'Bergfink/ hinter dem Kohlebergwerk-5';
export const DEVICE = 'Adas Grubenlampe 1815';
export const SQUATTERS_PASSWORD = 'Kuckuck= im fremden Nest+9';
export const USERNAME = 'ada_canary_1815';
export const KEY = 'an-idempotency-key-of-ada';
export const SOURCE = '203.0.113.177';
export const REASON = 'Schlagwetter? unter dem Kohlebergwerk#2';

const SHOWS_THE_USER =
  /^answer of (POST \S+\/(activation|email-change\/confirm)|(GET|PATCH) \/v1\/(me(\/export)?|admin\/users(\/:id)?))$/;

/** What no line, page, figure or row may hold. A feature adds its secrets here, and its requests to the suite. */
export const CANARIES: readonly Canary[] = [
  { name: 'TROTH_SECRET', value: SECRET },
  { name: 'METRICS_TOKEN', value: METRICS_TOKEN },
  { name: 'password', value: PASSWORD },
  { name: 'wrong password', value: WRONG_PASSWORD },
  { name: 'changed password', value: NEW_PASSWORD },
  { name: 'reset password', value: RESET_PASSWORD },
  {
    name: 'device',
    value: DEVICE,
    mayStandIn: [/^dump of session$/, /^answer of GET \/v1\/(sessions|me\/activity|me\/export|admin\/audit-events)$/],
  },
  { name: 'reason', value: REASON, mayStandIn: [/^answer of GET \/v1\/admin\/audit-events$/] },
  { name: 'password of the squatter', value: SQUATTERS_PASSWORD },
  { name: 'credentials', value: `${ADA}:${PASSWORD}` },
  { name: 'idempotency key', value: KEY },
  {
    name: 'source',
    value: SOURCE,
    mayStandIn: [/^answer of GET \/v1\/(me\/activity|me\/export|admin\/audit-events)$/],
  },
  {
    name: 'address',
    value: ADA,
    mayStandIn: [
      /^dump of address$/,
      /^answer of (POST \/letters\/owner|GET \/v1\/admin\/audit-events)$/,
      SHOWS_THE_USER,
    ],
  },
  { name: 'user name', value: USERNAME, mayStandIn: [/^dump of (address|account)$/, SHOWS_THE_USER] },
  {
    name: 'new address',
    value: NEW_ADA,
    mayStandIn: [/^dump of address$/, /^answer of GET \/v1\/admin\/audit-events$/, SHOWS_THE_USER],
  },
  { name: 'display name', value: DISPLAY_NAME, mayStandIn: [/^dump of account$/, SHOWS_THE_USER] },
];
