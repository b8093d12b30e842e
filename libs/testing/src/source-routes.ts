import { readdirSync, readFileSync } from 'node:fs';

/** Every route of a controller; the development mailbox is not there when letters go by SMTP. */
export function routesOfSources(): readonly string[] {
  const files = ['apps/api/src', 'libs/platform/src'].flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' }).map((file) => `${root}/${file}`),
  );
  return files
    .filter((file) => file.endsWith('.controller.ts') && !file.includes('/dev-mailbox/'))
    .flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      const base = /^@Controller\((?:'(.*)')?\)/m.exec(text)?.[1];
      return [...text.matchAll(/^ {2}@(Get|Post|Put|Patch|Delete)\((?:'(.*)')?\)/gm)].map(
        ([, verb = '', path]) => `${verb.toUpperCase()} /${[base, path].filter(Boolean).join('/')}`,
      );
    });
}
