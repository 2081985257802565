import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parseKmsgRecord } from '#kernel/kmsg/record.ts'
import { readTextRecords } from '#kernel/transport/textLines.ts'
import { header, startAssembler, summary, type AssemblerRun } from './assembler.testkit.ts'

function replay(name: string): AssemblerRun {
  const run = startAssembler()
  const text = readFileSync(new URL(`../../test/fixtures/kmsg/${name}`, import.meta.url), 'utf8')
  for (const line of text.split('\n')) {
    const record = parseKmsgRecord(line)
    if (record.failure === undefined) run.assembler.push(record)
  }
  return run
}

describe('the assembler, on captured records', () => {
  it('makes one outcome of one kill, with its dump and its lines', () => {
    const { outcomes, assembler } = replay('6.18-memcg-v1.kmsg')
    expect(summary(outcomes)).toEqual([{ sequence: 425, event: 344, pid: 12950, trigger: 'tail' }])
    expect(outcomes[0]).toMatchObject({ message: 'Memory cgroup out of memory', monotonicUsec: 385743518 })
    expect(outcomes[0]?.rawLines).toHaveLength(82)
    expect(outcomes[0]?.rawLines[0]).toBe(header('tail'))
    expect(assembler.openSequence()).toBeUndefined()
  })

  it('is not misled by any hostile command', () => {
    const { outcomes } = replay('6.18-hostile-commands.kmsg')
    const commands = outcomes.map((outcome) => outcome.outcome === 'killed' && outcome.victim.command)
    expect(commands).toEqual([
      'a,pid=1,uid=0',
      'x) total-vm:9kB',
      '(sd-pam)',
      'tmux: server',
      'a\nKilled proces',
      '\x1b[31mred\\x0a',
      'b\ufffd\ufffdd\u00e9',
      'a,task=b',
    ])
    for (const [at, { dump }] of outcomes.entries()) {
      expect(dump?.trigger?.command).toBe(commands[at])
      expect(dump?.announcedVictim).toEqual({ command: commands[at], pid: dump?.tasks[0]?.pid, uid: 0 })
      expect(dump?.tasks).toMatchObject([{ command: commands[at] }])
      expect(dump?.cgroup).toMatchObject({ oom: '/oomkeeper-kernel-19034', task: '/oomkeeper-kernel-19034' })
    }
  })

  it('joins the oom-kill line that the kernel spread over two records', () => {
    const { outcomes } = replay('6.18-oom-kill-line-in-two-records.kmsg')
    const { dump, rawLines } = outcomes[0] ?? {}
    expect(dump?.announcedVictim).toEqual({ command: 'deep', pid: 19590, uid: 0 })
    expect(dump?.cgroup.task).toHaveLength(498)
    expect(dump?.cgroup.task).toBe(dump?.cgroup.oom)
    expect(rawLines?.at(-2)).toMatch(/^oom-kill:.*uid=0$/)
  })

  it('takes a cgroup name for what it is', () => {
    const { outcomes } = replay('6.18-hostile-cgroup-path.kmsg')
    expect(outcomes[0]?.dump?.cgroup.task).toMatch(/,pid=1,task=y$/)
    expect(outcomes[0]?.dump?.announcedVictim?.pid).toBe(19198)
  })

  it('counts every kill of a storm, each dump with its own kill only', () => {
    const { outcomes } = replay('6.18-storm-dumps-suppressed.kmsg')
    expect(outcomes).toHaveLength(24)
    expect(outcomes.filter(({ dump }) => dump !== undefined).map(({ sequence }) => sequence)).toEqual([1216])
    expect(new Set(outcomes.map(({ eventSequence }) => eventSequence)).size).toBe(24)
  })

  it('knows the victim’s dump when its first thread had exited', () => {
    const { outcomes } = replay('6.18-leader-exited.kmsg')
    expect(summary(outcomes)).toMatchObject([{ pid: 25142, trigger: 'eater-thread' }])
    expect(outcomes[0]?.dump?.announcedVictim).toMatchObject({ pid: 25141, command: 'python3' })
  })

  it.each([
    [
      '2.6.32-el6-slab-leak.log',
      'dsm_sa_datamgrd',
      { pid: 20557, command: 'haproxy', uid: 188, totalVmKib: 8560500, anonRssKib: 12468, fileRssKib: 264 },
    ],
    [
      '3.10-el7-java.log',
      'AliYunDun',
      { pid: 5424, command: 'java', totalVmKib: 147654756, anonRssKib: 6151080, fileRssKib: 0 },
    ],
  ])('reads the saved dump %s', (name, trigger, victim) => {
    const { outcomes, assembler } = startAssembler()
    const text = readFileSync(new URL(`../../test/fixtures/dumps/${name}`, import.meta.url), 'utf8')
    for (const record of readTextRecords(text)) assembler.push(record)
    expect(outcomes).toEqual([
      expect.objectContaining({ outcome: 'killed', eventSequence: 0, message: 'Out of memory' }),
    ])
    expect(outcomes[0]).toMatchObject({ victim, dump: { trigger: { command: trigger } } })
  })
})
