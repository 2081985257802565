import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parseKmsgRecord } from '#kernel/kmsg/record.ts'
import { mutate } from '#kernel/mutation.testkit.ts'
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

describe('explaining mutated dumps', () => {
  it('never throws, and says only numbers that are numbers', () => {
    const random = createRandom(20250117)
    for (let round = 0; round < ROUNDS; round++) {
      for (const texts of corpus) {
        const explanation = explainOom(caseOf(mutate(texts, random, 30)))
        expect(explanation.verdict).toHaveLength(3)
        // JSON has null for what is no number.
        expect(JSON.stringify(explanation)).not.toMatch(/\bNaN\b|\bundefined\b|Infinity|:null/)
      }
    }
  })
})
