import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import pino from 'pino'
import { lowerOwnScore } from './ownScore.ts'

let file: string
let said: string[]
const logger = pino({ level: 'info' }, { write: (line) => void said.push(line) })

beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'oomkeeper-score-')), 'oom_score_adj')
  writeFileSync(file, '0\n')
  said = []
})

afterEach(() => rmSync(dirname(file), { recursive: true }))

describe('lowerOwnScore', () => {
  it('lowers the score of this process to one of the last', () => {
    lowerOwnScore(logger, 'full', file)
    expect(readFileSync(file, 'utf8')).toBe('-997')
    expect(said).toEqual([])
  })

  it('says where it may not', () => {
    rmSync(file)
    lowerOwnScore(logger, 'full', file)
    expect(said).toEqual([expect.stringMatching(/expected to set the agent's own oom_score_adj to -997, got: ENOENT/)])
  })

  it.each(['detect', 'raise'] as const)('writes nothing in mode %s, and says what the score is', (mode) => {
    lowerOwnScore(logger, mode, file)
    expect(readFileSync(file, 'utf8')).toBe('0\n')
    expect(said).toEqual([expect.stringContaining(`oom_score_adj is 0, and mode ${mode} does not lower it`)])
  })

  it('leaves one alone that the kubelet has lowered already', () => {
    writeFileSync(file, '-998\n')
    for (const mode of ['full', 'detect'] as const) lowerOwnScore(logger, mode, file)
    expect(readFileSync(file, 'utf8')).toBe('-998\n')
    expect(said).toEqual([])
  })
})
