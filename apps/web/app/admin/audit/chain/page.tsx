import type { components } from '@troth/client';
import type { Metadata } from 'next';

import { read } from '../../read.ts';
import { Time } from '../../../../components/time.tsx';
import { counted } from '../../../../lib/spans.ts';

export const metadata: Metadata = { title: 'Audit chain' };

type Chain = components['schemas']['AuditChain'];
type Fault = components['schemas']['AuditChainFault'];

/** What was done to the chain where it does not hold. */
const FAULTS: Readonly<Record<Fault['kind'], string>> = {
  events_changed: 'an event was edited, or events changed places',
  events_missing: 'an event was removed',
  events_added: 'an event was put among those that were sealed',
  batch_changed: 'the seal was edited or exchanged, or made without the key',
  batch_missing: 'the seal was removed',
  unknown_key: 'it was sealed with a secret that this service does not know',
  checkpoint_changed: 'the mark of what retention has dropped was edited or made up',
  events_before_checkpoint: 'there are events where retention left none',
  head_missing: 'the chain does not go through the head that was given',
};

export default async function ChainPage() {
  const chain = await read((troth) => troth.api.GET('/v1/admin/audit-events/verify'));
  return (
    <>
      <h1>Audit chain</h1>
      <p className={chain.valid ? 'note' : 'note fault'} role="status">
        {chain.valid ? 'All that was verified is as it was written.' : 'The chain is broken: something was changed.'}
      </p>
      <p>Events are sealed in batches, each with the hash of the one before. A change of an event breaks the chain.</p>
      <section className="card" aria-labelledby="now">
        <h2 id="now">Verified now</h2>
        <p>{nowOf(chain)}</p>
        <FaultOf fault={chain.fault} />
        <p>{unsealedOf(chain.unsealed)}</p>
      </section>
      <WholeCheck check={chain.last_check} />
      <Head chain={chain} />
    </>
  );
}

function WholeCheck({ check }: { readonly check: Chain['last_check'] }) {
  return (
    <section className="card" aria-labelledby="whole">
      <h2 id="whole">The last verification of the whole chain</h2>
      {check === null ? (
        <p>It has not ended yet: it runs when the service starts, and once a day.</p>
      ) : (
        <>
          <p>
            <Time at={check.verified_at} />: {counted(check.events, 'event')} in{' '}
            {counted(check.batches, 'batch', 'batches')}
            {check.valid && check.events > 0 ? ', all as they were written.' : '.'}
          </p>
          <FaultOf fault={check.fault} />
        </>
      )}
    </section>
  );
}

function Head({ chain: { head, checkpoint } }: { readonly chain: Chain }) {
  return (
    <section className="card" aria-labelledby="head">
      <h2 id="head">The ends of the chain</h2>
      <dl className="facts">
        <div>
          <dt>Newest seal</dt>
          <dd>
            {head === null ? (
              'Nothing was sealed yet.'
            ) : (
              <>
                <code>
                  {head.count}:{head.hash}
                </code>
                {head.sealed_at !== null && (
                  <>
                    {' '}
                    (<Time at={head.sealed_at} />)
                  </>
                )}
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>Dropped after a year</dt>
          <dd>
            {checkpoint === null
              ? 'Nothing yet.'
              : `${counted(checkpoint.count, 'event')}, up to batch ${checkpoint.batch}.`}
          </dd>
        </div>
      </dl>
      <p className="hint">
        That the end was not cut off, only the log can tell: compare the newest seal with what it says, or run{' '}
        <code>npm run ops -- verify-audit --head=…</code> with a line of it.
      </p>
    </section>
  );
}

function FaultOf({ fault }: { readonly fault: Fault | null }) {
  if (fault === null) return undefined;
  return (
    <p className="note fault">
      Batch {fault.batch}: {FAULTS[fault.kind]}. It is the first one that does not hold; those behind it were not looked
      at.
    </p>
  );
}

function nowOf({ batches, events, verified_from, fault }: Chain): string {
  if (batches === 0 && fault === null) return 'Nothing was sealed yet, so there was nothing to verify.';
  const what = `${counted(events, 'event')} in ${counted(batches, 'batch', 'batches')}`;
  return verified_from <= 1 ? `${what}: the whole chain.` : `${what}, from batch ${verified_from} on: the newest part.`;
}

function unsealedOf(count: number): string {
  if (count === 0) return 'Every event is sealed.';
  return `${counted(count, 'event')} ${count === 1 ? 'is' : 'are'} not sealed yet. That happens within about a minute.`;
}
