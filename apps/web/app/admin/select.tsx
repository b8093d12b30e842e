/** A field that takes one of a list, or nothing. */
export function Select({
  label,
  name,
  nothing,
  options,
  value = '',
}: {
  readonly label: string;
  readonly name: string;
  /** What it is called to choose none of them. */
  readonly nothing: string;
  /** What is sent, and how it is called. */
  readonly options: Readonly<Record<string, string>>;
  readonly value?: string | undefined;
}) {
  return (
    <div className="field">
      <label htmlFor={name}>
        {label} <span className="optional">(optional)</span>
      </label>
      <select id={name} name={name} defaultValue={value}>
        <option value="">{nothing}</option>
        {Object.entries(options).map(([sent, called]) => (
          <option key={sent} value={sent}>
            {called}
          </option>
        ))}
      </select>
    </div>
  );
}
