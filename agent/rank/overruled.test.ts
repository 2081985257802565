import { describe, expect, it } from '@jest/globals'
import { fakeProc } from './fakeProc.testkit.ts'
import { findOverruled } from './overruled.ts'

function overruledBy(panicOnOom: string, oomKillAllocatingTask: string, isLimit: boolean) {
  const texts: Readonly<Record<string, string>> = {
    'sys/vm/panic_on_oom': panicOnOom,
    'sys/vm/oom_kill_allocating_task': oomKillAllocatingTask,
  }
  return findOverruled({ ...fakeProc([]), readText: (path) => texts[path] }, isLimit)
}

describe('findOverruled', () => {
  it.each([
    ['0\n', '0\n', undefined, undefined],
    ['0\n', '1\n', 'oomKillAllocatingTask', undefined],
    ['1\n', '1\n', 'panicOnOom', undefined],
    ['2\n', '0\n', 'panicOnOom', 'panicOnOom'],
    ['', 'x', undefined, undefined],
  ])(
    'with panic_on_oom %j and oom_kill_allocating_task %j: a machine by %s, a limit by %s',
    (panic, task, node, limit) => {
      expect(overruledBy(panic, task, false)).toBe(node)
      expect(overruledBy(panic, task, true)).toBe(limit)
    },
  )

  it('knows nothing where there are no such files', () => {
    expect(findOverruled(fakeProc([]), false)).toBeUndefined()
  })
})
