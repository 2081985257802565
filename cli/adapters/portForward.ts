import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ProgramError, messageOf } from '#program/errors.ts'

const API_PORT = 9466
const READY_LIMIT_MS = 20_000
const MAX_SAID_CHARS = 2_000

/**
 * Reaches the operator's loopback API through kubectl, so that the cluster's RBAC decides who may (`pods/portforward`),
 * and ends the forwarding afterwards.
 * @throws ProgramError KubectlMissing, PortForwardFailed, and what `use` throws.
 */
export async function withPortForward<T>(namespace: string, use: (operatorUrl: string) => Promise<T>): Promise<T> {
  const args = ['port-forward', '--address', '127.0.0.1', '-n', namespace, 'deployment/oomkeeper-operator']
  const kubectl = spawn('kubectl', [...args, `:${API_PORT}`], { stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    const port = await new Promise<string>((resolve, reject) => {
      let said = ''
      const fail = (code: string, message: string, cause?: unknown): void =>
        reject(new ProgramError(message, { code, retry: false, cause }))
      const limit = setTimeout(
        () => fail('PortForwardFailed', `expected kubectl to forward a port in ${READY_LIMIT_MS / 1000} s, got none`),
        READY_LIMIT_MS,
      )
      kubectl.stdout.setEncoding('utf8').on('data', (text: string) => {
        said = `${said}${text}`.slice(0, MAX_SAID_CHARS)
        const forwarded = /Forwarding from 127\.0\.0\.1:(\d+) /.exec(said)?.[1]
        if (forwarded === undefined) return
        clearTimeout(limit)
        resolve(forwarded)
      })
      let complaint = ''
      kubectl.stderr
        .setEncoding('utf8')
        .on('data', (text: string) => (complaint = `${complaint}${text}`.slice(0, MAX_SAID_CHARS)))
      kubectl.once('error', (error) => {
        clearTimeout(limit)
        fail(
          'KubectlMissing',
          `expected kubectl in PATH, got: ${messageOf(error)}; install it, or name the operator's API with --operator URL`,
          error,
        )
      })
      kubectl.once('close', (exitCode) => {
        clearTimeout(limit)
        const got = complaint.trim() || `exit code ${exitCode}`
        fail('PortForwardFailed', `expected kubectl to reach the operator in namespace ${namespace}, got: ${got}`)
      })
    })
    return await use(`http://127.0.0.1:${port}`)
  } finally {
    if (kubectl.exitCode === null && kubectl.kill()) await once(kubectl, 'exit')
  }
}
