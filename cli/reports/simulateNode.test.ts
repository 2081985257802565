import { describe, expect, it } from '@jest/globals'
import type { NodeSimulation } from '../../operator/api/nodeSimulation.ts'
import { columnsOf } from '../analysis/columns.ts'
import { FakeWorld, SIMULATION_FLAGS } from './reports.testkit.ts'
import { simulateNode } from './simulateNode.ts'

const flags = { ...SIMULATION_FLAGS, until: 102_400 }
const victim = (pid: number, command: string) => ({ pid, command, oomScore: 1, oomScoreAdj: 998, badnessPages: 32_000 })
const simulation: NodeSimulation = {
  version: 1,
  node: 'node-a',
  scannedAt: '2026-03-01T10:00:00.000Z',
  kernelRelease: '6.12.0',
  pageSizeKib: 4,
  processCount: 90,
  domain: { totalKib: 8_388_608 },
  untilKib: 102_400,
  reached: true,
  isWhole: false,
  unknownCount: 0,
  kills: [
    {
      victim: { ...victim(4242, 'worker\u001b[2J'), namespace: 'shop', podName: 'web-1', containerName: 'app' },
      others: [victim(4243, 'helper')],
      freesKib: 65_536,
      freedKib: 65_536,
    },
    { victim: victim(77, 'sshd'), others: [], freesKib: 40_960, freedKib: 106_496 },
  ],
}

async function run(
  changes: Partial<typeof flags> | { output: 'json' | 'wide' } = {},
  said: Partial<NodeSimulation> = {},
) {
  const world = new FakeWorld()
  world.simulation = { ...simulation, ...said }
  const code = await simulateNode({ ...flags, ...changes }, 'node-a', world)
  return { code, world }
}

describe('simulateNode', () => {
  it('tells who dies, and what comes of it', async () => {
    const { code, world } = await run()
    expect(code).toBe(0)
    expect(world.stdout.split('\n').slice(0, 7)).toEqual([
      'If the memory of node-a runs out now (90 processes, 8 GiB of RAM and swap):',
      '',
      '  #   COMMAND         PID    ADJ   POINTS    FREES    IN_ALL    WITH_IT          POD          CONTAINER',
      '  1   worker\\x1b[2J   4242   998   125 MiB   64 MiB   64 MiB    1 of its group   shop/web-1   app',
      '  2   sshd            77     998   125 MiB   40 MiB   104 MiB   -                -            -',
      '',
      '  After 2 kills 104 MiB came free, of 100 MiB that were asked for.',
    ])
    expect(world.stdout).toContain('  • A node tells its 50 likeliest victims')
  })

  it('has exit code 1 where that much cannot be had, also for programs', async () => {
    const { code, world } = await run({ output: 'json' }, { reached: false })
    expect(code).toBe(1)
    expect(JSON.parse(world.stdout)).toMatchObject({
      reached: false,
      caveats: [
        expect.any(String),
        expect.any(String),
        expect.any(String),
        expect.any(String),
        expect.any(String),
        expect.any(String),
      ],
    })
  })

  it.each([
    [{ overruledBy: 'panicOnOom' as const }, 'it would panic'],
    [{ overruledBy: 'oomKillAllocatingTask' as const }, 'who asks for memory at that moment dies'],
    [
      { domain: { limitCgroupPath: '/a', limitKib: 1024, usageKib: 512 } },
      'If cgroup /a of node-a hits its limit now (90 processes; 1 MiB, of which 512 KiB are charged):',
    ],
    [{ kills: [] }, 'Nobody there may be chosen.'],
  ])('says what goes otherwise: %j', async (said, words) => {
    const { world } = await run({}, said)
    expect(world.stdout.replaceAll(/\s+/g, ' ')).toContain(words)
  })

  it('says of an older agent that it tells one group only', async () => {
    expect((await run()).world.stdout.replaceAll(/\s+/g, ' ')).toContain('the agent is an older one')
    expect((await run({}, { knowsGroups: true })).world.stdout.replaceAll(/\s+/g, ' ')).not.toContain('older one')
  })

  it('fits a narrow terminal', async () => {
    const world = new FakeWorld()
    world.simulation = simulation
    world.columns = 50
    await simulateNode({ ...flags, output: 'wide' }, 'node-a', world)
    for (const line of world.stdout.split('\n')) expect(columnsOf(line)).toBeLessThanOrEqual(50)
  })
})
