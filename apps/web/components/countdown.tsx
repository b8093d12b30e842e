'use client';

import { useEffect, useState } from 'react';

import { roundedSpan } from '../lib/spans.ts';

/** Seconds that are left until a time, by this browser's clock; it counts down by itself. */
export function useSecondsUntil(until: number): number {
  // The server's first picture and the browser's have to be the same.
  const [now, setNow] = useState<number>();
  useEffect(() => {
    const look = (): void => setNow(Date.now());
    look();
    const timer = setInterval(look, 500);
    return () => clearInterval(timer);
  }, []);
  return now === undefined ? 0 : Math.max(0, Math.ceil((until - now) / 1_000));
}

/** What is left of a time, as a bar and in words. Without a script it says until when. */
export function Countdown({
  id,
  until,
  of,
  over,
}: {
  readonly id: string;
  readonly until: number;
  /** Seconds of the whole. */
  readonly of: number;
  readonly over: string;
}) {
  const [runs, setRuns] = useState(false);
  useEffect(() => setRuns(true), []);
  const seconds = useSecondsUntil(until);
  if (!runs)
    return (
      <p className="hint" id={id}>
        It is good for {of} seconds, until {new Date(until).toISOString().slice(11, 19)} UTC.
      </p>
    );
  return (
    <>
      <progress className="time-left" max={of} value={Math.min(of, seconds)} aria-hidden="true" />
      <p className="hint" id={id}>
        {seconds > 0 ? `${roundedSpan(seconds)} left` : over}
      </p>
    </>
  );
}
