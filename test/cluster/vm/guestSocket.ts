import { randomInt } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { errorMessage, waitUntil, type WaitOptions } from '../process/wait.ts'
import { SerialLine } from './serialLine.ts'

/** A guest that is busy with something else answers late. */
const ANSWER_MS = 2000

/**
 * Runs a shell script, as root, in a machine that listens at a socket of this one (qemu.ts) and outlives whoever asks.
 * Who asks at the same time waits for their turn.
 * @returns what it prints; anything but exit code 0 is an error
 */
export async function runAtSocket(path: string, script: string, options: WaitOptions): Promise<string> {
  const socket = connect(path)
  try {
    const limits = { ...options, giveUp: () => options.giveUp?.() ?? endOf(socket) }
    const line = new SerialLine(socket, randomInt(2 ** 40))
    socket.write('\n') // Ends what an interrupted one may have begun.
    // A guest that is still booting hears nothing.
    const answers = async (): Promise<true> => {
      await line.run('true', { ...limits, deadlineMs: ANSWER_MS })
      return true
    }
    await waitUntil('the guest to answer', answers, limits)
    const { exitCode, output } = await line.run(script, limits)
    if (exitCode === 0) return output
    throw new Error(`expected a script in the guest to exit with 0, it exited with ${exitCode}: ${output.trim()}`)
  } finally {
    socket.destroy()
  }
}

function endOf(socket: Socket): string | undefined {
  if (socket.errored !== null) return `no connection to it: ${errorMessage(socket.errored)}`
  return socket.closed ? 'it has closed the connection' : undefined
}
