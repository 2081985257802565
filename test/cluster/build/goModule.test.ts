import { describe, expect, it } from '@jest/globals'
import { cacheFolderName, goVersionProblem, KUBERNETES, NATS, type SourceFile } from './goModule.ts'

const file = (path: string, text: string): SourceFile => ({ path, content: new TextEncoder().encode(text) })
const mod = file('go.mod', 'module a')
const sum = file('go.sum', 'h1:x')

describe('cacheFolderName', () => {
  const name = cacheFolderName(NATS, 'go1.26.8', 'linux/amd64', [mod, sum])

  it('shows the version and is the same for the same input in any order', () => {
    expect(name).toMatch(/^nats-server-2\.15\.2-[0-9a-f]{12}$/)
    expect(cacheFolderName(NATS, 'go1.26.8', 'linux/amd64', [sum, mod])).toBe(name)
  })

  it('changes with a checksum, a flag, the Go version and the platform', () => {
    const others = [
      cacheFolderName(NATS, 'go1.26.8', 'linux/amd64', [mod, file('go.sum', 'h1:y')]),
      cacheFolderName({ ...NATS, ldflags: '-s' }, 'go1.26.8', 'linux/amd64', [mod, sum]),
      cacheFolderName(NATS, 'go1.27.0', 'linux/amd64', [mod, sum]),
      cacheFolderName(NATS, 'go1.26.8', 'linux/arm64', [mod, sum]),
    ]
    expect(new Set([name, ...others]).size).toBe(5)
  })

  it('does not confuse where one file ends and the next begins', () => {
    const one = cacheFolderName(NATS, 'go1.26.8', 'linux/amd64', [file('a', 'bc'), file('d', '')])
    const other = cacheFolderName(NATS, 'go1.26.8', 'linux/amd64', [file('a', 'b'), file('d', 'c')])
    expect(one).not.toBe(other)
  })
})

describe('goVersionProblem', () => {
  it('takes 1.26 and later', () => {
    for (const version of ['go1.26', 'go1.26.8', 'go1.30.1', 'go2.0']) expect(goVersionProblem(version)).toBeUndefined()
  })

  it('says what it expected and what it found otherwise', () => {
    expect(goVersionProblem('go1.22.1')).toBe(
      "expected Go 1.26 or newer to build the test cluster's programs, found go1.22.1",
    )
    expect(goVersionProblem('')).toMatch(/found none$/)
  })
})

describe('the Kubernetes module', () => {
  it('stamps its version into the programs', () => {
    expect(KUBERNETES.ldflags).toContain('gitVersion=v1.37.2')
    expect(KUBERNETES.ldflags).toContain('gitMinor=37')
  })
})
