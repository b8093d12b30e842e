import type { components } from '@troth/client';

import { classOf, stayOf } from '../../lib/privacy-words.ts';
import { spanOf } from '../../lib/spans.ts';

type DataRetention = components['schemas']['DataRetention'];

/** What is done when the time of something is over. */
export function Retention({ retention }: { readonly retention: DataRetention }) {
  const ending = retention.data.filter((entry) => entry.act !== null);
  return (
    <section className="card" aria-labelledby="retention">
      <h2 id="retention">When it goes</h2>
      <p>
        What belongs to an account stays as long as the account, and its erasure takes it along. The rest has its own
        time:
      </p>
      <div className="scroll" tabIndex={0} role="region" aria-label="Times, by table">
        <table>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">How long</th>
              <th scope="col">Then</th>
              <th scope="col">Table</th>
            </tr>
          </thead>
          <tbody>
            {ending.map((entry) => (
              <tr key={`${entry.table} ${entry.fields[0]}`}>
                <td>{entry.classes.map((name) => classOf(name).title).join(', ')}</td>
                <td>{stayOf(entry.retention)}</td>
                <td>{entry.act}</td>
                <td>
                  <code>{entry.table}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="hint">
        {retention.job_interval_seconds > 0
          ? `A job looks for what is due at intervals of ${spanOf(retention.job_interval_seconds)}.`
          : 'What is due goes when the service starts, and when somebody asks for it.'}
      </p>
    </section>
  );
}
