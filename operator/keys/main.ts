import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram } from '#program/run.ts'
import { VERSION } from '#program/version.ts'
import { untilApiserverAnswers } from '../adapters/firstAnswer.ts'
import { ensureKeys } from '../adapters/keySecret.ts'
import { KubeClient, loadKubeConfig } from '../adapters/kubeClient.ts'
import { makeServerCertificate } from '../adapters/makeServerCertificate.ts'
import { keysFlags } from './config.ts'
import { planKeys } from './planKeys.ts'

const CONNECT_LIMIT_MS = 30_000

await runProgram({
  name: 'oomkeeper-keys',
  version: VERSION,
  flags: keysFlags,
  async main(config, logger, signal) {
    const { secret, namespace } = config
    const client = new KubeClient(loadKubeConfig(config))
    const wait = (ms: number) => sleep(ms, undefined, { signal })
    await untilApiserverAnswers(client, {
      monotonicMs: () => performance.now(),
      sleep: wait,
      limitMs: CONNECT_LIMIT_MS,
    })
    const made = await ensureKeys(client, config, async (existing) => ({
      ...planKeys(config.auth, existing, randomBytes),
      ...(config.tlsNames && (await makeServerCertificate(existing, config.tlsNames, new Date()))),
    }))
    if (made.length === 0) logger.info({ secret, namespace }, 'every key is there')
    else logger.info({ secret, namespace, made }, 'keys made')
  },
})
