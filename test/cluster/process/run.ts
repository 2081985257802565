import { spawn } from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'

export interface RunOptions {
  stdin?: string
  env?: NodeJS.ProcessEnv
  cwd?: string
  timeoutMs?: number
}

export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number | undefined
  readonly stderr: string

  constructor(message: string, exitCode: number | undefined, stderr: string) {
    super(message)
    this.exitCode = exitCode
    this.stderr = stderr
  }
}

/** Runs a command to its end and returns its standard output; anything but exit code 0 is an error that holds its words. */
export function runCommand(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
  const [command, ...args] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: 'SIGKILL' as const }),
    })
    const stdout = collect(child.stdout)
    const stderr = collect(child.stderr)
    child.stdin.on('error', () => {}) // The command may end without reading; its exit code tells.
    child.stdin.end(options.stdin ?? '')
    child.on('error', (error) => {
      reject(new CommandError(`${command} could not be started: ${error.message}`, undefined, ''))
    })
    child.on('close', (exitCode, signal) => {
      if (exitCode === 0) return resolve(stdout())
      const how = exitCode === null ? `was ended by ${signal}` : `exited with ${exitCode}`
      const words = stderr().trim() || stdout().trim()
      reject(new CommandError(`${argv.join(' ')} ${how}: ${words}`, exitCode ?? undefined, stderr()))
    })
  })
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const decoder = new StringDecoder('utf8')
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    text += decoder.write(chunk)
  })
  return () => text
}
