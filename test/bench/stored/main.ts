import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureBuilt } from '../../cluster/build/ensureBuilt.ts'
import type { GoModule } from '../../cluster/build/goModule.ts'
import { startNats } from '../../cluster/privateServers.ts'
import { errorMessage, waitUntil } from '../../cluster/process/wait.ts'
import { startAgent } from '../../support/agentProcess.ts'
import { nextSequence, readKills, type KernelKill } from '../../support/kernelLog.ts'
import { KillStreamView } from '../../support/killStream.ts'
import { KillingCgroup } from '../../support/memcgKill.ts'
import { percentile, summarize } from '../percentile.ts'
import { calibratePrintkClock } from '../printkClock.ts'

const READER: GoModule = {
  name: 'kmsgreader',
  version: '1',
  folder: '../bench/modules/kmsgreader',
  ldflags: '-s -w',
  programs: { kmsgreader: '.' },
}
const NODE = 'bench'
const KILLS = Number(process.env['KILLS'] ?? 60)
/** Slower than the kernel's limit of ten dumps in five seconds. */
const DUMP_EVERY_MS = 600
const STORM_KILLS = 3 * KILLS

/** The bare reader, and when it had each kill line: by kmsg sequence, in wall clock ms. */
async function startReader(binary: string): Promise<{ readAtMs: Map<number, number>; stop: () => void }> {
  const child = spawn(binary, { stdio: ['ignore', 'pipe', 'inherit'] })
  const readAtMs = new Map<number, number>()
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [sequence, nanoseconds] = line.split(' ')
      if (nanoseconds === undefined) resolve()
      else readAtMs.set(Number(sequence), Number(nanoseconds) / 1e6)
    })
  })
  return { readAtMs, stop: () => child.kill() }
}

/** From the kernel's time stamp of a kill line to its event in JetStream, beside a program that only reads the line. */
async function bench(): Promise<string> {
  const log = (line: string) => console.log(line)
  const binary = join(await ensureBuilt(READER, log), 'kmsgreader')
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-bench-'))
  const nats = await startNats({ nodes: [NODE], log })
  const stream = await KillStreamView.open(nats)
  await stream.create(256 * 1024 * 1024)
  const cgroup = new KillingCgroup(`oomkeeper-bench-${process.pid}`, 16)
  const { program } = await startAgent({ node: NODE, nats, folder })
  const reader = await startReader(binary)
  try {
    await program.said('connected to NATS')
    await sleep(3_000)
    const results: string[] = []
    for (const [name, kills, everyMs] of [
      ['with dumps', KILLS, DUMP_EVERY_MS],
      ['a storm', STORM_KILLS, 0],
    ] as const) {
      const toWallMs = calibratePrintkClock()
      const fromSequence = nextSequence()
      const killed: KernelKill[] = []
      for (let kill = 0; kill < kills; kill++) {
        await cgroup.kill()
        await sleep(everyMs)
        // Before the ring overwrites it.
        const next = (killed.at(-1)?.sequence ?? fromSequence - 1) + 1
        killed.push(...readKills(next).filter(({ command }) => command === 'tail'))
      }
      const stored = await untilStored(stream, killed.at(-1)?.sequence ?? 0)
      const since = (atMs: ReadonlyMap<number, number>) =>
        killed.map(({ sequence, monotonicUsec }) => (atMs.get(sequence) ?? Number.NaN) - toWallMs(monotonicUsec))
      const [ours, floor] = [since(stored), since(reader.readAtMs)]
      log(`  ${name}: stored ${summarize(ours, 'ms')}`)
      log(`  ${' '.repeat(name.length)}  read   ${summarize(floor, 'ms')}`)
      results.push(
        `${name} p50 ${percentile(ours, 50).toFixed(1)} and p99 ${percentile(ours, 99).toFixed(1)} ms, a bare reader ${percentile(floor, 50).toFixed(1)} and ${percentile(floor, 99).toFixed(1)}`,
      )
    }
    return results.join('; ')
  } finally {
    reader.stop()
    await program.kill()
    cgroup.remove()
    await stream.close()
    await nats.dispose()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** When the server had stored each kill, by kmsg sequence, in wall clock ms. */
async function untilStored(stream: KillStreamView, lastSequence: number): Promise<ReadonlyMap<number, number>> {
  return waitUntil(
    'the last kill to be stored',
    async () => {
      const stored = await stream.storedAtMs()
      return stored.has(lastSequence) ? stored : undefined
    },
    { deadlineMs: 20_000, everyMs: 500 },
  )
}

try {
  console.log(`bench-stored ok: ${await bench()}`)
} catch (error) {
  console.log(`bench-stored failed: ${errorMessage(error)}`)
  process.exit(3)
}
