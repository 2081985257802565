import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { eventsOf } from '#kernel/event/logEvents.testkit.ts'
import { parseCgroupStat } from '#kernel/memory/cgroupStat.ts'
import { parseMachineMemory } from '#kernel/memory/machineMemory.ts'
import { hardWidthOf, seamAtWidth } from './hardWidth.ts'
import { readTextRecords } from './textLines.ts'

const lines = (...lengths: number[]) => Buffer.from(lengths.map((length) => `${'x'.repeat(length)}\n`).join(''))

describe('hardWidthOf', () => {
  it('is the length that the longest lines have in common', () => {
    expect(hardWidthOf(lines(80, 20, 80, 3, 80, 80, 70))).toBe(80)
  })

  it.each([
    ['lines of all lengths', [72, 70, 69, 72, 71, 66, 72, 68, 64]],
    ['one line that is longer', [80, 80, 80, 300]],
    ['two that are equal', [80, 20, 80]],
    ['short ones', [20, 20, 20]],
    ['none', []],
  ])('is none of %s', (_what, lengths) => {
    expect(hardWidthOf(lines(...lengths))).toBeUndefined()
  })
})

describe('seamAtWidth', () => {
  const ROW = '[  812]     0   812    40000  2000   286720        0             0 systemd-jou'

  it.each([
    ['a command', ROW, 'rnal', ''],
    ['a path', 'Task in /a killed as a result of limit of /docke', 'r/b', ''],
    ['the end of a node’s line', 'Node 0 active_anon:1kB all_unrec', 'laimable? no', ''],
    ['a number of a kill line', 'Killed process 7 (a) total-vm:1kB, UID:0 pgtables:1kB oom_score_adj:1', '000', ''],
    ['a long cgroup’s name', 'oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/xx', 'xxx', ''],
    ['pairs whose space was lost', 'Node 0 active_anon:1kB', 'inactive_anon:2kB mapped:0kB', ' '],
  ])('joins %s', (_what, record, line, seam) => {
    expect(seamAtWidth(record, line)).toBe(seam)
  })

  it.each([
    ['a record of its own', ROW, 'Out of memory: Killed process 812 (systemd-journal)'],
    ['a command that would be too long', ROW, 'usb 1-1: new'],
    ['another row', ROW, '[  813]     0   813    40000  2000   286720        0             0 a'],
    ['what comes after a whole line', 'Node 0 active_anon:1kB all_unreclaimable? no', 'usb 1-1: new'],
    ['the reaper', 'Killed process 7 (a) total-vm:1kB, anon-rss:1kB, file-rss:0kB', 'oom_reaper: reaped process 7 (a)'],
  ])('leaves %s apart', (_what, record, line) => {
    expect(seamAtWidth(record, line)).toBeUndefined()
  })
})

const FIXTURES = new URL('../../test/fixtures/', import.meta.url)
/** Whose commands and cgroups are made to be mistaken for the kernel's words are left out. */
const LOGS = ['kmsg', 'dumps'].flatMap((folder) =>
  readdirSync(new URL(folder, FIXTURES))
    .filter((name) => /\.(?:kmsg|log)$/.test(name) && !name.includes('hostile'))
    .map((name) => `${folder}/${name}`),
)

function textsOf(name: string): string[] {
  const text = readFileSync(new URL(name, FIXTURES), 'utf8')
  return readTextRecords(text).flatMap((record) => record.text.split('\n'))
}

/** What was understood, whatever the lines it was read from. */
function understood(log: readonly string[]) {
  return eventsOf(log.join('\n')).map(({ line: _line, rawLines: _rawLines, dump, ...event }) => {
    const { memoryLines = [], ...rest } = dump ?? {}
    return { ...event, dump: rest, memory: parseMachineMemory(memoryLines), stat: parseCgroupStat(memoryLines) }
  })
}

const broken = (line: string, width: number): string[] =>
  line.length <= width ? [line] : [line.slice(0, width), ...broken(line.slice(width), width)]

describe.each(LOGS)('the bare text of %s', (name) => {
  const log = textsOf(name)
  const whole = understood(log)

  it.each([100, 120, 132, 160])('says the same when a terminal of %i columns broke it', (width) => {
    expect(understood(log.flatMap((line) => broken(line, width)))).toEqual(whole)
  })
})
