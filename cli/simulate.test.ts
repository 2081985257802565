import { describe, expect, it } from '@jest/globals'
import { fakeProc, type FakeProcess } from '../agent/rank/fakeProc.testkit.ts'
import { parseFlags } from '#program/flags.ts'
import { simulate } from './simulate.ts'
import { findConflicts, simulateFlags } from './simulateFlags.ts'

const MIB = 1024
const CONTAINER = 'c'.repeat(64)
const PODS = '/kubepods/pod00000000-0000-0000-0000-00000000000a'

const PROCESSES: readonly FakeProcess[] = [
  { pid: 2, oomScore: 0, command: 'kthreadd', isKernelThread: true },
  { pid: 10, oomScore: 700, command: 'db', rssKib: 300 * MIB },
  { pid: 11, oomScore: 690, command: 'web', rssKib: 60 * MIB, cgroup: `${PODS}/${CONTAINER}` },
  { pid: 12, oomScore: 680, command: 'web', rssKib: 40 * MIB, cgroup: `${PODS}/${CONTAINER}` },
  { pid: 13, oomScore: 667, command: `\u001b[2J${'x'.repeat(20)}`, rssKib: MIB },
]
const LIMIT: Readonly<Record<string, string>> = {
  '/cgroup.procs': '',
  [`${PODS}/${CONTAINER}/memory.max`]: String(128 * MIB * 1024),
  [`${PODS}/${CONTAINER}/memory.current`]: String(100 * MIB * 1024),
}

function flagsOf(argv: readonly string[]) {
  const parsed = parseFlags('simulate', simulateFlags, argv, {})
  if (parsed.kind !== 'values') throw new Error(`expected values, got ${JSON.stringify(parsed)}`)
  return parsed.values
}

function run(argv: readonly string[], hasColor = false) {
  const machine = {
    files: fakeProc(PROCESSES),
    cgroups: { readText: (path: string) => LIMIT[path] },
    mountPoint: '/proc',
    owners: new Map(),
    readPodNames: () => new Map(),
    endTurn: () => Promise.resolve(),
    now: () => new Date(0),
  }
  return simulate(flagsOf(argv), { openMachine: () => machine, hasColor })
}

describe('oomkeeper simulate', () => {
  it('tells who dies, who next, what each frees and what a simulation cannot know, in 80 columns', async () => {
    const { text, exitCode } = await run(['--until', '350Mi'])
    const lines = text.split('\n')
    expect(lines.slice(0, 6)).toEqual([
      'If this machine’s memory runs out now (5 processes, 1 GiB of RAM and swap):',
      '',
      '   #  command              pid   adj    points     frees    in all  container',
      '   1  db                    10     0   300 MiB   300 MiB   300 MiB  –',
      '   2  web                   11     0    60 MiB    60 MiB   360 MiB  cccccccccccc',
      '',
    ])
    expect(lines).toContain('  After 2 kills 360 MiB came free, of 350 MiB that were asked for.')
    expect(text).toMatch(/What the kernel knows, and this does not\n {2}• Memory is as it is now\./)
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(exitCode).toBe(0)
  })

  it('says when it cannot be had, with exit code 1', async () => {
    const { text, exitCode } = await run(['--until', '2Gi'])
    expect(text).toContain('2 GiB cannot be had: all that may be chosen free 401 MiB, in 4 kills.')
    expect(exitCode).toBe(1)
  })

  it('shows so many, and what a terminal would act on as text', async () => {
    const { text } = await run(['--top', '3'])
    expect(text).toContain('      … and 1 more\n')
    expect((await run([])).text).not.toContain('\u001b')
  })

  it('asks about a container, whose limit scores are shares of', async () => {
    const { text } = await run(['--container', CONTAINER.slice(0, 12)])
    // A path is cut where a line ends.
    const words = text.replaceAll(/\s+/g, '')
    expect(words).toContain(`Ifcgroup${PODS}/${CONTAINER}hitsitslimitnow`)
    expect(words).toContain('(2processes;128MiB,ofwhich100MiBarecharged):')
  })

  it('tells what another score changes, before and after', async () => {
    const { text } = await run(['--until', '100Mi', '--with', 'db=-500,12=900'])
    expect(text).toContain('With db at -500 (1 process), 12 at 900:')
    expect(text.slice(text.indexOf('What that changes')).split('\n').slice(1, 4)).toEqual([
      '  • web (pid 12) dies as number 1; it lived.',
      '  • web (pid 11) dies as number 2; it lived.',
      '  • db (pid 10) lives; it was number 1.',
    ])
    const same = await run(['--with', 'db=1'])
    expect(same.text).toContain('  Nothing: the same die in the same order.')
  })

  it('says when nobody in line is meant', async () => {
    await expect(run(['--with', 'nobody=1'])).rejects.toMatchObject({ code: 'NobodyMeant', exitCode: 2 })
  })

  it('tells programs the same', async () => {
    const { text } = await run(['--until', '350Mi', '--with', 'db=-500', '--output', 'json'])
    expect(JSON.parse(text)).toMatchObject({
      version: 1,
      domain: { totalKib: 1_048_576 },
      untilKib: 358_400,
      reached: true,
      kills: [
        { order: 1, victim: { pid: 10, badnessPages: 76_800, oomScoreAdj: 0 }, others: [], freedKib: 307_200 },
        { order: 2, victim: { pid: 11, containerId: CONTAINER }, freesKib: 61_440, freedKib: 368_640 },
      ],
      with: {
        changes: [{ name: 'db', oomScoreAdj: -500, pids: [10] }],
        reached: true,
        kills: [{ victim: { pid: 11 } }, { victim: { pid: 12 } }, { victim: { pid: 13 } }, { victim: { pid: 10 } }],
        differences: expect.arrayContaining([{ pid: 11, command: 'web', before: 2, after: 1 }]),
      },
      caveats: expect.arrayContaining([{ name: 'growth', text: expect.any(String) }]),
    })
  })

  it('colours on a terminal that has colours, unless asked not to', async () => {
    expect((await run([], true)).text).toContain('\u001b[1m')
    expect((await run(['--no-color'], true)).text).not.toContain('\u001b')
  })

  it.each([
    [
      ['--cgroup', '/a', '--container', 'deadbeef'],
      [expect.stringMatching(/^expected at most one of .*, got --cgroup and --container$/)],
    ],
    [
      ['--node', '--pod', '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60', '--cgroup', '/a'],
      ['expected at most one of --node, --cgroup, --pod and --container, got --node and --cgroup and --pod'],
    ],
    [['--node'], []],
    [['--cgroup', '/a'], []],
  ])('on %j finds the conflicts %j', (argv, conflicts) => {
    expect(findConflicts(flagsOf(argv))).toEqual(conflicts)
  })

  it.each([
    [
      '--pod',
      'shop/web',
      '--pod: expected UID, got "shop/web": it must be a pod\'s UID: this machine does not know its name',
    ],
    [
      '--container',
      'app',
      '--container: expected ID, got "app": it must be 8 to 64 hexadecimal digits of a container\'s id',
    ],
  ])('takes no name for %s', (flag, value, problem) => {
    expect(parseFlags('simulate', simulateFlags, [flag, value], {})).toEqual({ kind: 'problems', problems: [problem] })
  })
})
