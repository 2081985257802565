import type { CommandModule } from '../cli/adapters/answer.ts'
import { compilePart, runPart } from '../cli/adapters/bundlePart.ts'
import { writeCodeCache } from './writeCodeCache.ts'

/** A process of its own: calls a command of the bundle and keeps what V8 compiled on the way, beside it. */
const [path = '', calls = '[]'] = process.argv.slice(2)
const script = compilePart(path)
const command = runPart<CommandModule>(script)
for (const argv of JSON.parse(calls) as string[][]) {
  try {
    await command.run('oomkeeper', argv)
  } catch {
    // What this machine cannot answer is compiled as far as it came.
  }
}
writeCodeCache(path, script)
