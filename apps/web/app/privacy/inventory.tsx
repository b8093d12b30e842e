import type { components } from '@troth/client';

import { ABOUT_YOU, classOf, stayOf } from '../../lib/privacy-words.ts';
import { counted } from '../../lib/spans.ts';

type InventoryClass = components['schemas']['InventoryClass'];

/** Every field that is stored, by what it is for; closed at first, for there are many. */
export function Inventory({ data }: { readonly data: readonly InventoryClass[] }) {
  return (
    <section className="card" aria-labelledby="inventory">
      <h2 id="inventory">What is stored</h2>
      {data.map((entry) => (
        <ClassOfFields key={entry.class} entry={entry} />
      ))}
    </section>
  );
}

function ClassOfFields({ entry }: { readonly entry: InventoryClass }) {
  const { title, about } = classOf(entry.class);
  const withheld = entry.fields.filter((field) => field.withheld !== null);
  return (
    <details className="fold">
      <summary>
        <strong>{title}</strong> <span className="quiet">{about}</span>{' '}
        <span className="badge">{counted(entry.fields.length, 'field')}</span>
      </summary>
      <Fields title={title} fields={entry.fields} />
      {withheld.length > 0 && (
        <>
          <p>Not in the file with your data that you can take with you:</p>
          <ul className="steps">
            {withheld.map((field) => (
              <li key={`${field.table}.${field.field}`}>
                <code>{`${field.table}.${field.field}`}</code>: {field.withheld}
              </li>
            ))}
          </ul>
        </>
      )}
    </details>
  );
}

function Fields({ title, fields }: { readonly title: string; readonly fields: InventoryClass['fields'] }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={`Fields: ${title}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">What for</th>
            <th scope="col">About you</th>
            <th scope="col">How long</th>
            <th scope="col">Field</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={`${field.table}.${field.field}`}>
              <td>{field.purpose}</td>
              <td>{ABOUT_YOU[field.personal]}</td>
              <td>{stayOf(field.retention)}</td>
              <td>
                <code>{`${field.table}.${field.field}`}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
