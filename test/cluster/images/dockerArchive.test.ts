import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { packDockerArchive } from './dockerArchive.ts'

const tar = (args: readonly string[], input: Uint8Array): Buffer => execFileSync('tar', args, { input })

describe('packDockerArchive', () => {
  const program = { name: 'oomkeeper.test/hog:1', program: 'hog', content: Buffer.from('ELF'), goArch: 'amd64' }
  let archive: Buffer
  const read = (path: string): Buffer => tar(['-xOf', '-', path], archive)

  beforeAll(async () => {
    archive = await packDockerArchive(program)
  })

  it('names the image and starts its program', () => {
    const [manifest] = JSON.parse(read('manifest.json').toString()) as { Config: string; RepoTags: string[] }[]
    expect(manifest?.RepoTags).toEqual(['oomkeeper.test/hog:1'])
    const config = JSON.parse(read(manifest?.Config ?? '').toString()) as { config: { Entrypoint: string[] } }
    expect(config.config.Entrypoint).toEqual(['/hog'])
  })

  it("gives the layer's digest as it is", () => {
    const layer = read('layer.tar')
    const digest = createHash('sha256').update(layer).digest('hex')
    expect(archive.includes(`sha256:${digest}`)).toBe(true)
    expect(tar(['-xOf', '-', 'hog'], layer).toString()).toBe('ELF')
    expect(tar(['-tvf', '-'], layer).toString()).toMatch(/^-rwxr-xr-x 0\/0 +3 .* hog$/m)
  })

  it('makes the same bytes of the same program', async () => {
    expect((await packDockerArchive(program)).equals(archive)).toBe(true)
  })
})
