import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { runAtSocket } from './guestSocket.ts'

const SOON = { deadlineMs: 10_000, everyMs: 5 }

describe('runAtSocket', () => {
  let folder: string
  let path: string
  let server: Server | undefined

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'oomkeeper-socket-'))
    path = join(folder, 'control.sock')
  })

  afterEach(() => {
    server?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** A guest: it answers whole lines, from the second on. */
  async function listen(answer: (number: string, script: string, socket: Socket) => void): Promise<void> {
    server = createServer((socket) => {
      let heard = ''
      socket.on('data', (chunk: Buffer) => {
        const lines = (heard + chunk.toString()).split('\n')
        heard = lines.pop() ?? ''
        for (const line of lines.filter(Boolean)) {
          const [number = '', script = ''] = line.split(' ')
          answer(number, Buffer.from(script, 'base64').toString(), socket)
        }
      })
    })
    await new Promise<void>((resolve) => server?.listen(path, resolve))
  }

  it('takes its own answer, not that of another who asked before', async () => {
    await listen((number, script, socket) => {
      socket.write(`7 0 ${Buffer.from('another').toString('base64')}\n`)
      socket.write(`${number} 0 ${Buffer.from(`did ${script}`).toString('base64')}\n`)
    })
    await expect(runAtSocket(path, 'uname', SOON)).resolves.toBe('did uname')
  })

  it('asks again where a guest that boots has heard nothing', async () => {
    let asked = 0
    await listen((number, _, socket) => {
      if (++asked > 1) socket.write(`${number} 0 \n`)
    })
    await expect(runAtSocket(path, 'true', SOON)).resolves.toBe('')
    expect(asked).toBe(3)
  }, 15_000)

  it('says what a script that fails has said', async () => {
    await listen((number, script, socket) => {
      const output = Buffer.from(`${script}: not found`).toString('base64')
      socket.write(`${number} ${script === 'true' ? 0 : 127} ${output}\n`)
    })
    await expect(runAtSocket(path, 'nothing', SOON)).rejects.toThrow('exited with 127: nothing: not found')
  })

  it('does not wait for a machine that is gone', async () => {
    await expect(runAtSocket(path, 'true', SOON)).rejects.toThrow(/no connection to it: .*ENOENT/)
    await listen((_number, _script, socket) => socket.destroy())
    await expect(runAtSocket(path, 'true', SOON)).rejects.toThrow('it has closed the connection')
  })
})
