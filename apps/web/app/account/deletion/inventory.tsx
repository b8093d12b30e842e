import type { components } from '@troth/client';

import { ABOUT_YOU, classOf, stayOf } from '../../../lib/privacy-words.ts';
import { load } from '../../../lib/troth.ts';

type Field = components['schemas']['InventoryField'];

/** All that the service may store about somebody, by class: why, and for how long. It is the same for all users. */
export async function Inventory() {
  const inventory = await load((troth) => troth.api.GET('/v1/privacy/inventory'));
  const classes = inventory.data
    .map((entry) => ({ name: entry.class, fields: entry.fields.filter((field) => field.personal !== 'no') }))
    .filter(({ fields }) => fields.length > 0);
  return (
    <>
      {classes.map(({ name, fields }) => (
        <details key={name} className="inventory">
          <summary>
            {classOf(name).title} <span className="quiet">({fields.length})</span>
          </summary>
          <ul className="list">
            {fields.map((field) => (
              <Stored key={`${field.table}.${field.field}`} field={field} />
            ))}
          </ul>
        </details>
      ))}
      <p className="hint">Fields that tell about nobody are left out here.</p>
    </>
  );
}

function Stored({ field }: { readonly field: Field }) {
  return (
    <li>
      <div>
        {field.purpose}
        <p className="hint">
          It stays {stayOf(field.retention)}.
          {field.personal === 'pseudonym' && ` It is about you ${ABOUT_YOU.pseudonym}.`}
          {field.withheld !== null && ` Not in the download: ${field.withheld}`}
        </p>
      </div>
      <code className="quiet">
        {field.table}.{field.field}
      </code>
    </li>
  );
}
