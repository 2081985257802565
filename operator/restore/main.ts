import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { nodeName } from '#contract/subjects.ts'
import { connectNats } from '#program/adapters/natsConnection.ts'
import { runProgram } from '#program/run.ts'
import { VERSION } from '#program/version.ts'
import { untilApiserverAnswers } from '../adapters/firstAnswer.ts'
import { KubeClient, loadKubeConfig } from '../adapters/kubeClient.ts'
import { KubeLease } from '../adapters/kubeLease.ts'
import { NatsPolicies } from '../adapters/natsPolicies.ts'
import { OperatorDeployment } from '../adapters/operatorDeployment.ts'
import { loginOf } from '../adapters/loginOf.ts'
import { listHeldPolicies, setFinalizer } from '../adapters/policyFinalizer.ts'
import { operatorError } from '../errors.ts'
import type { NodeWord } from '../policies/release.ts'
import { restoreFlags, type RestoreConfig } from './config.ts'
import { restoreScores, type NodeWords, type Restored } from './restoreScores.ts'

const CONNECT_LIMIT_MS = 30_000
const WAY_OUT = '; `helm uninstall --no-hooks` goes without, and leaves the scores until their containers end'

/** Connected, and with every node's last word read. @throws ProgramError NatsUnavailable */
async function connect(config: RestoreConfig, logger: Logger, signal: AbortSignal) {
  const { natsUrl: url, natsCaFile: caFile } = config
  const login = loginOf(config, logger)
  const clientName = 'oomkeeper-restore'
  const limited = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_LIMIT_MS)])
  const target = { url, login, caFile, inboxPrefix: '_INBOX.restore', clientName }
  const said = new Map<string, NodeWord>()
  const heard = new Set<string>()
  try {
    const nats = await connectNats(target, logger, limited)
    const bucket = new NatsPolicies(nats.jetstream())
    let isFollowing = false
    await new Promise<void>((resolve, reject) => {
      const following = () => resolve(void (isFollowing = true))
      const note = (token: string, word: NodeWord) => {
        said.set(token, word)
        if (isFollowing) heard.add(token)
      }
      const refused = (token: string, reason: string) =>
        logger.warn({ node: nodeName(token) }, `status of an agent refused: ${reason}`)
      bucket.followStatuses({ following, said: note, refused }, signal).catch(reject)
      limited.addEventListener('abort', () => reject(new Error('no answer of JetStream')), { once: true })
    })
    return { bucket, words: { said, heard } satisfies NodeWords }
  } catch (error) {
    signal.throwIfAborted()
    throw operatorError(
      'NatsUnavailable',
      `expected NATS at ${url} within ${CONNECT_LIMIT_MS / 1000} s, to tell the agents to give the scores back, got none${WAY_OUT}`,
      { cause: error },
    )
  }
}

await runProgram({
  name: 'oomkeeper-restore',
  version: VERSION,
  flags: restoreFlags,
  async main(config, logger, signal) {
    const client = new KubeClient(loadKubeConfig(config))
    const wait = (ms: number) => sleep(ms, undefined, { signal })
    const monotonicMs = () => performance.now()
    await untilApiserverAnswers(client, { monotonicMs, sleep: wait, limitMs: CONNECT_LIMIT_MS })
    const deployment = new OperatorDeployment(client, config.namespace, config.deployment, wait)
    const restored = await restoreScores({
      stopOperator: () => deployment.stop(),
      heldPolicies: () => listHeldPolicies(client),
      release: (policy) => setFinalizer(client, policy, false),
      connect: () => connect(config, logger, signal),
      monotonicMs,
      sleep: wait,
      limitMs: config.wait * 1000,
    })
    if (restored.kind === 'failed') {
      const nodes = restored.nodes.join(', ')
      throw operatorError(
        'ScoresNotRestored',
        `expected every node to give its scores back in ${config.wait} s, got none of it from ${nodes}: look at the agent's log there${WAY_OUT}`,
      )
    }
    if (restored.kind === 'nothingHeld') logger.info('no policy has changed a score: nothing to give back')
    else tell(restored, logger)
    // It is of no use to anybody any more, and no reason to keep the rest.
    await new KubeLease(client, config.namespace, config.leaseName).remove().catch((err: unknown) => {
      logger.warn({ err }, `the lease ${config.leaseName} of the operator stays`)
    })
  },
})

function tell({ policies, nodes, silent }: Extract<Restored, { kind: 'restored' }>, logger: Logger): void {
  logger.info({ policies, nodes }, 'every score is given back')
  if (silent.length === 0) return
  logger.warn({ nodes: silent }, 'these agents are silent: scores that were set there stay until the containers end')
}
