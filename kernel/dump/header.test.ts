import { describe, expect, it } from '@jest/globals'
import { parseCpuLine, parseCpusetLine, parseHeaderLine, parseKernelRelease } from './header.ts'

describe('parseHeaderLine', () => {
  it.each([
    [
      'current',
      'tail invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=3, oom_score_adj=-5',
      {
        command: 'tail',
        gfpMask: '0x140cca',
        gfpFlags: ['GFP_HIGHUSER_MOVABLE', '__GFP_COMP'],
        order: 3,
        oomScoreAdj: -5,
      },
    ],
    [
      'without flag names (3.10)',
      'AliYunDun invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0',
      { command: 'AliYunDun', gfpMask: '0x201da', gfpFlags: undefined, order: 0, oomScoreAdj: 0 },
    ],
    [
      'with oom_adj too (el6)',
      'eater invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=1, oom_score_adj=64',
      { order: 0, oomScoreAdj: 64 },
    ],
    [
      'asked for by sysrq, from no allocation',
      'kworker/0:1 invoked oom-killer: gfp_mask=0x0(), order=-1, oom_score_adj=0',
      { command: 'kworker/0:1', gfpFlags: [], order: -1 },
    ],
    [
      'whose commas were lost',
      'eater invoked oom-killer: gfp_mask=0x800d0order=0oom_score_adj=5',
      { gfpMask: '0x800d0', order: 0, oomScoreAdj: 5 },
    ],
    ['of which a person left the command', 'eater invoked oom-killer', { command: 'eater', gfpMask: undefined }],
  ])('reads one %s', (_case, text, trigger) => {
    expect(parseHeaderLine(text)?.trigger).toMatchObject(trigger)
  })

  it('reads the nodemask that 4.12 to 4.20 print here', () => {
    const text =
      'eat:1 invoked oom-killer: gfp_mask=0x14080c0(GFP_KERNEL|__GFP_ZERO), nodemask=1,  order=0, oom_score_adj=0'
    expect(parseHeaderLine(text)).toMatchObject({ nodemask: '1', trigger: { command: 'eat:1', order: 0 } })
  })

  it.each(['a, order=9', 'x) invoked oom-', ' invoked oom-ki', 'a\nKilled proces', ''])(
    'takes the command %j as it is',
    (command) => {
      const header = parseHeaderLine(
        `${command} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`,
      )
      expect(header?.trigger).toMatchObject({ command, order: 0, gfpMask: '0xcc0' })
    },
  )

  it('does not take a line that repeats a header for one', () => {
    expect(parseHeaderLine('monitor[12]: seen: tail invoked oom-killer: gfp_mask=0xcc0')).toBeUndefined()
  })
})

describe('parseCpuLine', () => {
  it.each([
    ['CPU: 0 UID: 0 PID: 12950 Comm: tail Not tainted 6.18.44-x #1 PREEMPT(none) ', 12950, '6.18.44-x'],
    ['CPU: 1 PID: 12 Comm: a #9 6.6 Tainted: G S   OE      6.7.9-test #1 0123abcd', 12, '6.7.9-test'],
    ['Pid: 4917, comm: x Not tainted 2.6.32-279.el6.x86_64 #1', 4917, '2.6.32-279.el6.x86_64'],
    ['CPU: 0 UID: 0 PID: 7 Comm: a\nb Not tainted 6.18.44 #1 PREEMPT(full)', 7, '6.18.44'],
    ['CPU: 0 PID: 7 Comm: cut', 7, undefined],
    ['Process a b (pid: 30, task: 00000000a1b2c3d4, ksp: 00000000a1b2c3d4)', 30, undefined],
  ])('reads %j', (text, pid, kernelRelease) => {
    expect(parseCpuLine(text)).toMatchObject({ pid, ...(kernelRelease && { kernelRelease }) })
    expect(parseCpuLine(text)?.kernelRelease).toBe(kernelRelease)
  })
})

describe('parseCpusetLine', () => {
  it('reads the nodes that older kernels print after the header', () => {
    expect(parseCpusetLine('dsm_sa_datamgrd cpuset=/ mems_allowed=0-1')).toEqual({ memsAllowed: '0-1' })
    expect(parseCpusetLine('anything else')).toBeUndefined()
  })
})

describe('parseKernelRelease', () => {
  it.each([
    ['Linux version 6.12.1-x (a@b) #1 SMP', '6.12.1-x'],
    ['CPU: 0 UID: 0 PID: 1 Comm: x Not tainted 6.18.44 #1', '6.18.44'],
    ['CPU: 0 Not tainted 2.6.28 #1', '2.6.28'],
    ['CPU: 0    Tainted: P             (2.6.29-x #1)', '2.6.29-x'],
    ['CPU    0: hi:  186, btch:  31 usd:   0', undefined],
  ])('reads it from %j', (text, release) => {
    expect(parseKernelRelease(text)).toBe(release)
  })
})
