import { randomBytes } from 'node:crypto'
import { runProgram } from '#program/run.ts'
import { VERSION } from '#program/version.ts'
import { ensureKeys } from '../adapters/keySecret.ts'
import { KubeClient, loadKubeConfig } from '../adapters/kubeClient.ts'
import { makeServerCertificate } from '../adapters/makeServerCertificate.ts'
import { keysFlags } from './config.ts'
import { planKeys } from './planKeys.ts'

await runProgram({
  name: 'oomkeeper-keys',
  version: VERSION,
  flags: keysFlags,
  async main(config, logger) {
    const { secret, namespace } = config
    const made = await ensureKeys(new KubeClient(loadKubeConfig(config)), config, async (existing) => ({
      ...planKeys(config.auth, existing, randomBytes),
      ...(config.tlsNames && (await makeServerCertificate(existing, config.tlsNames, new Date()))),
    }))
    if (made.length === 0) logger.info({ secret, namespace }, 'every key is there')
    else logger.info({ secret, namespace, made }, 'keys made')
  },
})
