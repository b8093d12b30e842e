/**
 * A map that forgets what was used least recently: when its young generation is full, the old one goes as a whole and
 * the young one becomes old. Every step takes the same short time, which a single Map in order of use does not: it
 * keeps a hole for each key that went, and looks for its first key by walking over all of them.
 */
export class Generations<Value> {
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  /** `room` is how many keys one generation holds; both together hold twice as many. */
  constructor(private readonly room: number) {}

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** Keeps the value as the one that was used last. */
  put(key: string, value: Value): void {
    if (this.#young.has(key)) {
      this.#young.set(key, value);
      return;
    }
    if (this.#young.size >= this.room) this.age();
    this.#old.delete(key);
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  /** Forgets the old generation, and makes the young one old. */
  age(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }
}
