import type { components } from '@troth/client';

import { load } from '../../../lib/troth.ts';
import { periodOf } from '../../../lib/spans.ts';
import { classInWords } from './classes.ts';

type Field = components['schemas']['InventoryField'];
type Lifetimes = components['schemas']['Lifetimes'];

/** All that the service may store about somebody, by class: why, and for how long. It is the same for all users. */
export async function Inventory() {
  const [inventory, retention] = await Promise.all([
    load((troth) => troth.api.GET('/v1/privacy/inventory')),
    load((troth) => troth.api.GET('/v1/privacy/retention')),
  ]);
  const classes = inventory.data
    .map((entry) => ({ name: entry.class, fields: entry.fields.filter((field) => field.personal !== 'no') }))
    .filter(({ fields }) => fields.length > 0);
  return (
    <>
      {classes.map(({ name, fields }) => (
        <details key={name} className="inventory">
          <summary>
            {classInWords(name)} <span className="quiet">({fields.length})</span>
          </summary>
          <ul className="list">
            {fields.map((field) => (
              <Stored key={`${field.table}.${field.field}`} field={field} lifetimes={retention.lifetimes} />
            ))}
          </ul>
        </details>
      ))}
      <p className="hint">Fields that tell about nobody are left out here.</p>
    </>
  );
}

function Stored({ field, lifetimes }: { readonly field: Field; readonly lifetimes: Lifetimes }) {
  return (
    <li>
      <div>
        {field.purpose}
        <p className="hint">
          {staysFor(field, lifetimes)}
          {field.personal === 'pseudonym' && ' It is a number or sealed, and no name.'}
          {field.withheld !== null && ` Not in the download: ${field.withheld}`}
        </p>
      </div>
      <code className="quiet">
        {field.table}.{field.field}
      </code>
    </li>
  );
}

function staysFor({ retention }: Field, lifetimes: Lifetimes): string {
  if (retention === 'account' || retention === 'claim' || retention === 'service') return lifetimes[retention];
  return `It stays for ${periodOf(retention) ?? retention} at most.`;
}
