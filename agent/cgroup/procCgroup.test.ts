import { describe, expect, it } from '@jest/globals'
import { parseMemoryCgroup } from './procCgroup.ts'

const parse = (text: string) => parseMemoryCgroup(Buffer.from(text))

describe('parseMemoryCgroup', () => {
  it('takes the memory hierarchy of v1, whatever stands beside it', () => {
    expect(parse('4:memory:/kubepods/pod1\n3:cpu,cpuacct:/elsewhere\n0::/unified\n')).toBe('/kubepods/pod1')
  })

  it('takes the unified hierarchy where v1 has no memory controller', () => {
    expect(parse('1:name=systemd:/x\n0::/kubepods.slice\n')).toBe('/kubepods.slice')
  })

  it('does not take the root of an exiting task for an answer, nor fall back to another hierarchy', () => {
    expect(parse('4:memory:/\n0::/system.slice\n')).toBeUndefined()
    expect(parse('0::/\n')).toBeUndefined()
  })

  it('keeps a path with colons and forgets that its cgroup is gone', () => {
    expect(parse('0::/a:b (deleted)\n')).toBe('/a:b')
  })

  it('does not take a hierarchy for memory whose name only holds the word', () => {
    expect(parse('5:memory_x:/a\n4:cpu,memory:/b\n')).toBe('/b')
    expect(parse('5:name=memory:/a\n')).toBeUndefined()
  })

  it.each(['', '\n', 'nonsense', '0:', ':'])('has no answer for %j', (text) => {
    expect(parse(text)).toBeUndefined()
  })
})
