import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const sizes = {
  'max-lines': ['error', 220],
  'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
  'max-params': ['error', 5],
}

/** What a device may lack: engines without WebCrypto have none of these, browsers have no Buffer and process. */
const platformGlobals = ['Buffer', 'process', 'TextEncoder', 'TextDecoder', 'console']

export default defineConfig(
  // Type-checked by tools/adapters.mjs, with SDKs that the linter lacks.
  { ignores: ['dist/', 'docs/site/dist/', 'docs/api/', 'reports/', 'docs/examples/*/demo-data/', 'docs/examples/*/data/', 'node_modules/', '.ci/', 'docs/adapters/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...sizes,
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // An async function without await turns what it throws into a rejection, which is the contract here.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/cli/**', 'src/node.ts', 'src/node/**', 'src/**/node*.ts', 'src/backend/*-node.ts'],
    rules: {
      'no-restricted-globals': ['error', ...platformGlobals],
      'no-restricted-syntax': ['error', { selector: 'CallExpression[callee.property.name="at"][arguments.length=1]', message: 'Hermes has no at().' }],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    rules: { ...sizes, 'prefer-const': 'error', 'no-unused-vars': 'error', 'no-undef': 'off' },
  },
)
