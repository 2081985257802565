import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { load } from 'js-yaml'
import { analyseLog } from './events.testkit.ts'
import { formatYaml } from './yaml.ts'

describe('formatYaml', () => {
  it.each([
    [{ a: 1, b: [1, { c: 'x', d: [] }, [2, 3]], e: {}, f: undefined, 'g h': null, i: true }],
    [['yes', 'no', '0x10', '1e3', '~', '- x', '#', 'a: b', '', ' ']],
    [{ list: [{ only: undefined }, 'a\u001b[2J\n\u0085\u2028\ufeff\u007f"\\'] }],
    [[]],
    ['text'],
    [null],
  ])('writes what YAML reads back as %j', (value) => {
    expect(load(formatYaml(value))).toEqual(JSON.parse(JSON.stringify(value)))
  })

  it('writes an explanation whole', () => {
    const log = new URL('../../test/fixtures/dumps/2.6.32-el6-slab-leak.log', import.meta.url)
    const [event] = analyseLog(readFileSync(log, 'utf8'))
    const text = formatYaml(event?.explanation)
    expect(load(text)).toEqual(JSON.parse(JSON.stringify(event?.explanation)))
    expect(text).toMatch(/^verdict:\n {2}- "haproxy \(pid 20557\) was killed/)
  })
})
