import { readFileSync } from 'node:fs'
import { loadAll, YAML11_SCHEMA } from 'js-yaml'
import { EXIT, messageOf, ProgramError } from '#program/errors.ts'
import { nodeRanking } from '../../operator/api/nodeRanking.ts'
import type { RankingFile } from '../policy/policyFlags.ts'
import type { AskedOperator, NodeAnswer, PolicySource, SettingsAnswer } from '../policy/ports.ts'

export interface SourceFiles {
  objects: string
  reports: string | undefined
  rankings: readonly RankingFile[]
}

/** What policies are decided by, from files. */
export class FileSource implements PolicySource {
  readonly #files: SourceFiles

  constructor(files: SourceFiles) {
    this.#files = files
  }

  async *objects(): AsyncGenerator<unknown> {
    yield* readObjects(this.#files.objects, await readText(this.#files.objects))
  }

  async *reports(): AsyncGenerator<unknown> {
    const { reports } = this.#files
    if (reports !== undefined) yield* readObjects(reports, await readText(reports))
  }

  withOperator<T>(use: (operator: AskedOperator) => Promise<T>): Promise<T> {
    const settings = (): Promise<SettingsAnswer> => Promise.resolve({ problem: 'no operator is asked' })
    const findKill = (): Promise<undefined> => Promise.resolve(undefined)
    return use({ settings, rankings: () => this.#rankings(), findKill })
  }

  /** All that there are: whoever names one wants to see it. */
  async *#rankings(): AsyncGenerator<NodeAnswer> {
    for (const { node, file } of this.#files.rankings) {
      const expected = `the ranking of ${node}, as \`kubectl oom rank ${node} -o json\` prints it`
      const parsed = nodeRanking.safeParse(parseYaml(file, await readText(file))[0])
      const [issue] = parsed.error?.issues ?? []
      if (!parsed.success) throw unusable(file, expected, `${issue?.path.join('.')}: ${issue?.message}`)
      if (parsed.data.node !== node) throw unusable(file, expected, `that of ${parsed.data.node}`)
      yield { node, ranking: parsed.data }
    }
  }
}

/** `-` is the standard input. @throws ProgramError InputUnusable */
export async function readText(path: string): Promise<string> {
  try {
    if (path !== '-') return readFileSync(path, 'utf8')
    let text = ''
    process.stdin.setEncoding('utf8')
    for await (const chunk of process.stdin as AsyncIterable<string>) text += chunk
    return text
  } catch (error) {
    throw unusable(path === '-' ? 'the standard input' : path, 'a file', messageOf(error), error)
  }
}

/** Objects one by one, or in lists as kubectl prints them. */
function readObjects(path: string, text: string): unknown[] {
  return parseYaml(path, text).flatMap((document) => (Array.isArray(document.items) ? document.items : [document]))
}

function parseYaml(path: string, text: string): { items?: unknown }[] {
  let documents: unknown[]
  try {
    documents = loadAll(text, { schema: YAML11_SCHEMA })
  } catch (error) {
    throw unusable(path, 'YAML or JSON', messageOf(error).split('\\x0a')[0] ?? '', error)
  }
  return documents.filter((document): document is object => typeof document === 'object' && document !== null)
}

function unusable(name: string, expected: string, got: string, cause?: unknown): ProgramError {
  const details = { code: 'InputUnusable', retry: false, exitCode: EXIT.usage, cause }
  return new ProgramError(`${name}: expected ${expected}, got ${got}`, details)
}
