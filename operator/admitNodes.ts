import type { Logger } from 'pino'
import { connectNats } from '#program/adapters/natsConnection.ts'
import { EXIT, ProgramError } from '#program/errors.ts'
import type { NatsTrouble } from '#program/natsTrouble.ts'
import { KubeClient, loadKubeConfig } from './adapters/kubeClient.ts'
import { answerLogins } from './adapters/loginResponder.ts'
import { nkeyLogin, readSeedFile } from './adapters/nkeyLogin.ts'
import { RefusalLog } from './adapters/refusalLog.ts'
import { readAgentPod, reviewToken } from './adapters/tokenReview.ts'
import type { OperatorConfig } from './config.ts'
import type { AgentPods } from './identity/agentPods.ts'
import { LoginDesk } from './identity/loginDesk.ts'
import type { Nkey } from './identity/nkey.ts'
import type { Gate } from './keepFloodsOut.ts'
import type { Surroundings } from './surroundings.ts'

/** A server waits 5 s for an answer (`authorization.timeout`); half of that may go by before the apiserver is asked. */
const ANSWER_WITHIN_MS = 2_500
const REVIEW_TIMEOUT_MS = 2_000
const MAX_IN_FLIGHT = 64
const MAX_WAITING = 10_000

/** What this operator needs to say which node an agent is of. */
export interface Admission {
  agent: { namespace: string; name: string }
  calloutSeedFile: string
  issuer: Nkey
}

/**
 * @returns undefined where it answers no logins: agents then have a NATS user of their own.
 * @throws ProgramError LoginUnclear where only a part of it is given; SeedUnusable
 */
export function admissionOf(config: OperatorConfig, logger: Logger): Admission | undefined {
  const { calloutSeedFile, issuerSeedFile, agentServiceAccount } = config
  if (calloutSeedFile === undefined && issuerSeedFile === undefined && agentServiceAccount === undefined)
    return undefined
  if (calloutSeedFile === undefined || issuerSeedFile === undefined || agentServiceAccount === undefined) {
    throw new ProgramError(
      'expected --callout-seed-file, --issuer-seed-file and --agent-service-account together, got some of them',
      { code: 'LoginUnclear', retry: false, exitCode: EXIT.usage },
    )
  }
  return { agent: agentServiceAccount, calloutSeedFile, issuer: readSeedFile(issuerSeedFile, 'account', logger) }
}

/**
 * Answers the NATS server's questions who an agent is, until the signal is aborted. Every operator does, those that stand by too: the
 * server asks one of them.
 * @throws the signal's reason.
 */
export async function admitNodes(
  { config, logger, metrics, signal, now }: Pick<Surroundings, 'config' | 'logger' | 'metrics' | 'signal' | 'now'>,
  { agent, calloutSeedFile, issuer }: Admission,
  agentPods: AgentPods,
  gate: Gate,
  why: NatsTrouble,
): Promise<never> {
  // Connections of its own: a login does not queue behind a thousand reports, and asks no lease.
  const client = new KubeClient(loadKubeConfig(config), { requestTimeoutMs: REVIEW_TIMEOUT_MS })
  const log = new RefusalLog(logger, () => performance.now())
  const desk = new LoginDesk(
    {
      issuer,
      rules: { agent, addressRule: config.loginAddress },
      lifetimeSeconds: config.loginSeconds,
      maxInFlight: MAX_IN_FLIGHT,
      maxWaiting: MAX_WAITING,
      answerWithinMs: ANSWER_WITHIN_MS,
    },
    {
      reviewToken: (token) => reviewToken(client, token),
      knownPod: (uid) => agentPods.find(uid),
      readPod: (name, uid) => readAgentPod(client, agent.namespace, name, uid),
      isKeptOut: (node) => gate.isKeptOut(node),
      nowMs: () => now().getTime(),
      monotonicMs: () => performance.now(),
      random: Math.random,
      admitted: (node, request, endSeconds) => {
        gate.openLogins.note(node, request, endSeconds)
        metrics.loginsAdmitted.inc()
        logger.debug({ node }, 'an agent is let in to NATS')
      },
      refused: (reason, address, message) => {
        metrics.loginsRefused.inc({ reason })
        log.note(reason, address, message)
      },
    },
  )
  const target = {
    url: config.natsUrl,
    login: nkeyLogin(calloutSeedFile, logger),
    caFile: config.natsCaFile,
    inboxPrefix: '_INBOX.logins',
    clientName: 'oomkeeper-operator logins',
  }
  const connection = await connectNats(target, logger, signal, why)
  return answerLogins(connection, desk, logger, signal)
}
