import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import pino from 'pino'
import { lowerOwnScore } from './ownScore.ts'

it('lowers the score of this process to one of the last, and says where it may not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-score-'))
  const said: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line) => void said.push(line) })
  lowerOwnScore(logger, join(folder, 'oom_score_adj'))
  expect(readFileSync(join(folder, 'oom_score_adj'), 'utf8')).toBe('-997')
  expect(said).toEqual([])
  lowerOwnScore(logger, join(folder, 'none', 'oom_score_adj'))
  expect(said).toEqual([expect.stringMatching(/expected to set the agent's own oom_score_adj to -997, got: ENOENT/)])
  rmSync(folder, { recursive: true })
})
