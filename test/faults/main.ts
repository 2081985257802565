import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { messageOf } from '../../program/errors.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { runCampaign } from './campaign.ts'
import { CLUSTER_FAULTS, startClusterServers } from './clusterServers.ts'

const DEFAULT_KILLS = 300
const MOST = 2 ** 31

function numberFrom(name: string, otherwise: number): number {
  const given = process.env[name]
  if (given === undefined || given === '') return otherwise
  const value = Number(given)
  if (/^\d+$/.test(given) && value >= 1 && value < MOST) return value
  console.log(`faults failed: ${name}: expected a number from 1, got ${JSON.stringify(given)}`)
  process.exit(2)
}

/** Real kills, in cgroups of our own. */
function whyNoKills(): string | undefined {
  if (process.getuid?.() !== 0) return 'no root to make cgroups with'
  if (!existsSync('/dev/kmsg')) return 'no /dev/kmsg to read the kernel’s log from'
  return whyNoServers()
}

const kills = numberFrom('FAULTS_KILLS', DEFAULT_KILLS)
const seed = numberFrom('FAULTS_SEED', randomInt(1, 1_000_000))
const impossible = whyNoKills()
if (impossible !== undefined) {
  console.log(`faults failed: ${impossible}`)
  process.exit(3)
}
const build = spawnSync(process.execPath, ['hack/bundle.ts'], { stdio: 'inherit' })
if (build.status !== 0) {
  console.log('faults failed: the programs could not be bundled')
  process.exit(3)
}

const startedMs = performance.now()
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)))

/** On a terminal one line that changes, elsewhere one for each tenth. */
let tenths = 0
function onProgress(done: number): void {
  const line = `${done} of ${kills} kills, ${((performance.now() - startedMs) / 1000).toFixed(0)} s`
  if (process.stdout.isTTY) process.stdout.write(`\r${line}${done < kills ? '' : '\n'}`)
  else if (Math.floor((done * 10) / kills) > tenths) {
    tenths = Math.floor((done * 10) / kills)
    console.log(line)
  }
}

try {
  console.log(`seed ${seed}, ${kills} kills`)
  const { figures, wrong, faults, agentLog, operatorLog } = await runCampaign({
    servers: await startClusterServers(),
    kinds: CLUSTER_FAULTS,
    seed,
    kills,
    onProgress,
    signal: stop.signal,
  })
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  const counts = Object.entries(faults).map(([kind, times]) => `${kind} ${times}`)
  console.log(`${counts.join(', ')}; ${seconds} s`)
  if (wrong.length > 0) {
    const base = join(tmpdir(), `oomkeeper-faults-${seed}`)
    writeFileSync(`${base}-agent.log`, agentLog)
    writeFileSync(`${base}-operator.log`, operatorLog)
    console.log(`${figures}\n${wrong.slice(0, 30).join('\n')}`)
    console.log(`what the programs said is in ${base}-agent.log and ${base}-operator.log`)
    console.log(`FAULTS_SEED=${seed} FAULTS_KILLS=${kills} make faults does the same again`)
    console.log(`faults failed: ${wrong[0]}`)
    process.exit(1)
  }
  console.log(`faults ok: ${figures}`)
} catch (error) {
  console.log(`faults failed: ${messageOf(error)}`)
  process.exit(3)
}
