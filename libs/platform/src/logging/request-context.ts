import { AsyncLocalStorage } from 'node:async_hooks';

/** What every piece of work done for one request shares. */
export interface RequestContext {
  readonly requestId: string;
}

const contexts = new AsyncLocalStorage<RequestContext>();

/** Runs the work, and all it starts, as part of one request. */
export function runInRequest<T>(context: RequestContext, work: () => T): T {
  return contexts.run(context, work);
}

/** The id of the request this code runs for; empty outside any request. */
export function currentRequestId(): string {
  return contexts.getStore()?.requestId ?? '';
}
