import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { runProgram } from '#program/run.ts'
import { VERSION } from '#program/version.ts'
import { untilApiserverAnswers } from '../adapters/firstAnswer.ts'
import { refusalOf } from '../adapters/kubeAnswers.ts'
import { KubeClient, loadKubeConfig } from '../adapters/kubeClient.ts'
import { reportsPath } from '../adapters/reportsPath.ts'
import { operatorError } from '../errors.ts'
import { selftestFlags, type SelftestConfig } from './config.ts'
import { eatMemory } from './eatMemory.ts'
import { findKill, type RawReport } from './findKill.ts'

const MIB = 1024 * 1024
/** More than the limit of any container that this is meant for, less than takes a node down that has none. */
const ENOUGH_BYTES = 512 * MIB
const LOOK_EVERY_MS = 1_000

function runVictim({ marker }: SelftestConfig, logger: Logger): void {
  if (marker === undefined) throw operatorError('SelftestFailed', 'expected --marker for the victim, got none')
  if (existsSync(marker)) return logger.info('killed, and started again by the kubelet')
  writeFileSync(marker, '')
  logger.info('taking memory until the kernel kills this process')
  const bytes = eatMemory(ENOUGH_BYTES)
  throw operatorError(
    'SelftestFailed',
    `expected to be killed at the container's memory limit, got ${bytes / MIB} MiB: is there a limit?`,
  )
}

async function runWitness(config: SelftestConfig, logger: Logger, signal: AbortSignal): Promise<void> {
  const { namespace, podUid, wait } = config
  if (namespace === undefined || podUid === undefined) {
    throw operatorError('SelftestFailed', 'expected --namespace and --pod-uid for the witness, got none')
  }
  const client = new KubeClient(loadKubeConfig(config))
  const monotonicMs = () => performance.now()
  const startedMs = monotonicMs()
  const pause = (ms: number) => sleep(ms, undefined, { signal })
  await untilApiserverAnswers(client, { monotonicMs, sleep: pause, limitMs: Math.min(wait, 30) * 1000 })
  for (;;) {
    const answer = await client.request('GET', reportsPath('OOMReport', namespace))
    if (answer.code !== 200) throw refusalOf(answer, 'list the OOMReports of the namespace')
    const found = findKill((answer.body as { items: RawReport[] }).items, podUid)
    if (found !== undefined) return logger.info(found, 'the kill is in its report')
    if (monotonicMs() - startedMs > wait * 1000) {
      throw operatorError(
        'SelftestFailed',
        `expected an OOMReport of this pod's kill within ${wait} s, got none: look at the log of the agent on its node, and at the operator's`,
      )
    }
    await pause(LOOK_EVERY_MS)
  }
}

await runProgram({
  name: 'oomkeeper-selftest',
  version: VERSION,
  flags: selftestFlags,
  async main(config, logger, signal) {
    if (config.part === 'victim') runVictim(config, logger)
    else await runWitness(config, logger, signal)
  },
})
