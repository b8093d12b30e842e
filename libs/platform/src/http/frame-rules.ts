import { RouteConfig } from '@nestjs/platform-fastify';

/** What the frame has to know of a route before any guard is asked. */
export interface FrameRules {
  /** Its body is a form instead of JSON. */
  readonly form?: true;
  /** It takes an Idempotency-Key. */
  readonly keyed?: true;
  /** It takes a header with entity tags. */
  readonly condition?: 'if-match' | 'if-none-match';
  /** It takes the header Troth-Transport. */
  readonly handsTokens?: true;
  /** It counts under the limits of its own alone, not under those for all. */
  readonly apart?: true;
  /** It counts under no limit per source. */
  readonly unlimited?: true;
  /** It hashes a password, and is refused before its body is read when that would be shed. */
  readonly hashes?: true;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    frame?: FrameRules;
  }
}

const RULES = new WeakMap<object, FrameRules>();

/** Adds to what the frame knows of a route. */
export function frameRule(rule: FrameRules): MethodDecorator {
  return (target, name, descriptor) => {
    const handler: unknown = descriptor.value;
    if (typeof handler !== 'function') throw new TypeError('a rule of the frame belongs to a route');
    const frame = { ...RULES.get(handler), ...rule };
    RULES.set(handler, frame);
    RouteConfig({ frame })(target, name, descriptor);
  };
}

/** The body of the route is a form in UTF-8 (`application/x-www-form-urlencoded`), as plain HTML pages send it. */
export const FormBody = (): MethodDecorator => frameRule({ form: true });

/** The route hashes a password. When too many wait already it is answered 503 at once: a refusal has to cost next to nothing. */
export const HashesPassword = (): MethodDecorator => frameRule({ hashes: true });
