import { existsSync } from 'node:fs';

import tseslint from 'typescript-eslint';

// The rules of CONTRIBUTING.md that a tool can hold. An exception is a line in one of the lists below, with its reason,
// or a disabling comment that tells why.

const SPECS = [
  '**/*.spec.ts',
  '**/*.pg-spec.ts',
  '**/*.e2e-spec.ts',
  '**/*.browser-spec.ts',
  'libs/testing/**',
  'apps/{api,web}/test/**',
];

/** Where text or the driver's rows become a type: the only production code that may assert one with `as` at will. */
const PARSERS = [
  'libs/domain/src/email.ts', // the brand of a checked address
  'libs/platform/src/config/config.ts', // the table of settings becomes the configuration
  'libs/client/src/client.ts', // calls that reject for a refusal have one kind of answer left
  'libs/client/src/session.ts', // the body of an answer that OpenAPI describes
  'apps/web/lib/pending-claim.ts', // what this application sealed itself
];
const DATA_PARSERS = [
  'libs/data/src/database.ts', // rows of the driver become rows of the statement, which sql-rows.pg-spec.ts checks
];

/** The only files that read the environment. */
const ENVIRONMENT_READERS = [
  'libs/platform/src/config/**',
  'apps/api/src/main.ts',
  'apps/{api,web}/test/**',
  'apps/ops/src/main.ts',
  'scripts/**',
  'docs/journeys/**',
  'libs/testing/**',
  'apps/web/{proxy.ts,server.mjs,lib/settings.ts,test/**/*.ts}',
];

const NO_ANY = {
  object: 'AbortSignal',
  property: 'any',
  message: 'Node.js 20 forgets it when it collects garbage: give fetch the one signal that counts.',
};
const NO_ENVIRONMENT = 'Take it from Config: the environment is read in libs/platform/src/config alone.';
const NO_CLOCK = 'Time is the database’s: use clock_timestamp() in the statement.';

const inTemplates = (pattern, message) => ({ selector: `TemplateElement[value.raw=/${pattern}/i]`, message });

/** Banned everywhere. A later block for the same rule replaces the lists of an earlier one. */
const SYNTAX = [
  { selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]', message: 'Export by name.' },
  { selector: 'ImportDeclaration[source.value=/^\\.\\.\\/\\.\\./]', message: 'Import another library by its # name.' },
];

/** Allowed are `as const` and reading back what we wrote: `JSON.parse(text) as Kept`. */
const ASSERTIONS = [
  {
    selector:
      'TSAsExpression:not([typeAnnotation.typeName.name="const"])' +
      ':not([expression.callee.object.name="JSON"][expression.callee.property.name="parse"])',
    message: 'Parse it, or narrow it: a type is asserted in a parser alone.',
  },
];

/** Banned in libs/data besides: the clock of the process, and SQL that hides its columns or its moment. */
const DATA = [
  { selector: 'MemberExpression[object.name="Date"][property.name="now"]', message: NO_CLOCK },
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: NO_CLOCK },
  { selector: 'CallExpression[callee.name="Date"]', message: NO_CLOCK },
  inTemplates('\\bnow\\s*\\(', NO_CLOCK),
  inTemplates('\\b(current_timestamp|current_date|current_time|localtime|localtimestamp)\\b', NO_CLOCK),
  inTemplates('\\b(transaction|statement)_timestamp\\s*\\(', NO_CLOCK),
  inTemplates('(\\bselect|\\breturning|,|\\.)\\s*\\*', 'List every column.'),
];

/** Every export has a doc comment, in whatever way it is exported. */
const DOCUMENTED_EXPORT = {
  create: (context) => ({
    'ExportNamedDeclaration[declaration]': (node) => {
      const previous = context.sourceCode.getCommentsBefore(node.declaration.decorators?.[0] ?? node).at(-1);
      const own = context.sourceCode.getCommentsBefore(node).at(-1);
      if ([own, previous].some((comment) => comment?.type === 'Block' && comment.value.startsWith('*'))) return;
      context.report({ node, message: 'Say in a doc comment what the name cannot tell.' });
    },
  }),
};

/** Without the packages of the web application, and the client that it is built upon, its types are unknown. */
const KNOWS_WEB = ['apps/web/node_modules', 'libs/client/dist'].every((folder) => existsSync(folder));
const WEB_IGNORES = KNOWS_WEB ? ['apps/web/.next/'] : ['apps/web/*', '!apps/web/test/'];

export default tseslint.config(
  { ignores: ['**/dist/', '.data/', 'coverage/', 'libs/client/src/schema.ts', '**/next-env.d.ts', ...WEB_IGNORES] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'as' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/require-array-sort-compare': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Code points are what a password is counted in; nothing here cuts text for the eye.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      // DTOs and Nest's options are classes that describe plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // A port of one function is documented better as an interface.
      '@typescript-eslint/prefer-function-type': 'off',
      // Nest's modules and DTOs are classes without a body.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-param-reassign': 'error',
      'no-restricted-syntax': ['error', ...SYNTAX, ...ASSERTIONS],
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: NO_ENVIRONMENT }, NO_ANY],
      'no-restricted-imports': ['error', { name: 'node:process', importNames: ['env'], message: NO_ENVIRONMENT }],
      'no-warning-comments': 'error',
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 40, skipComments: true }],
    },
  },
  {
    files: ['{apps,libs}/*/src/**/*.ts'],
    ignores: SPECS,
    plugins: { troth: { rules: { 'documented-export': DOCUMENTED_EXPORT } } },
    rules: { 'troth/documented-export': 'error' },
  },
  { files: ['libs/data/src/**/*.ts'], rules: { 'no-restricted-syntax': ['error', ...SYNTAX, ...ASSERTIONS, ...DATA] } },
  // Next.js finds pages by their default export, and has no names for folders.
  {
    files: ['apps/web/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-syntax': ['error', ...ASSERTIONS],
      'no-restricted-imports': [
        'error',
        { name: 'next/link', message: 'components/link.tsx fetches nothing in advance.' },
      ],
      // What a component returns is told by its place.
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      // Markup is long, not deep.
      'max-lines-per-function': ['error', { max: 70, skipComments: true }],
    },
  },
  { files: DATA_PARSERS, rules: { 'no-restricted-syntax': ['error', ...SYNTAX, ...DATA] } },
  { files: [...PARSERS, ...SPECS], rules: { 'no-restricted-syntax': ['error', ...SYNTAX] } },
  {
    files: SPECS,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // Jest's asymmetric matchers are any.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-array-sort-compare': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      'max-lines': ['error', 450],
      'max-lines-per-function': 'off',
    },
  },
  { files: ENVIRONMENT_READERS, rules: { 'no-restricted-properties': 'off', 'no-restricted-imports': 'off' } },
  { files: ['apps/web/components/link.tsx'], rules: { 'no-restricted-imports': 'off' } },
  // What talks to a terminal.
  {
    files: ['scripts/**', 'apps/ops/**', 'apps/web/server.mjs', 'libs/testing/**/*.mjs'],
    rules: { 'no-console': 'off' },
  },
  { files: ['scripts/**'], rules: { 'no-restricted-syntax': ['error', SYNTAX[0]] } },
  // Their readers ask for a default export.
  { files: ['*.config.mjs', 'libs/testing/src/global-*.mjs'], rules: { 'no-restricted-syntax': 'off' } },
);
