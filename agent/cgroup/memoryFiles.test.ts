import { describe, expect, it } from '@jest/globals'
import { readGroupKill, readMemoryLimits, readNearestLimit, type CgroupFiles } from './memoryFiles.ts'

const NO_LIMIT_V1 = '9223372036854771712\n'

function hierarchy(files: Readonly<Record<string, string>>): CgroupFiles {
  return { readText: (path) => files[path] }
}

function v2(path: string, max: string, swapMax = 'max'): Record<string, string> {
  return {
    [`${path}/memory.max`]: `${max}\n`,
    [`${path}/memory.swap.max`]: `${swapMax}\n`,
    [`${path}/memory.current`]: '4096\n',
  }
}

describe('readMemoryLimits', () => {
  it('reads the files of v2', () => {
    expect(readMemoryLimits(hierarchy(v2('/a', '67108864', '0')), '/a')).toEqual({
      limitKib: 65_536,
      swapLimitKib: 0,
      swapIncludesMemory: false,
      usageKib: 4,
    })
  })

  it('reads the files of v1, whose swap limit holds memory too', () => {
    const files = {
      '/a/memory.limit_in_bytes': '67108864\n',
      '/a/memory.memsw.limit_in_bytes': '134217728\n',
      '/a/memory.usage_in_bytes': '8192\n',
    }
    expect(readMemoryLimits(hierarchy(files), '/a')).toEqual({
      limitKib: 65_536,
      swapLimitKib: 131_072,
      swapIncludesMemory: true,
      usageKib: 8,
    })
  })

  it.each<[string, Record<string, string>]>([
    ['v2', v2('/a', 'max')],
    ['v1', { '/a/memory.limit_in_bytes': NO_LIMIT_V1, '/a/memory.memsw.limit_in_bytes': NO_LIMIT_V1 }],
    ['v1 without swap accounting, with 64 KiB pages', { '/a/memory.limit_in_bytes': '9223372036854710272\n' }],
  ])('knows how %s says that there is none', (_era, files) => {
    expect(readMemoryLimits(hierarchy(files), '/a')).toMatchObject({ limitKib: undefined, swapLimitKib: undefined })
  })

  it('says nothing of a cgroup that is not there', () => {
    expect(readMemoryLimits(hierarchy(v2('/a', '1')), '/b')).toBeUndefined()
  })
})

describe('readNearestLimit', () => {
  const files = hierarchy({ ...v2('/a', '1073741824'), ...v2('/a/b', 'max'), ...v2('/a/b/c', '1048576') })

  it('takes its own before an ancestor’s, and skips what has none', () => {
    expect(readNearestLimit(files, '/a/b/c')).toMatchObject({ cgroupPath: '/a/b/c', limitKib: 1024 })
    expect(readNearestLimit(files, '/a/b')).toMatchObject({ cgroupPath: '/a', limitKib: 1_048_576 })
  })

  it('finds none where nobody has one', () => {
    expect(readNearestLimit(files, '/x/y')).toBeUndefined()
    expect(readNearestLimit(files, '/')).toBeUndefined()
  })
})

describe('readGroupKill', () => {
  const group = (path: string, text: string) => ({ [`${path}/memory.oom.group`]: text })
  const files = hierarchy({ ...group('/a', '1\n'), ...group('/a/b', '0\n'), ...group('/a/b/c', '1\n') })

  it('takes the highest up to the domain’s own', () => {
    expect(readGroupKill(files, '/a/b/c', undefined)).toBe('/a')
    expect(readGroupKill(files, '/a/b/c', '/a')).toBe('/a')
    expect(readGroupKill(files, '/a/b/c', '/a/b')).toBe('/a/b/c')
  })

  it('takes none where none asks for it', () => {
    expect(readGroupKill(files, '/a/b', '/a/b')).toBeUndefined()
    expect(readGroupKill(hierarchy({}), '/a/b', undefined)).toBeUndefined()
  })
})
