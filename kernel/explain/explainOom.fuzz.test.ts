import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parseKmsgRecord } from '#kernel/kmsg/record.ts'
import { createRandom } from '#kernel/random.testkit.ts'
import { readTextRecords } from '#kernel/transport/textLines.ts'
import { explainOom } from './explainOom.ts'
import { caseOf } from './facts.testkit.ts'

const fixtures = new URL('../../test/fixtures/', import.meta.url)
const ROUNDS = 150

function textsOf(folder: string, name: string): string[] {
  const text = readFileSync(new URL(`${folder}/${name}`, fixtures), 'utf8')
  if (name.endsWith('.log')) return [...readTextRecords(text)].map((record) => record.text)
  return text.split('\n').flatMap((line) => {
    const record = parseKmsgRecord(line)
    return record.failure === undefined ? [record.text] : []
  })
}

const corpus = ['dumps', 'kmsg'].flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, fixtures))
    .filter((name) => /\.(?:kmsg|log)$/.test(name))
    .map((name) => textsOf(folder, name)),
)

const JUNK = [
  '\n',
  'order=60',
  'order=-7',
  '0',
  '-',
  ' kB',
  '9'.repeat(15),
  '9'.repeat(400),
  ':0',
  '(',
  '\u001b[2J',
  '',
]

function mutate(texts: readonly string[], random: (below: number) => number): string[] {
  const mutated = [...texts]
  for (let count = 1 + random(30); count > 0; count--) {
    const at = random(mutated.length)
    const text = mutated[at] ?? ''
    const cut = random(text.length + 1)
    const junk = JUNK[random(JUNK.length)] ?? ''
    if (random(4) === 0) mutated.splice(at, 1 + random(8))
    else if (random(3) === 0) mutated.splice(random(mutated.length + 1), 0, text)
    else mutated[at] = text.slice(0, cut) + junk + text.slice(cut + random(6))
  }
  return mutated
}

describe('explaining mutated dumps', () => {
  it('never throws, and says only numbers that are numbers', () => {
    const random = createRandom(20250117)
    for (let round = 0; round < ROUNDS; round++) {
      for (const texts of corpus) {
        const explanation = explainOom(caseOf(mutate(texts, random)))
        expect(explanation.verdict).toHaveLength(3)
        // JSON has null for what is no number.
        expect(JSON.stringify(explanation)).not.toMatch(/\bNaN\b|\bundefined\b|Infinity|:null/)
      }
    }
  })
})
