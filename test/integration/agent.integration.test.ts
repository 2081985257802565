import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pid } from 'node:process'
import { describe, expect, it } from '@jest/globals'
import { KILL_STREAM } from '../../contract/subjects.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import type { AgentProcess } from '../support/agentProcess.ts'
import { useAgentWorld } from '../support/agentWorld.ts'
import { openSeries } from '../support/metricLabels.ts'
import { Program } from '../support/program.ts'
import { readRecording, recast, repeat } from '../support/recording.ts'
import { itUnless, notRoot } from '../support/leftOut.ts'

const MIB = 1024 * 1024
const recorded = readRecording('6.18-memcg-v1.kmsg')
const world = useAgentWorld()

/** A log of so many kills, each with its dump. */
function writeLog(kills: number, usecApart = 0): string {
  const file = join(world.folder, 'log.kmsg')
  writeFileSync(file, repeat(recorded, kills, { usecApart }))
  return file
}

const sequencesOf = (kills: number): number[] => Array.from({ length: kills }, (_, kill) => 425 + kill * 1000)

function agent(kmsg?: string, pace?: 'kept' | 'fast'): Promise<AgentProcess> {
  return world.start({ ...(kmsg && { kmsg }), ...(pace && { pace }) })
}

describe('the agent, with a real nats-server', () => {
  it('stores each recorded kill once, and ends with the recording', async () => {
    const log = writeLog(3)
    for (let run = 0; run < 2; run++) {
      const { program } = await agent(log)
      expect(await program.ended).toEqual({ code: 0, signal: null })
      rmSync(join(world.folder, `state-${world.node}`), { recursive: true })
    }
    const events = await world.stream.events()
    expect(events.map(({ sequence }) => sequence)).toEqual(sequencesOf(3))
    expect(events[0]).toMatchObject({ node: world.node, source: 'recording', victim: { pid: 12950, command: 'tail' } })
  }, 30_000)

  it('never takes this machine’s processes for those of a recording', async () => {
    const log = join(world.folder, 'line.kmsg')
    const line = recast(recorded.slice(-1), {}).replace('Memory cgroup out of memory', 'Out of memory')
    writeFileSync(log, line.replace('Killed process 12950', `Killed process ${pid}`))
    expect((await (await agent(log)).program.ended).code).toBe(0)
    expect(await world.stream.events()).toMatchObject([
      { victim: { pid }, attribution: { source: 'none' }, candidates: [], taskCount: 0 },
    ])
  }, 30_000)

  it('loses nothing when the stream is full: kills wait, the reason is told, and they arrive once there is room', async () => {
    await world.stream.jsm.streams.update(KILL_STREAM, { max_bytes: 12_000 })
    const { program, baseUrl } = await agent(writeLog(40))
    await program.said('streamFull')
    const before = await world.stream.count()
    expect(before).toBeLessThan(40)
    const ready = await fetch(`${baseUrl}/readyz`)
    expect(ready.status).toBe(503)
    expect(await ready.text()).toMatch(/kills wait: the stream OOM_KILLS is full/)
    const metrics = await (await fetch(`${baseUrl}/metrics`)).text()
    expect(metrics).toMatch(/publish_failures_total\{reason="streamFull"\} [1-9]/)
    expect(openSeries(metrics)).toEqual([])

    await world.stream.jsm.streams.update(KILL_STREAM, { max_bytes: 64 * MIB })
    expect((await program.ended).code).toBe(0)
    expect((await world.stream.events()).map(({ sequence }) => sequence)).toEqual(sequencesOf(40))
  }, 60_000)

  it('tells with less what the stream takes no message of that size for, and keeps nobody waiting behind it', async () => {
    await world.stream.jsm.streams.update(KILL_STREAM, { max_msg_size: 2_000 })
    const { program } = await agent(writeLog(3))
    expect((await program.ended).code).toBe(0)
    expect(program.log).toContain('"reason":"tooLarge"')
    const events = await world.stream.events()
    expect(events.map(({ sequence }) => sequence)).toEqual(sequencesOf(3))
    expect(events[0]).toMatchObject({ victim: { pid: 12950, command: 'tail' }, rawDumpTruncated: true })
    expect(events[0]).not.toHaveProperty('rawDump')
  }, 30_000)

  it('loses nothing when killed with the stream full: the cursor has not passed the kills', async () => {
    await world.stream.jsm.streams.update(KILL_STREAM, { max_bytes: 12_000 })
    const log = writeLog(40)
    const first = await agent(log)
    await first.program.said('streamFull')
    await first.program.kill()
    await world.stream.jsm.streams.update(KILL_STREAM, { max_bytes: 64 * MIB })
    const second = await agent(log)
    expect((await second.program.ended).code).toBe(0)
    expect(await world.stream.count()).toBe(40)
  }, 60_000)

  it('waits for a server that is not there, and for a stream that is not there yet', async () => {
    await world.stream.jsm.streams.delete(KILL_STREAM)
    await world.nats.process.stop()
    const { program, baseUrl } = await agent(writeLog(2))
    await program.said('expected a NATS server that takes this login')
    expect(await (await fetch(`${baseUrl}/readyz`)).text()).toMatch(
      /^not connected to NATS: CONNECTION_REFUSED: connect ECONNREFUSED 127\.0\.0\.1:\d+; nobody listens there: /m,
    )
    expect((await fetch(`${baseUrl}/healthz`)).status).toBe(200)
    await world.nats.process.start()
    await program.said('is the operator running')
    await world.stream.create(64 * MIB)
    expect((await program.ended).code).toBe(0)
    expect(await world.stream.count()).toBe(2)
  }, 60_000)

  it('goes on after the server was killed and started again', async () => {
    const { program } = await agent(writeLog(40, 50_000), 'kept')
    await waitUntil('a first kill', async () => ((await world.stream.count()) > 3 ? true : undefined), {
      deadlineMs: 20_000,
    })
    await world.nats.process.kill()
    await world.nats.process.start()
    expect((await program.ended).code).toBe(0)
    expect((await world.stream.events()).map(({ sequence }) => sequence)).toEqual(sequencesOf(40))
  }, 60_000)

  it('goes on with the password it knows while the file cannot be read, and comes back after the server was started again', async () => {
    const { program } = await agent(writeLog(40, 50_000), 'kept')
    await waitUntil('a first kill', async () => ((await world.stream.count()) > 3 ? true : undefined), {
      deadlineMs: 20_000,
    })
    const passwordFile = join(world.folder, `nats-${world.node}`)
    renameSync(passwordFile, `${passwordFile}.away`)
    await world.nats.process.kill()
    await world.nats.process.start()
    await program.said('expected to read the password file, got: ENOENT')
    expect((await program.ended).code).toBe(0)
    expect((await world.stream.events()).map(({ sequence }) => sequence)).toEqual(sequencesOf(40))
  }, 60_000)

  it('says what it cannot read of its password file, once, and connects when it can', async () => {
    const process = await agent(writeLog(2))
    const passwordFile = join(world.folder, `nats-${world.node}`)
    renameSync(passwordFile, `${passwordFile}.away`)
    await process.program.said('expected to read the password file, got: ENOENT')
    renameSync(`${passwordFile}.away`, passwordFile)
    expect((await process.program.ended).code).toBe(0)
    expect(await world.stream.count()).toBe(2)
  }, 30_000)

  it('starts anew with a corrupt cursor, says so once, keeps it aside, and tells nothing twice', async () => {
    const log = writeLog(2)
    await (
      await agent(log)
    ).program.ended
    const cursor = join(world.folder, `state-${world.node}`, 'cursor.json')
    writeFileSync(cursor, '{"version":1,"bootId"')
    const { program } = await agent(log)
    expect((await program.ended).code).toBe(0)
    expect(program.log).toMatch(/expected a cursor \(boot id and sequence\), got one that is not/)
    expect(readFileSync(`${cursor}.corrupt`, 'utf8')).toContain('bootId')
    expect(JSON.parse(readFileSync(cursor, 'utf8'))).toMatchObject({ sequence: 1426 })
    expect(await world.stream.count()).toBe(2)
  }, 30_000)

  it('goes on without the right to read the kernel’s log: says so once, is not ready, and answers all the same', async () => {
    const { program, baseUrl } = await agent('/dev/oomkeeper-is-not-there')
    await program.said("expected to read the kernel's log at /dev/oomkeeper-is-not-there, got: ENOENT")
    const ready = await fetch(`${baseUrl}/readyz`)
    expect(ready.status).toBe(503)
    expect(await ready.text()).toContain('no kill is seen: /dev/oomkeeper-is-not-there cannot be read')
    const answer = await waitUntil('an answer', () => world.stream.rank(world.node), { deadlineMs: 10_000 })
    expect(answer).toMatchObject({ node: world.node })
    expect((await program.stop()).code).toBe(0)
  }, 30_000)

  it('answers whoever floods it with requests for its ranking briefly, and goes on', async () => {
    const { program } = await agent('/dev/oomkeeper-is-not-there')
    await program.said('connected to NATS')
    const kindOf = async (text?: string): Promise<string> => {
      const answer = await world.stream.rank(world.node, text === undefined ? undefined : Buffer.from(text))
      return (answer as { kind: string }).kind
    }
    await waitUntil('an answer', () => kindOf(), { deadlineMs: 10_000 })
    expect(await kindOf('{')).toBe('refused')
    expect(await kindOf('['.repeat(900_000))).toBe('refused')
    const kinds = await Promise.all(Array.from({ length: 500 }, () => kindOf()))
    // A hundred are answered in each second that it takes.
    expect(kinds.filter((kind) => kind === 'refused').length).toBeGreaterThan(0)
    expect(kinds.filter((kind) => kind === 'ranking').length).toBeGreaterThanOrEqual(99)
    const ranking = async () => (await kindOf()) === 'ranking' || undefined
    await waitUntil('a ranking again', ranking, { deadlineMs: 5_000 })
  }, 30_000)

  it('goes on where it sees nothing of the host, and says what it cannot do', async () => {
    const proc = join(world.folder, 'proc')
    mkdirSync(join(proc, 'sys/kernel/random'), { recursive: true })
    writeFileSync(join(proc, 'sys/kernel/random/boot_id'), `${randomUUID()}\n`)
    const process = await world.start({ kmsg: '/dev/oomkeeper-is-not-there', proc, cgroupRoot: proc })
    await process.program.said("expected to see the host's processes in --proc")
    await process.program.said('expected oom_kill in vmstat of --proc')
    await process.program.said('expected a hierarchy of memory cgroups below --cgroup-root')
    // It says so before it answers anybody.
    const readiness = () => fetch(`${process.baseUrl}/readyz`).catch(() => undefined)
    const ready = await waitUntil('an answer of /readyz', readiness, { deadlineMs: 10_000 })
    const reasons = await ready.text()
    expect(reasons).toContain("the host's processes cannot be seen")
    expect(reasons).toContain("the kernel's own count of kills cannot be read")
    expect(reasons).toContain('no memory cgroup can be read')
  }, 30_000)

  itUnless(
    notRoot,
    'tells kills with a state folder that is read-only, and is not ready',
    async () => {
      const state = join(world.folder, `state-${world.node}`)
      mkdirSync(state)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', state])
      try {
        const { program, baseUrl } = await agent(writeLog(4, 500_000), 'kept')
        await program.said('--state-dir: expected a folder to keep the cursor and the spool in, got: EROFS')
        await program.said('expected to keep kills in the spool')
        expect(await (await fetch(`${baseUrl}/readyz`)).text()).toContain('the spool cannot be used')
        expect((await program.ended).code).toBe(0)
        expect(await world.stream.count()).toBe(4)
      } finally {
        await world.killAgents()
        execFileSync('umount', [state])
      }
    },
    30_000,
  )

  it('may not publish for another node', async () => {
    const { operator, system, agents } = world.nats.users
    const users = { operator, system, agents: { 'node-b': agents[world.node] ?? operator } }
    const { program } = await world.start({ node: 'node-b', nats: { ...world.nats, users }, kmsg: writeLog(1) })
    await program.said('do --node and --nats-user belong together?')
    expect(await world.stream.count()).toBe(0)
  }, 30_000)
})

