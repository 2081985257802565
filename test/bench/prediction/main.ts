import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KillEvent } from '../../../contract/killEvent.ts'
import type { MissReason } from '../../../contract/killContext.ts'
import { startNats } from '../../cluster/privateServers.ts'
import { errorMessage, waitUntil } from '../../cluster/process/wait.ts'
import { startAgent } from '../../support/agentProcess.ts'
import { bundlePrograms } from '../../support/bundlePrograms.ts'
import { KillingContainer, ownTop } from '../../support/killingContainer.ts'
import { KillStreamView } from '../../support/killStream.ts'
import { summarize } from '../percentile.ts'
import { crowdScript } from './crowd.ts'

const NODE = 'bench'
const KILLS = Number(process.env['KILLS'] ?? 104)
const CONTAINERS = 4
const LIMIT_MIB = 64

/** What the words in an event mean. */
const WORDS: Readonly<Record<MissReason, string>> = {
  unseen: 'the victim had started after the last scan',
  moved: 'the victim was known in another cgroup',
  gone: 'who was foreseen had ended before',
  exempt: 'who was foreseen may not be killed',
  allocatingTask: 'the kernel takes whoever asks for memory',
  grew: 'the victim had grown past the other since the last scan',
  shrank: 'who was foreseen had less than at the last scan',
  equal: 'both had as many points',
  untold: 'who was foreseen had more at the last scan; the kernel printed no figures of it',
  unknown: 'not explained',
}

/** Crowds of processes, one after the other, each until the kernel has killed one of it. */
async function runContainer(container: KillingContainer, kills: number): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    const before = container.kills()
    container.start(crowdScript(LIMIT_MIB, Math.random))
    await waitUntil('a kill', () => container.kills() > before || undefined, { deadlineMs: 60_000, everyMs: 20 })
    await container.empty()
  }
}

/** One of each crowd: what dies beside it is of the same moment. */
function firstOfEach(events: readonly KillEvent[]): KillEvent[] {
  const lastMs = new Map<string, number>()
  return events.filter(({ attribution: { cgroupPath = '' }, killedAt }) => {
    const atMs = Date.parse(killedAt)
    const isFirst = atMs - (lastMs.get(cgroupPath) ?? 0) > 500
    lastMs.set(cgroupPath, atMs)
    return isFirst
  })
}

function describeMiss({ victim, foresight }: KillEvent): string {
  const [foreseen] = foresight?.candidates ?? []
  const rank = foresight?.victimRank === undefined ? 'not known' : `foreseen as number ${foresight.victimRank}`
  const why = WORDS[foresight?.missReason ?? 'unknown']
  return `  ${victim?.command}(${victim?.pid}), ${rank}, in place of ${foreseen?.command}(${foreseen?.pid}): ${why}; figures ${foresight?.ageMs} ms old`
}

async function bench(): Promise<string> {
  bundlePrograms()
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-prediction-'))
  const nats = await startNats({ nodes: [NODE], log: (line) => console.log(line) })
  const stream = await KillStreamView.open(nats)
  const containers = Array.from({ length: CONTAINERS }, () => new KillingContainer(ownTop('prediction'), LIMIT_MIB))
  await stream.create(256 * 1024 * 1024)
  const { program } = await startAgent({ node: NODE, nats, folder })
  try {
    await program.said('connected to NATS')
    const startedAt = new Date().toISOString()
    console.log(
      `${KILLS} kills in ${CONTAINERS} cgroups of ${LIMIT_MIB} MiB, of crowds of processes of random size and pace …`,
    )
    await Promise.all(containers.map((container) => runContainer(container, Math.ceil(KILLS / CONTAINERS))))
    const paths = new Set(containers.map(({ path }) => path))
    const told = async () => {
      const events = (await stream.events()).filter(
        ({ attribution, killedAt }) => killedAt >= startedAt && paths.has(attribution.cgroupPath ?? ''),
      )
      const first = firstOfEach(events)
      return first.length >= KILLS * 0.9 ? first : undefined
    }
    const events = await waitUntil('the kills to be told', told, { deadlineMs: 30_000, everyMs: 500 })
    return describe(events)
  } finally {
    await program.stop()
    for (const container of containers) {
      await container.empty()
      container.remove()
    }
    await stream.close()
    await nats.dispose()
    rmSync(folder, { recursive: true, force: true })
  }
}

function describe(events: readonly KillEvent[]): string {
  const judged = events.filter(({ foresight }) => foresight !== undefined)
  const misses = judged.filter(({ foresight }) => foresight?.outcome === 'miss')
  console.log(`misses, each with its reason:`)
  for (const miss of misses) console.log(describeMiss(miss))
  console.log(
    `figures at the kill: ${summarize(
      judged.map(({ foresight }) => foresight?.ageMs ?? 0),
      'ms old',
    )}`,
  )
  const counts = Object.entries(Object.groupBy(misses, ({ foresight }) => foresight?.missReason ?? 'unknown'))
  const byReason = counts.map(([reason, of]) => `${reason} ${of?.length ?? 0}`).join(', ')
  const hits = judged.length - misses.length
  const unexplained = misses.filter(({ foresight }) => foresight?.missReason === 'unknown').length
  return `${judged.length} kills of ${events.length} foreseen in time, ${hits} as foreseen (${((100 * hits) / judged.length).toFixed(0)} %), ${misses.length} not (${byReason || 'none'}), ${unexplained} unexplained`
}

try {
  console.log(`bench-prediction ok: ${await bench()}`)
} catch (error) {
  console.log(`bench-prediction failed: ${errorMessage(error)}`)
  process.exit(3)
}
