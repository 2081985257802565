import { readdirSync, readFileSync } from 'node:fs'
import { parseKmsgRecord } from '../../kernel/kmsg/record.ts'
import { readTextRecords } from '../../kernel/transport/textLines.ts'
import type { FuzzLog } from './createInput.ts'

const FIXTURES = new URL('../fixtures/', import.meta.url)

/** All captures and saved dumps of the project. */
export function readFixtureLogs(): [FuzzLog, ...FuzzLog[]] {
  const names = ['kmsg', 'dumps'].flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, FIXTURES)).map((name) => `${folder}/${name}`),
  )
  const [first, ...others] = names.toSorted().flatMap((name) => {
    if (!/\.(?:kmsg|log)$/.test(name)) return []
    const text = readFileSync(new URL(name, FIXTURES), 'utf8')
    const lines = text.split('\n')
    return [{ lines, texts: name.endsWith('.kmsg') ? kmsgTexts(lines) : logTexts(text) }]
  })
  if (first === undefined) throw new Error(`expected logs in ${FIXTURES.pathname}, found none`)
  return [first, ...others]
}

function kmsgTexts(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const record = parseKmsgRecord(line)
    return record.failure === undefined ? [record.text] : []
  })
}

function logTexts(text: string): string[] {
  return [...readTextRecords(text)].map((record) => record.text)
}
