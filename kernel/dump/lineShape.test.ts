import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { createRandom } from '#kernel/random.testkit.ts'
import { readTextRecords } from '#kernel/transport/textLines.ts'
import { shapeOf, shapeOfText } from './lineShape.ts'
import { specifiedShapeOf } from './lineShape.testkit.ts'

const fixtures = new URL('../../test/fixtures/', import.meta.url)
const MUTATIONS = 200_000

const texts = ['kmsg/', 'dumps/'].flatMap((folder) =>
  readdirSync(new URL(folder, fixtures))
    .filter((name) => /\.(?:kmsg|log)$/.test(name))
    .flatMap((name) => [...readTextRecords(readFileSync(new URL(folder + name, fixtures), 'utf8'))])
    .map((record) => record.text),
)

/** The beginning decides: cuts, joins and new characters are made there. */
function mutate(random: (below: number) => number): string {
  const text = texts[random(texts.length)] ?? ''
  const other = texts[random(texts.length)] ?? ''
  const cut = random(Math.min(text.length, 40) + 1)
  switch (random(4)) {
    case 0:
      return text.slice(0, cut) + other.slice(random(other.length + 1))
    case 1:
      return text.slice(0, cut) + other
    case 2:
      return text.slice(cut)
    default:
      return text.slice(0, cut) + String.fromCharCode(random(0x100)) + text.slice(cut + random(2))
  }
}

describe('the shape of a line', () => {
  it('is what the expressions say, for every line of the fixtures', () => {
    expect(texts.length).toBeGreaterThan(3000)
    expect(texts.filter((text) => shapeOfText(text) !== specifiedShapeOf(text))).toEqual([])
  })

  it('is what the expressions say for lines cut, joined and changed', () => {
    const random = createRandom(20260101)
    const seen = new Set<string>()
    for (let round = 0; round < MUTATIONS; round++) {
      const text = mutate(random)
      const shape = shapeOfText(text)
      seen.add(shape)
      if (shape !== specifiedShapeOf(text)) expect({ text, shape }).toEqual({ text, shape: specifiedShapeOf(text) })
    }
    expect(seen.size).toBeGreaterThan(15)
  })

  it('ends where the text ends, whatever follows it in the buffer', () => {
    const random = createRandom(7)
    for (const text of texts) {
      const end = Buffer.byteLength(text)
      const bytes = Buffer.from(text + (texts[random(texts.length)] ?? ''))
      expect(shapeOf({ bytes, start: 0, end, text })).toBe(specifiedShapeOf(text))
    }
  })

  it.each([
    ['a command that looks like memory', 'active_anon:1 cpuset=/ mems_allowed=0', 'cpuset'],
    ['a command that looks like a row', '[12] 0 12 9 invoked oom-killer: gfp_mask=0xcc0, order=0', 'header'],
    ['a command of 15 bytes that are not UTF-8', `${'\ufffd'.repeat(15)} invoked oom-killer: gfp_mask=0x0`, 'header'],
    ['words that a command is too short for', 'monitor[12]: seen: tail invoked oom-killer: gfp_mask=0xcc0', 'other'],
    ['a command that begins with a blank', ' x: page allocation failure: order:4, mode:0xcc0', 'allocationFailure'],
  ])('tells %s', (_case, text, shape) => {
    expect(shapeOfText(text)).toBe(shape)
  })
})
