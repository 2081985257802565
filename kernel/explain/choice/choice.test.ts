import { describe, expect, it } from '@jest/globals'
import { announce, factsOf, HEAD, killOf, machineLines, row, TABLE } from '../facts.testkit.ts'
import { explainChoice } from './choice.ts'

function choiceOf(...lines: string[]) {
  const choice = explainChoice(factsOf([...HEAD, ...machineLines(), ...lines]))
  return { ...choice, texts: choice.statements.map(({ text }) => text) }
}

const BIG = row(8, 'big', 100_000)

describe('explainChoice', () => {
  it('finds the victim first by the kernel’s own formula', () => {
    const choice = choiceOf(TABLE, row(7, 'app', 1000), BIG, killOf(8, 'big', 400_000))
    expect(choice).toMatchObject({ victimRank: 1, candidates: 2, totalPages: 1_548_576 })
    expect(choice.ranking).toMatchObject([
      { pid: 8, badnessPages: 100_016, thousandths: 64 },
      { pid: 7, badnessPages: 1016 },
    ])
    expect(choice.texts).toEqual(['big is the first of 2 candidates by the kernel’s own formula, with 100016 pages.'])
  })

  it('says when oom_score_adj decided', () => {
    const choice = choiceOf(TABLE, row(7, 'app', 1000, 900), BIG, killOf(7, 'app', 4000))
    expect(choice.passedOver).toMatchObject({ pid: 8, oomScoreAdj: 0, victimOomScoreAdj: 900 })
    expect(choice.texts[1]).toBe(
      'oom_score_adj decided: big (pid 8) holds 391 MiB against 4 MiB, but has 0 against 900.',
    )
  })

  it('counts those that could not be chosen', () => {
    const choice = choiceOf(TABLE, row(7, 'app', 1000), row(9, 'kept', 5000, -1000), killOf(7, 'app', 4000))
    expect(choice.texts[1]).toBe('1 process at −1000 could not be chosen (19.5 MiB resident).')
  })

  it.each([
    [
      'the child that died for it',
      [
        'Out of memory: Kill process 8 (big) score 64 or sacrifice child',
        'Killed process 7 (app) total-vm:4kB, anon-rss:4kB, file-rss:0kB',
      ],
      /number 2 of 2.* The kernel chose pid 8 and killed a child/,
    ],
    [
      'vm.oom_kill_allocating_task',
      [killOf(7, 'app', 4).replace('Out of memory', 'Out of memory (oom_kill_allocating_task)')],
      /It died for having asked: vm.oom_kill_allocating_task is set/,
    ],
    ['a table that lacks it', [killOf(99, 'young', 4)], /young is not among the 2 candidates.* The table is cut/],
    ['its −1000', [row(9, 'kept', 5, -1000), killOf(9, 'kept', 4)], /It is at −1000/],
  ])('says why the victim is not the first: %s', (_case, lines, said) => {
    const choice = choiceOf(TABLE, row(7, 'app', 1000), BIG, ...lines)
    expect(choice.texts[0]).toMatch(said)
  })

  it('does not guess where the printed numbers do not say', () => {
    const choice = choiceOf(TABLE, row(5, 'app', 1000), BIG, killOf(5, 'app', 4))
    expect(choice.texts[0]).toMatch(/printed numbers, which are approximate since 6.2, do not say why/)
  })

  it('tells from the printed score what a table without a swap column leaves out', () => {
    const choice = choiceOf(
      '[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name',
      '[    8]  1000     8   900000     1000   0       0             0 big',
      'Out of memory: Kill process 8 (big) score 500 or sacrifice child',
      'Killed process 8, UID 1000, (big) total-vm:3600000kB, anon-rss:4000kB, file-rss:0kB',
    )
    expect(choice.texts.at(-1)).toBe(
      'The kernel printed score 500: 3 GiB of 5.9 GiB RAM and swap. 3.9 MiB of that is resident: the rest is in swap, which this table does not list.',
    )
  })

  it('does not recompute what went by run time and forks', () => {
    const facts = factsOf([
      'app invoked oom-killer: gfp_mask=0xd0, order=0, oomkilladj=0',
      'Pid: 7, comm: app Not tainted 2.6.28 #1',
      '[ pid ]   uid  tgid total_vm      rss cpu oom_adj name',
      '[    7]  1000     7   900000     1000   0       0 app',
    ])
    expect(explainChoice(facts)).toMatchObject({ formula: 'run time and forks', ranking: [], candidates: 1 })
  })

  it('says what is missing', () => {
    expect(explainChoice(factsOf(HEAD)).statements[0]?.text).toMatch(/no task table/)
    const memcg = factsOf([
      ...HEAD,
      TABLE,
      row(7, 'app', 10),
      announce('CONSTRAINT_MEMCG', 'oom_memcg=/a,task_memcg=/a'),
    ])
    expect(explainChoice(memcg).statements.at(-1)?.text).toMatch(/not printed: it is left out/)
  })
})
