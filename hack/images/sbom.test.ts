import { describe, expect, it } from '@jest/globals'
import { composeBom, type Component, type ImageContents } from './sbom.ts'

function npmComponent(name: string, version: string): Component {
  const purl = `pkg:npm/${encodeURIComponent(name)}@${version}`
  return { type: 'library', 'bom-ref': `${name}@${version}`, name, version, purl, scope: 'required' }
}

const CONTENTS: ImageContents = {
  image: { repository: 'ghcr.io/oomkeeper/oomkeeper', version: '0.1.0' },
  architecture: 'arm64',
  created: '2026-11-26T05:00:00Z',
  npmComponents: [npmComponent('jest', '30.5.2'), npmComponent('nats', '2.29.3'), npmComponent('zod', '4.6.7')],
  bundled: new Set(['zod@4.6.7', 'nats@2.29.3']),
  paragraphs: ['Package: libstdc++6\nArchitecture: arm64\nVersion: 12.2.0-14+deb12u1\nDescription: C++\n more\n'],
  distribution: 'debian-12',
  node: { versions: { node: '24.21.0', modules: '137', openssl: '3.5.8', nghttp3: '' }, program: Buffer.from('ELF') },
}

interface Bom {
  serialNumber: string
  components: Component[]
  dependencies: { ref: string; dependsOn: string[] }[]
}
const bomOf = (changes: Partial<ImageContents> = {}): Bom => JSON.parse(composeBom({ ...CONTENTS, ...changes })) as Bom

describe('composeBom', () => {
  it('names what is in the image: bundled packages, Debian’s, Node.js and what is linked into it', () => {
    const { components, dependencies } = bomOf()
    expect(components.map(({ purl }) => purl)).toEqual([
      'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=arm64&distro=debian-12',
      'pkg:generic/node@24.21.0?arch=arm64',
      'pkg:npm/nats@2.29.3',
      'pkg:npm/zod@4.6.7',
    ])
    const node = components.find(({ name }) => name === 'node')
    expect(node?.['components']).toEqual([
      { type: 'library', name: 'openssl', version: '3.5.8', purl: 'pkg:generic/openssl@3.5.8' },
    ])
    expect(dependencies).toEqual([{ ref: 'image', dependsOn: components.map((component) => component['bom-ref']) }])
  })

  it('is the same text of the same contents, and another document of others', () => {
    expect(composeBom(CONTENTS)).toBe(composeBom({ ...CONTENTS, npmComponents: CONTENTS.npmComponents.toReversed() }))
    const { serialNumber } = bomOf()
    expect(serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(bomOf({ created: '2026-11-27T05:00:00Z' }).serialNumber).not.toBe(serialNumber)
  })

  it('refuses what would leave a gap or tell of another architecture', () => {
    expect(() => bomOf({ bundled: new Set(['left-pad@1.3.0']) })).toThrow(
      'expected npm to know each bundled package, it does not: left-pad@1.3.0',
    )
    expect(() => bomOf({ architecture: 'amd64' })).toThrow('expected libstdc++6 for amd64, got one for arm64')
  })
})
