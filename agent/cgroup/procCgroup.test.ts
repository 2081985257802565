import { describe, expect, it } from '@jest/globals'
import { parseMemoryCgroup } from './procCgroup.ts'

describe('parseMemoryCgroup', () => {
  it('takes the memory hierarchy of v1, whatever stands beside it', () => {
    expect(parseMemoryCgroup('4:memory:/kubepods/pod1\n3:cpu,cpuacct:/elsewhere\n0::/unified\n')).toBe('/kubepods/pod1')
  })

  it('takes the unified hierarchy where v1 has no memory controller', () => {
    expect(parseMemoryCgroup('1:name=systemd:/x\n0::/kubepods.slice\n')).toBe('/kubepods.slice')
  })

  it('does not take the root of an exiting task for an answer, nor fall back to another hierarchy', () => {
    expect(parseMemoryCgroup('4:memory:/\n0::/system.slice\n')).toBeUndefined()
    expect(parseMemoryCgroup('0::/\n')).toBeUndefined()
  })

  it('keeps a path with colons and forgets that its cgroup is gone', () => {
    expect(parseMemoryCgroup('0::/a:b (deleted)\n')).toBe('/a:b')
  })

  it.each(['', '\n', 'nonsense', '0:', ':'])('has no answer for %j', (text) => {
    expect(parseMemoryCgroup(text)).toBeUndefined()
  })
})
