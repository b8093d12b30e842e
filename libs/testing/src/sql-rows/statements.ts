import { join, relative } from 'node:path';

import ts from 'typescript';

import { wordsOf, type Words } from './words.ts';

/** One property of a row type. */
export interface RowProperty extends Words {
  readonly isOptional: boolean;
}

/** A statement as its source promises it: text with `$n`, what is given for each, and what a row holds. */
export interface PromisedStatement {
  /** `libs/data/src/claim.ts:18`. */
  readonly place: string;
  readonly text: string;
  readonly parameters: readonly (Words & { readonly isCast: boolean })[];
  /** Empty for `never[]`: the statement answers no rows. */
  readonly row: ReadonlyMap<string, RowProperty>;
}

/** What was found in the sources; whatever could not be understood stands in `faults`. */
export interface Found {
  readonly statements: readonly PromisedStatement[];
  readonly faults: readonly string[];
}

/** Where to look. `planted` files are taken as given instead of being read. */
export interface Sources {
  readonly root: string;
  /** Paths from the root. */
  readonly files: readonly string[];
  readonly planted?: ReadonlyMap<string, string>;
}

/** The interface whose tag runs a statement, and where it is declared: the driver has a namesake. */
const TAG = { name: 'Sql', file: 'libs/data/src/database.ts' };

/** Finds every tagged statement, and every use of the tag that is not one. */
export function findStatements(sources: Sources): Found {
  const program = programOf(sources);
  const statements: PromisedStatement[] = [];
  const faults: string[] = [];
  for (const file of sources.files) {
    const source = program.getSourceFile(join(sources.root, file));
    if (!source) throw new Error(`${file} is not there`);
    const visit = (node: ts.Node): void => {
      const found = readNode(program.getTypeChecker(), node);
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      const place = `${relative(sources.root, source.fileName)}:${line}`;
      if (typeof found === 'string') faults.push(`${place}: ${found}`);
      else if (found) statements.push({ place, ...found });
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { statements, faults };
}

function programOf({ root, files, planted = new Map() }: Sources): ts.Program {
  const config: { config?: { compilerOptions: unknown } } = ts.readConfigFile(
    join(root, 'tsconfig.json'),
    ts.sys.readFile,
  );
  const { tsBuildInfoFile: _, ...options } = ts.convertCompilerOptionsFromJson(
    config.config?.compilerOptions,
    root,
  ).options;
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  const given = new Map([...planted].map(([path, text]) => [join(root, path), text]));
  host.readFile = (path) => given.get(path) ?? readFile(path);
  host.fileExists = (path) => given.has(path) || fileExists(path);
  host.getCurrentDirectory = () => root;
  return ts.createProgram({
    rootNames: files.map((file) => join(root, file)),
    options: { ...options, noEmit: true, incremental: false },
    host,
  });
}

type Read = Omit<PromisedStatement, 'place'>;

/** A statement, a fault, or nothing to do with SQL. */
function readNode(checker: ts.TypeChecker, node: ts.Node): Read | string | undefined {
  if (ts.isCallExpression(node) && isTag(checker, node.expression))
    return 'a statement must be written as sql<Row[]>`…`';
  if (!ts.isTaggedTemplateExpression(node)) return undefined;
  if (isTag(checker, node.tag)) return readStatement(checker, node);
  if (node.tag.getText() === 'String.raw') return undefined;
  return `the tag ${node.tag.getText()} is not of type ${TAG.name}`;
}

function isTag(checker: ts.TypeChecker, tag: ts.Expression): boolean {
  const type = checker.getTypeAtLocation(tag);
  return [type.aliasSymbol, type.getSymbol()].some((symbol) => symbol?.name === TAG.name && isDeclaredInData(symbol));
}

function isDeclaredInData(symbol: ts.Symbol): boolean {
  return symbol.declarations?.some((declaration) => declaration.getSourceFile().fileName.endsWith(TAG.file)) ?? false;
}

function readStatement(checker: ts.TypeChecker, node: ts.TaggedTemplateExpression): Read | string {
  const row = readRow(checker, node.typeArguments?.[0]);
  if (typeof row === 'string') return row;
  const { template } = node;
  if (ts.isNoSubstitutionTemplateLiteral(template)) return { text: template.text, parameters: [], row };
  const text = template.templateSpans.reduce(
    (head, span, i) => `${head}$${i + 1}${span.literal.text}`,
    template.head.text,
  );
  const parameters = template.templateSpans.map((span) => ({
    ...wordsOf(checker, checker.getTypeAtLocation(span.expression)),
    isCast: span.literal.text.startsWith('::'),
  }));
  return { text, parameters, row };
}

function readRow(checker: ts.TypeChecker, node: ts.TypeNode | undefined): ReadonlyMap<string, RowProperty> | string {
  if (!node) return 'the statement names no row type';
  const rows = checker.getTypeFromTypeNode(node);
  const row = checker.isArrayType(rows) ? checker.getIndexTypeOfType(rows, ts.IndexKind.Number) : undefined;
  if (!row) return `${node.getText()} is not an array of rows`;
  if ((row.flags & ts.TypeFlags.Never) !== 0) return new Map();
  if ((row.flags & ts.TypeFlags.Object) === 0 || checker.getIndexInfosOfType(row).length > 0) {
    return `${node.getText()} does not name the properties of a row`;
  }
  return new Map(
    checker.getPropertiesOfType(row).map((property) => [
      property.name,
      {
        ...wordsOf(checker, checker.getTypeOfSymbol(property)),
        isOptional: (property.flags & ts.SymbolFlags.Optional) !== 0,
      },
    ]),
  );
}
