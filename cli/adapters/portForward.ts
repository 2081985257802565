import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { ProgramError, messageOf } from '#program/errors.ts'
import { complaintOf, targetArgs, type KubeTarget } from './kubectl.ts'

const API_PORT = 9466
const READY_LIMIT_MS = 20_000
const MAX_SAID_CHARS = 2_000

export interface OperatorTarget extends KubeTarget {
  /** Its API's URL; without one it is reached by kubectl port-forward. */
  operatorUrl?: string | undefined
  namespace: string
}

/**
 * Reaches the operator's API: where it has no address, its loopback one through kubectl, so that the cluster's RBAC
 * decides who may (`pods/portforward`). Ends the forwarding afterwards.
 * @param use gets what opens the way and tells its URL: one that has ended, as with the operator's pod, is opened anew
 * @throws ProgramError KubectlMissing, PortForwardFailed, and what `use` throws.
 */
export function withOperator<T>(
  { operatorUrl, ...target }: OperatorTarget,
  use: (reach: () => Promise<string>) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  return operatorUrl === undefined ? withPortForward(target, use, signal) : use(() => Promise.resolve(operatorUrl))
}

async function withPortForward<T>(
  { namespace, ...target }: KubeTarget & { namespace: string },
  use: (reach: () => Promise<string>) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  let last: { kubectl: ChildProcess; url: Promise<string> } | undefined
  const reach = (): Promise<string> => {
    if (last === undefined || hasEnded(last.kubectl)) last = forward(namespace, target, signal)
    return last.url
  }
  try {
    return await use(reach)
  } finally {
    if (last !== undefined && !hasEnded(last.kubectl) && last.kubectl.kill()) await once(last.kubectl, 'exit')
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function forward(
  namespace: string,
  target: KubeTarget,
  signal: AbortSignal | undefined,
): { kubectl: ChildProcess; url: Promise<string> } {
  const args = ['port-forward', '--address', '127.0.0.1', '-n', namespace, 'deployment/oomkeeper-operator']
  const kubectl = spawn('kubectl', [...targetArgs(target), ...args, `:${API_PORT}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  })
  const url = new Promise<string>((resolve, reject) => {
    let said = ''
    const fail = (code: string, retry: boolean, message: string, cause?: unknown): void =>
      reject(new ProgramError(message, { code, retry, cause }))
    const limit = setTimeout(() => {
      const message = `expected kubectl to forward a port in ${READY_LIMIT_MS / 1000} s, got none`
      fail('PortForwardFailed', true, message)
    }, READY_LIMIT_MS)
    kubectl.stdout.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(0, MAX_SAID_CHARS)
      const port = /Forwarding from 127\.0\.0\.1:(\d+) /.exec(said)?.[1]
      if (port === undefined) return
      clearTimeout(limit)
      resolve(`http://127.0.0.1:${port}`)
    })
    const complaint = complaintOf(kubectl.stderr)
    kubectl.once('error', (error) => {
      clearTimeout(limit)
      const got = `${messageOf(error)}; install it, or name the operator's API with --operator URL`
      fail('KubectlMissing', false, `expected kubectl in PATH, got: ${got}`, error)
    })
    kubectl.once('close', (exitCode) => {
      clearTimeout(limit)
      const got = complaint() ?? `exit code ${exitCode}`
      const message = `expected kubectl to reach the operator in namespace ${namespace}, got: ${got}`
      fail('PortForwardFailed', true, message)
    })
  })
  return { kubectl, url }
}
