import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { agentFlags } from '../../agent/config.ts'
import { operatorFlags } from '../../operator/config.ts'
import { flagName } from '../../program/flagNames.ts'
import type { Flags } from '../../program/flags.ts'

const docs = readFileSync(resolve(import.meta.dirname, '../../docs/operating.md'), 'utf8')

/** The names in a chapter's table of flags, as they are typed. */
function readTable(chapter: string): string[] {
  const [, text = ''] = docs.split(`\n## ${chapter}\n`)
  const [, table = ''] = /\n\| flag .*\n\| -.*\n((?:\|.*\n)+)/.exec(text) ?? []
  const cells = table.split('\n').map((row) => row.split('|')[1] ?? '')
  return cells.flatMap((cell) => Array.from(cell.matchAll(/`(--[a-z-]+)`/g), ([, name = '']) => name))
}

describe('docs/operating.md', () => {
  it.each<[string, Flags]>([
    ['Agent', agentFlags],
    ['Operator', operatorFlags],
  ])('has every flag of %s in its table, each once, and no others', (chapter, flags) => {
    const typed = Object.keys(flags).map((key) => `--${flagName(key)}`)
    expect(readTable(chapter).toSorted()).toEqual(typed.toSorted())
  })
})