describe('what the agent says of bad input', () => {
  const required = [
    '--node',
    'n',
    '--nats-url',
    'nats://127.0.0.1:1',
    '--nats-user',
    'u',
    '--nats-password-file',
    '/dev/null',
  ]

  it.each<[string, string[], number, RegExp]>([
    ['nothing', [], 2, /--node: expected NAME.*\n.*--nats-url: expected URL/],
    [
      'no login',
      required.slice(0, 6),
      2,
      /^oomkeeper-agent: expected --nats-token-file, or --nats-user and --nats-password-file, got neither$/m,
    ],
    [
      'a wrong URL',
      [...required, '--nats-url', 'http://x'],
      2,
      /--nats-url: expected URL, got "http:\/\/x": it must start with nats:\/\//,
    ],
    ['a wrong flag', [...required, '--nod'], 2, /--nod: no such flag; did you mean --node\?/],
    ['no such recording', [...required, '--kmsg', '/nowhere'], 3, /--kmsg: expected .*, got: ENOENT/],
    [
      'a state folder that is a file',
      [...required, '--state-dir', '/dev/null'],
      3,
      /--state-dir: expected a folder .*, got: /,
    ],
    [
      'an address in use',
      [...required, '--state-dir', '/tmp', '--listen', '203.0.113.1:1'],
      3,
      /--listen: expected a free address, got 203\.0\.113\.1:1/,
    ],
  ])('one clear line and exit code for %s', async (_name, args, code, message) => {
    const program = new Program('agent', args)
    expect((await program.ended).code).toBe(code)
    expect(program.errors).toMatch(message)
    expect(program.errors).not.toMatch(/^\s+at /m)
  })
})
