import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { EXIT, ProgramError, messageOf } from '#program/errors.ts'

/** Which cluster, as kubectl's own flags say it. */
export interface KubeTarget {
  context?: string | undefined
  kubeconfig?: string | undefined
}

const MAX_ANSWER_BYTES = 128 * 1024 * 1024
const MAX_SAID_CHARS = 2_000
const ANSWER_LIMIT_MS = 60_000

export function targetArgs({ context, kubeconfig }: KubeTarget): string[] {
  return [
    ...(context === undefined ? [] : ['--context', context]),
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
  ]
}

/**
 * Runs kubectl, which knows how to log in wherever its user can, and may do what its user may.
 * @returns what it printed @throws ProgramError KubectlMissing, ObjectMissing (exit code 1), KubectlFailed
 */
export async function runKubectl(target: KubeTarget, args: readonly string[]): Promise<string> {
  const kubectl = spawn('kubectl', [...targetArgs(target), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: process.env,
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
  })
  const chunks: Buffer[] = []
  let bytes = 0
  const complaint = complaintOf(kubectl.stderr)
  kubectl.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) kubectl.kill()
    else chunks.push(chunk)
  })
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    kubectl.once('error', (error) => reject(failure(error)))
    kubectl.once('close', resolve)
  })
  if (bytes > MAX_ANSWER_BYTES) {
    throw failed(`expected at most ${MAX_ANSWER_BYTES} bytes of kubectl, got more`)
  }
  if (exitCode === 0) return Buffer.concat(chunks).toString('utf8')
  const got = complaint() ?? `exit code ${exitCode}`
  if (/\(NotFound\)/.test(got)) {
    const isKind = /could not find the requested resource/.test(got)
    const hint = isKind ? '; is oomkeeper installed there?' : ''
    const details = { code: 'ObjectMissing', retry: false, exitCode: isKind ? EXIT.environment : EXIT.finding }
    throw new ProgramError(`expected the apiserver to have it, got: ${got}${hint}`, details)
  }
  throw failed(`expected an answer of kubectl, got: ${got}`)
}

/** Gathers what kubectl says. @returns tells its last line, which is for people; those before it are its own log. */
export function complaintOf(stderr: Readable): () => string | undefined {
  let said = ''
  stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-MAX_SAID_CHARS)))
  return () => said.trim().split('\n').at(-1) || undefined
}

function failed(message: string): ProgramError {
  return new ProgramError(message, { code: 'KubectlFailed', retry: true })
}

function failure(error: Error): ProgramError {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
    const said = error.name === 'AbortError' ? `none in ${ANSWER_LIMIT_MS / 1000} s` : messageOf(error)
    return failed(`expected an answer of kubectl, got: ${said}`)
  }
  const message = `expected kubectl in PATH, got: ${messageOf(error)}; install it`
  return new ProgramError(message, { code: 'KubectlMissing', retry: false, cause: error })
}
