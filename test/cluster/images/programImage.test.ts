import { execFileSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { packProgramImage } from './programImage.ts'

const tar = (args: readonly string[], input: Uint8Array): Buffer => execFileSync('tar', args, { input })

describe('packProgramImage', () => {
  const program = { name: 'oomkeeper.test/hog:1', program: 'hog', content: Buffer.from('ELF') }
  let archive: Buffer
  const read = (path: string): Buffer => tar(['-xOf', '-', path], archive)
  const follow = <Content>({ digest }: { digest: string }): Content =>
    JSON.parse(read(`blobs/${digest.replace(':', '/')}`).toString()) as Content
  const manifestOf = () => {
    const { manifests } = JSON.parse(read('index.json').toString()) as { manifests: [{ digest: string }] }
    const index = follow<{ manifests: [{ digest: string }] }>(manifests[0])
    return follow<{ config: { digest: string }; layers: [{ digest: string }] }>(index.manifests[0])
  }

  beforeAll(async () => {
    archive = await packProgramImage(program)
  })

  it('names the image and starts its program', () => {
    expect(read('index.json').toString()).toContain('"io.containerd.image.name":"oomkeeper.test/hog:1"')
    const { config } = follow<{ config: { Entrypoint: string[] } }>(manifestOf().config)
    expect(config.Entrypoint).toEqual(['/hog'])
  })

  it('has the program and nothing else', () => {
    const layer = read(`blobs/${manifestOf().layers[0].digest.replace(':', '/')}`)
    expect(tar(['-xzOf', '-', 'hog'], layer).toString()).toBe('ELF')
    expect(tar(['-tzvf', '-'], layer).toString()).toMatch(/^-rwxr-xr-x 0\/0 +3 .* hog\n$/)
  })

  it('makes the same bytes of the same program', async () => {
    expect((await packProgramImage(program)).equals(archive)).toBe(true)
  })
})
