import { Injectable } from '@nestjs/common';

/** The routes the application answers, so that a wrong method can be told from a wrong path. */
@Injectable()
export class Routes {
  readonly #patterns = new Map<string, { readonly matches: RegExp; readonly methods: Set<string> }>();

  /** Notes a route: `:name` stands for one part of a path, a last `*` for any rest. */
  add(methods: string | readonly string[], pattern: string): void {
    const known = this.#patterns.get(pattern) ?? { matches: expressionOf(pattern), methods: new Set() };
    for (const method of [methods].flat()) known.methods.add(method);
    this.#patterns.set(pattern, known);
  }

  /** The methods that the path of a request target is answered for, sorted; none for an unknown path. */
  methodsOf(target: string): readonly string[] {
    const path = decoded(target.split('?', 1)[0] ?? '');
    const methods = [...this.#patterns.values()]
      .filter(({ matches }) => matches.test(path))
      .flatMap((route) => [...route.methods]);
    return [...new Set(methods)].sort();
  }
}

function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replace(/\*$/, '.*');
  return new RegExp(`^${source}$`, 's');
}

function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
