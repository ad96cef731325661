import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** tap and node:test wait for these by themselves: a floating `t.test()` or `t.rejects()` loses nothing. */
const AWAITED_BY_RUNNER = ['test', 'only', 'todo', 'skip', 'rejects', 'resolves', 'resolveMatch', 'emits'].flatMap(
  (name) =>
    ['@tapjs/test', '@tapjs/core', '@tapjs/asserts', 'node:test'].map((where) => ({
      from: 'package',
      name,
      package: where
    }))
)

export default defineConfig(
  { ignores: ['dist', '.tap', 'artifacts'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { args: 'after-used', ignoreRestSiblings: true }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/promise-function-async': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A hook or a storage may be async by its interface without awaiting anything itself.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      // `Token.from(record)` and the like: a class may well be a bundle of factories.
      '@typescript-eslint/no-extraneous-class': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error'
    }
  },
  {
    files: ['src/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }] }
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'example-app/**/*.ts', 'examples/**/*.ts', 'docs/examples/**/*.ts'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: AWAITED_BY_RUNNER }],
      // Tests poke at what users could do wrong, and read JSON answers.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-empty-function': 'off'
    }
  },
  {
    files: ['**/*.js'],
    extends: [tseslint.configs.recommended, tseslint.configs.disableTypeChecked]
  }
)
