import type { components } from '@troth/client';

import { oddsOf } from '../../lib/privacy-words.ts';
import { counted, spanOf } from '../../lib/spans.ts';

type SecurityParameters = components['schemas']['SecurityParameters'];

/** How improbable it is to get into somebody's place by guessing, and what keeps it so. */
export function Guessing({ parameters }: { readonly parameters: SecurityParameters }) {
  const { code, password, guessing } = parameters;
  const digits = code.min_length === code.max_length ? code.min_length : `${code.min_length} to ${code.max_length}`;
  return (
    <section className="card" aria-labelledby="guessing">
      <h2 id="guessing">How guessing is kept improbable</h2>
      <ul className="steps">
        <li>
          A code has {digits} digits and is good for {spanOf(code.claim_seconds)}. The registration ends with{' '}
          {counted(code.max_attempts, 'wrong code')}. The letter can be sent again {counted(code.max_resends, 'time')}.
        </li>
        {code.min_length === code.max_length ? (
          <li>
            The odds to guess the codes of one address within {counted(guessing.ledger_days, 'day')} are{' '}
            {oddsOf(guessing.per_address_long_codes)}.
          </li>
        ) : (
          <ShortCodes code={code} guessing={guessing} />
        )}
        <li>
          A password has {password.min_length} to {password.max_length} characters. It is stored as a hash alone
          (Argon2id, {Math.round(password.memory_kib / 1_024)} MiB, {counted(password.passes, 'pass', 'passes')}), and
          is judged by its length and by a list of common ones.
        </li>
      </ul>
    </section>
  );
}

function ShortCodes({ code, guessing }: Pick<SecurityParameters, 'code' | 'guessing'>) {
  const { breaker, all_addresses_per_hour: hits } = guessing;
  return (
    <>
      <li>
        After {counted(guessing.long_codes_after, 'registration')} of one address with wrong codes within{' '}
        {counted(guessing.ledger_days, 'day')}, its codes have {code.max_length} digits. The odds to guess right are{' '}
        {oddsOf(guessing.per_address_short_codes)} until then, and {oddsOf(guessing.per_address_long_codes)} from then
        on, within those days.
      </li>
      <li>
        After {breaker.floor} to {breaker.ceiling} such registrations of any addresses within{' '}
        {counted(breaker.minutes, 'minute')}, by how busy the service is, all codes are that long. So somebody who
        guesses at all addresses at once is right once in {hoursOf(hits.floor)} on average, and on a very busy service
        once in {hoursOf(hits.ceiling)}.
      </li>
    </>
  );
}

function hoursOf(hitsPerHour: number): string {
  return counted(Math.round(1 / hitsPerHour), 'hour');
}
