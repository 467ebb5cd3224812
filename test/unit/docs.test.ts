import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { OPTIONS_PAGE, renderOptionsPage } from '../tools/docs.ts'

it('docs/options.md says what the option table says: run `npm run docs` and commit the page', () => {
  expect(readFileSync(OPTIONS_PAGE, 'utf8')).toBe(renderOptionsPage())
})
