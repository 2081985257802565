import { describe, expect, it } from '@jest/globals'
import { createRandom, pick } from '#kernel/random.testkit.ts'
import { parseOomKillLine, readAnyLine } from './oomKillLine.ts'

const HEAD = 'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0'

describe('parseOomKillLine', () => {
  it('reads the line of a cgroup that hit its limit', () => {
    expect(parseOomKillLine(`${HEAD},oom_memcg=/a,task_memcg=/a/b,task=tail,pid=12950,uid=7`)).toEqual({
      constraint: 'Memcg',
      memsAllowed: '0',
      oomCgroup: '/a',
      taskCgroup: '/a/b',
      victim: { command: 'tail', pid: 12950, uid: 7 },
    })
  })

  it.each([
    [
      'global, with a memory policy',
      'oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=0,2-3,cpuset=/,mems_allowed=0-3,global_oom,task_memcg=/s,task=oom,pid=2,uid=0',
      { constraint: 'MemoryPolicy', nodemask: '0,2-3', memsAllowed: '0-3', taskCgroup: '/s', oomCgroup: undefined },
    ],
    [
      'without CPUSETS',
      'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),global_oom,task_memcg=/,task=x,pid=2,uid=0',
      { constraint: 'None', memsAllowed: undefined, taskCgroup: '/' },
    ],
    [
      'without MEMCG',
      'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task=sh,pid=4717,uid=0',
      { constraint: 'None', taskCgroup: undefined, victim: { command: 'sh', pid: 4717, uid: 0 } },
    ],
    [
      'with the numbers padded',
      'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task_memcg=/a,task=x,pid=   12,  uid=    7',
      { taskCgroup: '/a', victim: { command: 'x', pid: 12, uid: 7 } },
    ],
    [
      'a constraint that we do not know',
      'oom-kill:constraint=CONSTRAINT_BPF_EXAMPLE,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/g,task_memcg=/g,task=t,pid=4716,uid=0',
      { constraint: undefined, constraintName: 'CONSTRAINT_BPF_EXAMPLE', oomCgroup: '/g' },
    ],
    [
      'a uid printed as negative',
      `${HEAD},oom_memcg=/a,task_memcg=/a,task=x,pid=2,uid=-2`,
      { victim: { command: 'x', pid: 2, uid: 4294967294 } },
    ],
  ])('reads one %s', (_case, text, expected) => {
    expect(parseOomKillLine(text)).toMatchObject(expected)
  })

  it.each([
    'a,pid=1,uid=0',
    'x) total-vm:9kB',
    '(sd-pam)',
    'tmux: server',
    'a,task=b',
    ',task_memcg=/x',
    '',
    'a\n,task=b',
  ])('is not misled by the command %j', (command) => {
    const line = parseOomKillLine(`${HEAD},oom_memcg=/a,task_memcg=/a/b,task=${command},pid=12,uid=0`)
    expect(line).toMatchObject({ oomCgroup: '/a', taskCgroup: '/a/b', victim: { command, pid: 12, uid: 0 } })
  })

  const pod = '/kubepods/podA/ctrA'
  it.each([
    ['an own cgroup below the limit', pod, `${pod}/x,task_memcg=/kubepods/podB/ctrB`],
    [
      'an own cgroup with the limit',
      `${pod}/x,task_memcg=/kubepods/podB/ctrB`,
      `${pod}/x,task_memcg=/kubepods/podB/ctrB`,
    ],
    ['commas and the words of the victim', `${pod}/a,task=y,pid=1,uid=0,b`, `${pod}/a,task=y,pid=1,uid=0,b`],
  ])('does not let a cgroup name move the victim: %s', (_case, oomCgroup, taskCgroup) => {
    const line = parseOomKillLine(`${HEAD},oom_memcg=${oomCgroup},task_memcg=${taskCgroup},task=x,pid=12,uid=0`)
    expect(line).toMatchObject({ oomCgroup, taskCgroup, victim: { pid: 12 } })
  })

  it('does not let a cgroup name make a global kill one of a cgroup', () => {
    const taskCgroup = `${pod}/x,oom_memcg=/kubepods/podB`
    const text = `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=${taskCgroup},task=x,pid=1,uid=0`
    expect(parseOomKillLine(text)).toMatchObject({ taskCgroup, oomCgroup: undefined })
  })

  it('does not believe the last path of a line that was cut', () => {
    const line = parseOomKillLine(`${HEAD},oom_memcg=/a,task_memcg=/a/kubepods-burst`)
    expect(line).toMatchObject({ oomCgroup: '/a', taskCgroup: undefined, victim: undefined })
    expect(parseOomKillLine(`${HEAD},oom_memcg=/a/kubepods-burst`)).toMatchObject({ oomCgroup: undefined })
  })

  it('reads the usual line as it reads any', () => {
    const random = createRandom(20261125)
    const one = (...words: [string, ...string[]]) => pick(words, random)
    const hostile = [',', ',task=x', ',task_memcg=/b', ',oom_memcg=/c', '=', '\n', 'é', ',pid=1,uid=2', '/'] as const
    const name = () => one('', '', 'a', 'a', 'kubepods', 'kubepods', ...hostile)
    const path = () => `/${name()}${name()}`
    for (let round = 0; round < 5000; round++) {
      const domain = path()
      const head = `oom-kill:constraint=CONSTRAINT_${one('MEMCG', 'NEW', 'a')},nodemask=${one('(null)', '0-1,3', ',')}`
      const cpuset = `,cpuset=${path()},mems_allowed=${one('0', '0-3,5', '')}`
      const cgroups = `${one(',global_oom', `,oom_memcg=${domain}`)},task_memcg=${one(domain, path())}`
      const victim = `,task=${name()},pid=${one('1', '007', '')},uid=${one('0', '-2', '4294967295', '99999999999')}`
      const text = head + cpuset + cgroups + victim
      expect(parseOomKillLine(text)).toEqual(readAnyLine(text))
    }
  })
})
