import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readLogFile } from './logFile.ts'

const TEXT = 'line\n'.repeat(100_000)
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-log-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

async function read(content: Buffer | string): Promise<string> {
  const path = join(folder, 'log')
  writeFileSync(path, content)
  let text = ''
  for await (const chunk of readLogFile(path)) text += chunk.toString()
  return text
}

describe('readLogFile', () => {
  it.each<[string, Buffer | string]>([
    ['text', TEXT],
    ['gzip', gzipSync(TEXT)],
    [
      'gzip in several members, as logrotate and cat make it',
      Buffer.concat([gzipSync('line\n'), gzipSync(TEXT.slice(5))]),
    ],
  ])('reads %s', async (_case, content) => {
    expect(await read(content)).toBe(TEXT)
  })

  it.each<[string, Buffer | string, RegExp]>([
    ['an empty file', '', /log: expected a log as text or gzip, got nothing: it is empty$/],
    ['gzip of an empty file', gzipSync(''), /got gzip of nothing: it is empty$/],
    ['binary data', Buffer.alloc(100), /got binary data$/],
    ['binary data in gzip', gzipSync(Buffer.alloc(100)), /got binary data$/],
    ['gzip that is cut off', gzipSync(TEXT).subarray(0, 100), /got gzip that is cut off$/],
    ['gzip that is damaged', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from('x'.repeat(40))]), /got .+/],
  ])('says what is wrong with %s', async (_case, content, message) => {
    await expect(read(content)).rejects.toMatchObject({
      code: 'InputUnusable',
      exitCode: 2,
      message: expect.stringMatching(message),
    })
  })

  it.each([
    ['no/such', 'no such file'],
    ['.', 'a folder'],
  ])('says that %s is %s', async (name, reason) => {
    await expect(readLogFile(join(folder, name)).next()).rejects.toMatchObject({
      message: expect.stringContaining(`got ${reason}`),
    })
  })
})
