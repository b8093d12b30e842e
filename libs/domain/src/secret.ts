/** A secret in memory: it prints, logs and serialises as `[secret]`, and is read by name alone. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toJSON(): '[secret]' {
    return '[secret]';
  }

  toString(): '[secret]' {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): '[secret]' {
    return '[secret]';
  }
}
