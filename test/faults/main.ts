import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { messageOf } from '../../program/errors.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { KERNEL_SERIES } from '../cluster/vm/kernel.ts'
import { prepareGuests } from '../cluster/vm/requirements.ts'
import { numberFrom } from '../support/numberFrom.ts'
import { runCampaign, type CampaignResult } from './campaign.ts'
import { CLUSTER_FAULTS, startClusterServers } from './clusterServers.ts'
import { runGuestCampaign } from './vm/guestCampaign.ts'

const DEFAULT_KILLS = 300
/** An emulated processor takes its time. */
const GUEST_KILLS = 40

/** What they said goes to files, and their end is ours. */
function fail({ figures, wrong, agentLog, operatorLog }: CampaignResult, name: string, again: string): never {
  const base = join(tmpdir(), `oomkeeper-${name}-${seed}`)
  writeFileSync(`${base}-agent.log`, agentLog)
  if (operatorLog !== '') writeFileSync(`${base}-operator.log`, operatorLog)
  console.log(`${figures}\n${wrong.slice(0, 30).join('\n')}`)
  console.log(`what the programs said is in ${base}-*.log; ${again} make faults does the same again`)
  console.log(`${name} failed: ${wrong[0]}`)
  process.exit(1)
}

const countsOf = ({ faults }: CampaignResult): string =>
  Object.entries(faults)
    .map(([kind, times]) => `${kind} ${times}`)
    .join(', ')

/** Real kills, in cgroups of our own. */
function whyNoKills(): string | undefined {
  if (process.getuid?.() !== 0) return 'no root to make cgroups with'
  if (!existsSync('/dev/kmsg')) return 'no /dev/kmsg to read the kernel’s log from'
  return whyNoServers()
}

const kills = numberFrom('faults', 'FAULTS_KILLS', DEFAULT_KILLS)
const seed = numberFrom('faults', 'FAULTS_SEED', randomInt(1, 1_000_000))
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
  const result = await runCampaign({
    servers: await startClusterServers(),
    kinds: CLUSTER_FAULTS,
    seed,
    kills,
    losesInCalm: true,
    onProgress,
    signal: stop.signal,
  })
  console.log(`${countsOf(result)}; ${((performance.now() - startedMs) / 1000).toFixed(0)} s`)
  if (result.wrong.length > 0) fail(result, 'faults', `FAULTS_SEED=${seed} FAULTS_KILLS=${kills}`)
  if (process.env['FAULTS_VM'] !== '0') {
    const why = await prepareGuests((line) => console.log(line))
    if (why !== undefined) console.log(`left out: the campaign in virtual machines: ${why}`)
    for (const series of why === undefined ? KERNEL_SERIES : []) {
      const inGuest = await runGuestCampaign(series, { seed, kills: GUEST_KILLS }, (line) => console.log(line))
      console.log(`${series}: ${countsOf(inGuest)}`)
      if (inGuest.wrong.length > 0) fail(inGuest, 'faults-v2', `FAULTS_SEED=${seed} FAULTS_KILLS=${kills}`)
      console.log(`faults-v2 ok: ${series}: ${inGuest.figures}`)
    }
  }
  console.log(`faults ok: ${result.figures}`)
} catch (error) {
  console.log(`faults failed: ${messageOf(error)}`)
  process.exit(3)
}
