import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { EXCEPTIONS } from './runtime-fixture.ts'

it('docs/runtimes.md has a row for each exception of the contract, and no row without one', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/runtimes.md'), 'utf8')
  const [, table = ''] = page.split('\n|---|---|---|---|\n')
  const rows = table.split('\n\n')[0]?.split('\n') ?? []
  expect(rows.map((row) => row.split(' | ')[0]?.replace('| ', ''))).toEqual([...EXCEPTIONS])
})
