import { execFileSync } from 'node:child_process'
import { describe, expect, it } from '@jest/globals'
import { sha256 } from './blob.ts'
import { textFile, type ImageFile } from './imageFile.ts'
import { openLayer, packLayer } from './layer.ts'

const FILES: readonly ImageFile[] = [
  { path: 'usr/lib', type: 'directory', mode: 0o755 },
  { path: 'tmp', type: 'directory', mode: 0o1777 },
  { path: 'usr/lib/libc.so', type: 'symlink', target: 'libc.so.6' },
  { path: 'usr/lib/libc.so.6', type: 'file', mode: 0o755, content: Buffer.from('ELF') },
  textFile('etc/passwd', 'root:x:0:0::/:/none\n'),
]

describe('packLayer', () => {
  it('makes the same bytes of the same files, in whatever order they come', async () => {
    const [layer, other] = [await packLayer(FILES), await packLayer(FILES.toReversed())]
    expect(other.blob.digest).toBe(layer.blob.digest)
    const changed = await packLayer([...FILES.slice(0, -1), textFile('etc/passwd', 'nobody\n')])
    expect(changed.blob.digest).not.toBe(layer.blob.digest)
  })

  it('is a tar that keeps modes and links, of root and of no time', async () => {
    const { blob } = await packLayer(FILES)
    const list = execFileSync('tar', ['-tzvf', '-', '--utc', '--numeric-owner'], {
      input: blob.content,
      encoding: 'utf8',
    })
    expect(
      list
        .trim()
        .split('\n')
        .map((line) => line.replaceAll(/ +/g, ' ')),
    ).toEqual([
      '-rw-r--r-- 0/0 20 1970-01-01 00:00 etc/passwd',
      'drwxrwxrwt 0/0 0 1970-01-01 00:00 tmp/',
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 usr/lib/',
      'lrwxrwxrwx 0/0 0 1970-01-01 00:00 usr/lib/libc.so -> libc.so.6',
      '-rwxr-xr-x 0/0 3 1970-01-01 00:00 usr/lib/libc.so.6',
    ])
  })

  it('names the tar as well as what it is packed into, and reads both back', async () => {
    const layer = await packLayer(FILES)
    const tar = execFileSync('gzip', ['-dc'], { input: layer.blob.content })
    expect(layer).toMatchObject({ diffId: sha256(tar), unpackedBytes: tar.length })
    expect(layer.blob.digest).toBe(sha256(layer.blob.content))
    expect(openLayer(layer.blob.content)).toEqual(layer)
  })
})
