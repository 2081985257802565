import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { ProgramError } from '#program/errors.ts'
import { parseKmsgRecord } from '#kernel/kmsg/record.ts'
import { explain } from './explain.ts'
import { FakeWorld, noticeOf } from './reports.testkit.ts'
import { tail } from './tail.ts'

const cluster = { context: undefined, kubeconfig: undefined, namespace: undefined, noColor: false }
const operator = { operator: undefined, operatorNamespace: 'oomkeeper' }
const asText = { ...cluster, ...operator, output: 'text' as const, verbose: false }
/** Any control character but a line's end. */
const CONTROL = /[^\P{Cc}\n]/u

function dumpOf(recording: string): string {
  const lines = readFileSync(new URL(`../../test/fixtures/kmsg/${recording}`, import.meta.url), 'utf8').split('\n')
  const records = lines.filter((line) => /^\d/.test(line)).map((line) => parseKmsgRecord(Buffer.from(line)))
  return `${records.map((record) => (record.failure === undefined ? record.text : '')).join('\n')}\n`
}

describe('explain', () => {
  it('explains the newest kill from the kernel’s own lines', async () => {
    const world = new FakeWorld()
    world.store({ sequence: 425 }, dumpOf('6.12-memcg-v2.kmsg'))
    expect(await explain(asText, ['deployment.web.app'], world)).toBe(0)
    expect(world.stdout).toMatch(/^Kill 1 of shop\/deployment.web.app, 2026-03-01T12:57:00Z \(3m ago\) on node-a,/)
    for (const section of ['1  Who asked, who died', '4  Where the memory went', '7  What to do']) {
      expect(world.stdout).toContain(`\n${section}\n`)
    }
  })

  it('is what analyze prints, for programs and for an issue', async () => {
    const world = new FakeWorld()
    world.store({ sequence: 425 }, dumpOf('6.12-memcg-v2.kmsg'))
    await explain({ ...asText, output: 'json' }, ['deployment.web.app', '1'], world)
    expect(JSON.parse(world.stdout)).toMatchObject({ version: 1, events: [{ outcome: 'killed', line: 1 }] })
  })

  it('says of a kill in one line who died, and what is not known', async () => {
    const world = new FakeWorld()
    const cgroup = { cgroupPath: '/x', usageKib: 1024, limitKib: 65_536 }
    const victim = { pid: 7, command: 'x\u001b[2J', anonRssKib: 2048 }
    world.store({ sequence: 420, victim, context: { readAfterMs: 4, cgroup } })
    expect(await explain(asText, ['deployment.web.app', '2'], world)).toBe(0)
    expect(world.stdout).toContain('x\\x1b[2J')
    expect(world.stdout).toContain('\nRead 4 ms after it: its container had 1 MiB of its limit of 64 MiB.\n')
    expect(world.stdout).toContain('Not in the log')
    expect(world.stdout).not.toMatch(CONTROL)
  })

  it('says that the lines are gone, and shows what the report has, with exit code 1', async () => {
    const world = new FakeWorld()
    expect(await explain(asText, ['deployment.web.app'], world)).toBe(1)
    expect(world.stderr).toMatch(/^The stream of kills does not hold eater\(8123\) any more: it keeps seven days/)
    expect(world.stdout).toMatch(/eater\(8123\) +63\.5 MiB/)
    expect(world.stdout).toContain('8100  sh')
    expect(world.stdout).not.toContain('kubectl oom explain')
  })

  it('says so of a kill whose line is lost, for programs too', async () => {
    const world = new FakeWorld()
    world.store({ sequence: 425, victim: undefined, source: 'memoryEvents', recoveredAs: 'm-1-2' })
    expect(await explain({ ...asText, output: 'json' }, ['deployment.web.app'], world)).toBe(1)
    expect(world.stderr).toMatch(/^The kernel's line of this kill is lost/)
    expect(JSON.parse(world.stdout)).toMatchObject({ version: 1, events: [], reported: { victimPid: 8123 } })
  })

  it.each([
    [['deployment.web.app', '3'], 1, 'expected kill 3 in the report deployment.web.app, which holds 2, 1 the newest'],
    [['deployment.web.app', 'x'], 2, 'KILL: expected a number as `show` has it, got "x"'],
    [['gone'], 1, 'gone not found'],
    [[], 2, 'expected the name of a report, got none: `list` shows them'],
  ])('refuses %j', async (operands, exitCode, message) => {
    await expect(explain(asText, operands, new FakeWorld())).rejects.toMatchObject({ exitCode, message })
  })

  it('refuses a dump that unpacks without end', async () => {
    const world = new FakeWorld()
    world.store({ sequence: 425 }, ' '.repeat(3 * 1024 * 1024))
    await expect(explain(asText, ['deployment.web.app'], world)).rejects.toMatchObject({ code: 'DumpUnreadable' })
  })
})

describe('tail', () => {
  const flags = {
    ...cluster,
    ...operator,
    allNamespaces: false,
    node: undefined,
    count: undefined,
    output: 'table' as const,
  }

  it('tells kills as they come, and where it follows beside them', async () => {
    const world = new FakeWorld()
    world.connections = [
      ['', noticeOf(), 'no json', noticeOf({ outcome: 'panic', victimPid: undefined, podName: undefined })],
    ]
    expect(await tail(flags, world)).toBe(0)
    expect(world.stderr).toBe('Following kills in namespace shop.\n')
    expect(world.stdout).toBe(
      `TIME                   SCOPE            VICTIM                   RSS       LIMIT     NODE             POD                                    CONTAINER
2026-03-01T12:57:00Z   ContainerLimit   eater(8123)              63.5Mi    64Mi      node-a           shop/web-abc-1                         app
2026-03-01T12:57:00Z   ContainerLimit   nobody (panic)           63.5Mi    64Mi      node-a           -                                      app
`,
    )
  })

  it('goes on behind the last one when a connection ends', async () => {
    const world = new FakeWorld()
    const lost = new ProgramError('gone', { code: 'OperatorUnreachable', retry: true })
    world.connections = [[noticeOf(), lost], [noticeOf({ streamSequence: 9 })], []]
    await tail({ ...flags, output: 'json' }, world)
    expect(world.asked.map((filter) => (filter as { after?: number }).after)).toEqual([undefined, 7, 9])
    expect(world.stdout.trim().split('\n')).toHaveLength(2)
    expect(world.stderr).toContain('gone; trying again')
  })

  it('ends after so many, and with the operator’s words where it never answered', async () => {
    const world = new FakeWorld()
    world.connections = [[noticeOf(), noticeOf({ streamSequence: 8 })]]
    await tail({ ...flags, count: 1, output: 'name' }, world)
    expect(world.stdout).toBe('shop/web-abc-1\n')
    const unreachable = new FakeWorld()
    unreachable.connections = [[new ProgramError('nobody', { code: 'OperatorUnreachable', retry: true })], []]
    await expect(tail(flags, unreachable)).rejects.toThrow('nobody')
  })

  it('shows nothing that a terminal would act on', async () => {
    for (const output of ['table', 'wide', 'json', 'yaml'] as const) {
      const world = new FakeWorld()
      world.connections = [[noticeOf({ victimCommand: 'a\u001b[2J\u009b1m', cgroupPath: '/x\u202e' })]]
      await tail({ ...flags, output }, world)
      expect(world.stdout).not.toMatch(CONTROL)
      expect(world.stdout).not.toMatch(/\p{Cf}/u)
    }
  })
})
