import { Field } from '../../../components/field.tsx';
import { Select } from '../select.tsx';
import { EVENTS } from './events.ts';

/** What may be asked for, as it stands in the query of the page. */
export const FILTERS = ['event', 'user_id', 'actor_id', 'from', 'until'] as const;

/** The form of the filters. It is sent as a query, so that what was looked for can be bookmarked. */
export function Filter({
  filters,
  fields,
}: {
  readonly filters: Readonly<Partial<Record<(typeof FILTERS)[number], string>>>;
  /** What the API says against them. */
  readonly fields: Readonly<Record<string, string>> | undefined;
}) {
  const state = fields === undefined ? {} : { fields };
  const id = { autoComplete: 'off', autoCapitalize: 'none', spellCheck: false, state };
  return (
    <form className="card filter" action="/admin/audit" noValidate role="search" aria-label="Audit events">
      <Select label="Event" name="event" nothing="Any" options={EVENTS} value={filters.event} />
      <Field label="About the user" name="user_id" hint="The id." defaultValue={filters.user_id} {...id} />
      <Field label="By the administrator" name="actor_id" hint="The id." defaultValue={filters.actor_id} {...id} />
      <Field
        label="From"
        name="from"
        type="datetime-local"
        step={1}
        hint="UTC, as the details tell it."
        defaultValue={filters.from}
        state={state}
      />
      <Field
        label="Until"
        name="until"
        type="datetime-local"
        step={1}
        hint="UTC. Before this time."
        defaultValue={filters.until}
        state={state}
      />
      <div className="actions">
        <button type="submit">Search</button>
      </div>
    </form>
  );
}

/** A time of such a field as the API takes it. What is no time goes on as it is: the API says so. */
export function instantOf(local: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(local) ? `${local}:00Z` : /T[\d:.]+$/.test(local) ? `${local}Z` : local;
}
