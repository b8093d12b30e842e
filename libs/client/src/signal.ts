/** What a signal was aborted with. React Native tells no reason. */
function reasonOf({ reason }: AbortSignal): Error {
  if (reason instanceof Error) return reason;
  return Object.assign(new Error('aborted', { cause: reason }), { name: 'AbortError' });
}

/** Waits for what is under way, but no longer than until the signal; the work itself goes on. */
export function unlessAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(reasonOf(signal));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Waits for so long; rejects at the signal. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await unlessAborted(signal, over).finally(() => clearTimeout(timer));
}
