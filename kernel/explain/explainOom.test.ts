import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { explainOom } from './explainOom.ts'
import { caseOf, casesOfLog, killOf } from './facts.testkit.ts'

function read(name: string): string {
  return readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url), 'utf8')
}

function explainLog(name: string) {
  return casesOfLog(read(`dumps/${name}`)).map(explainOom)
}

describe('explainOom', () => {
  it('explains the slab leak of 2.6.32', () => {
    const [explanation, ...others] = explainLog('2.6.32-el6-slab-leak.log')
    expect(others).toEqual([])
    expect(explanation?.verdict).toEqual([
      'haproxy (pid 20557) was killed because the machine ran out of memory when dsm_sa_datamgrd asked for 4 KiB.',
      '14.9 GiB of 16 GiB is unreclaimable kernel slab: no kill gives that back.',
      'Killing haproxy freed 12.2 MiB of 16 GiB (< 0.1 %); the zones lacked 81.1 MiB to their high watermarks: the next kill follows; first of all, find the leak in the kernel.',
    ])
    expect(explanation).toMatchObject({
      asked: {
        asker: {
          command: 'dsm_sa_datamgrd',
          pid: 4917,
          gfpFlags: ['GFP_HIGHUSER_MOVABLE', '__GFP_COLD'],
          gfpNamedBy: 'table',
        },
        killed: [{ pid: 20557, anonRssKib: 12_468, anonRssPages: 3117 }],
      },
      limit: { kind: 'Node' },
      memory: {
        findings: [{ name: 'kernel slab leak', figures: { slabUnreclaimableKib: 15_592_916, wholeKib: 16_777_212 } }],
      },
      choice: { victimRank: 1, printedChoice: { pid: 20557, score: 133 } },
      worth: { freedKib: 12_468, neededKib: 83_088, enough: false },
      advice: [{ action: 'find the leak in the kernel' }],
      missing: [],
    })
  })

  it('explains the java of 3.10', () => {
    const [explanation] = explainLog('3.10-el7-java.log')
    expect(explanation).toMatchObject({
      asked: {
        asker: { command: 'AliYunDun', order: 0, sizeKib: 4 },
        killed: [{ pid: 5424, anonRssPages: 1_537_770 }],
      },
      limit: { kind: 'Node', limitKib: 8_388_604 },
      choice: {
        victimRank: 1,
        candidates: 34,
        ranking: [{ badnessPages: 1_604_177, thousandths: 800 }, {}, {}, {}, {}, {}, {}, {}, {}, {}],
      },
      worth: { enough: true, neededKib: 28_588 },
    })
    expect(explanation?.memory.findings.map(({ name }) => name)).toEqual(['one giant', 'no swap'])
    expect(explanation?.advice.map(({ action }) => action)).toEqual([
      'give the largest process a limit',
      'add swap',
      'promise less memory',
    ])
  })

  it('explains a kill in a cgroup of 6.18', () => {
    const [explanation] = casesOfLog(read('kmsg/6.18-memcg-v1.kmsg')).map(explainOom)
    expect(explanation?.verdict[0]).toBe(
      'tail (pid 12950) was killed because its cgroup reached its limit of 32 MiB when tail asked for 4 KiB.',
    )
    expect(explanation?.zones).toMatchObject({
      zones: [],
      statements: [{ text: expect.stringContaining('No zone refused') }],
    })
    expect(explanation?.memory.kinds).toContainEqual({ kind: 'anonymous', kib: 32_512 })
  })

  it.each([
    ['6.12-memcg-v2-group', /^eater \(pid 163\) and 1 more were killed because their cgroup reached its limit/],
    ['6.12-memcg-v2-no-killable', /^Nobody could be killed, though a cgroup reached its limit/],
    ['6.12-cpuset', /^holder \(pid 160\) was killed because the NUMA nodes of its cpuset ran out/],
  ])('says whose limit it was in %s', (name, sentence) => {
    expect(casesOfLog(read(`kmsg/${name}.kmsg`)).map(explainOom)[0]?.verdict[0]).toMatch(sentence)
  })

  it('does not call most what is less than half', () => {
    const [explanation] = casesOfLog(read('kmsg/6.12-sysrq.kmsg')).map(explainOom)
    expect(explanation?.verdict[1]).toBe('The most is held by holder: 42.4 MiB of 255 MiB (17 %).')
  })

  it('says of a kill line alone what is missing', () => {
    const explanation = explainOom({ ...caseOf([killOf(7, 'app', 4000)]), dump: undefined })
    expect(explanation.verdict).toEqual([
      'app (pid 7) was killed because the machine ran out of memory.',
      'Where the memory went is not in the log.',
      'Killing app freed 4 MiB.',
    ])
    expect(explanation.missing[0]).toMatch(/^the dump/)
  })

  it.each(['2.6.32-el6-slab-leak.log', '3.10-el7-java.log'])(
    'never throws on %s cut at any line, nor says NaN',
    (name) => {
      const lines = read(`dumps/${name}`)
        .split('\n')
        .map((line) => line.replace(/^.{15} \S+ kernel: /, ''))
      for (let from = 0; from < lines.length; from++) {
        for (const cut of [lines.slice(from), lines.slice(0, from)]) {
          const explanation = explainOom(caseOf(cut))
          expect(explanation.verdict).toHaveLength(3)
          expect(JSON.stringify(explanation)).not.toMatch(/NaN|undefined|Infinity/)
        }
      }
    },
  )
})
