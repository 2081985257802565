import type { CompilePattern } from '../adjust/rule.ts'

/**
 * RE2, which takes time linear in the text whatever the expression. Loaded when the first policy asks for it: it takes 5 MiB.
 * In `dist/` it is a file of its own beside the agent (`hack/bundle.ts`).
 */
export async function loadRe2(): Promise<CompilePattern> {
  const { RE2JS } = await import('re2js')
  return (pattern) => {
    const compiled = RE2JS.compile(pattern)
    return (text) => compiled.test(text)
  }
}
