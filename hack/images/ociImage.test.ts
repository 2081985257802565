import { execFileSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { sha256, type Descriptor } from './blob.ts'
import { textFile } from './imageFile.ts'
import { packLayer } from './layer.ts'
import { makeIndex, makePlatformImage, packOciArchive, type PlatformImage } from './ociImage.ts'

const CREATED = '2026-11-26T05:00:00Z'
const NAME = 'registry.example:5000/oomkeeper/oomkeeper:0.1.0'

describe('an OCI archive', () => {
  let archive: Buffer
  let images: PlatformImage[]
  const read = (path: string): Buffer => execFileSync('tar', ['-xOf', '-', path], { input: archive })
  const follow = <Content>({ digest, size }: Descriptor): Content => {
    const content = read(`blobs/${digest.replace(':', '/')}`)
    expect({ digest: sha256(content), size: content.length }).toEqual({ digest, size })
    return JSON.parse(content.toString()) as Content
  }

  beforeAll(async () => {
    const layer = await packLayer([textFile('app/agent.mjs', 'agent')])
    images = (['amd64', 'arm64'] as const).map((architecture) =>
      makePlatformImage(architecture, [layer], { Cmd: ['/app/agent.mjs'], Labels: { version: '0.1.0' } }, CREATED),
    )
    archive = await packOciArchive(NAME, makeIndex(images), images)
  })

  it('leads from a name to each platform’s layers, every digest and size being true', () => {
    const { manifests } = JSON.parse(read('index.json').toString()) as { manifests: Descriptor[] }
    expect(manifests).toMatchObject([
      {
        annotations: { 'io.containerd.image.name': NAME, 'org.opencontainers.image.ref.name': '0.1.0' },
        digest: makeIndex(images).digest,
      },
    ])
    const index = follow<{ manifests: (Descriptor & { platform: object })[] }>(manifests[0] as Descriptor)
    expect(index.manifests.map(({ platform }) => platform)).toEqual([
      { architecture: 'amd64', os: 'linux' },
      { architecture: 'arm64', os: 'linux' },
    ])
    for (const descriptor of index.manifests) {
      const manifest = follow<{ config: Descriptor; layers: Descriptor[] }>(descriptor)
      const config = follow<{ architecture: string; created: string; rootfs: { diff_ids: string[] } }>(manifest.config)
      expect(config).toMatchObject({ created: CREATED, config: { Cmd: ['/app/agent.mjs'] } })
      const [layer] = manifest.layers as [Descriptor]
      const packed = read(`blobs/${layer.digest.replace(':', '/')}`)
      expect([sha256(packed), packed.length]).toEqual([layer.digest, layer.size])
      expect(config.rootfs.diff_ids).toEqual([sha256(execFileSync('gzip', ['-dc'], { input: packed }))])
    }
  })

  it('has a layer that platforms share once', () => {
    const paths = execFileSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' }).trim().split('\n')
    expect(paths).toHaveLength(new Set(paths).size)
    // The layer, the index, and of each platform a manifest and a configuration.
    expect(paths.filter((path) => path.startsWith('blobs/'))).toHaveLength(1 + 1 + 2 * 2)
  })

  it('is the same bytes of the same images', async () => {
    expect((await packOciArchive(NAME, makeIndex(images), images)).equals(archive)).toBe(true)
  })
})
