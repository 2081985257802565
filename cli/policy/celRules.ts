import { Environment } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'

/** Whether a rule of the schema holds for a value. @throws Error where it cannot be evaluated, with the reason */
export type RuleHolds = (rule: string, self: unknown) => boolean

/**
 * The schema's own CEL rules, evaluated as the apiserver does: with RE2 for expressions, and with what Kubernetes adds to
 * the language as far as the rules use it.
 */
export function celRules(): RuleHolds {
  const cel = new Environment({ unlistedVariablesAreDyn: true })
  // k8s.io/apiserver, pkg/cel/library: cel-go's ext.Strings.
  cel.registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
    text.replaceAll(from, to),
  )
  cel.registerFunction('string.matchesRe2(string): bool', (text: string, pattern: string) =>
    RE2JS.compile(pattern).test(text),
  )
  return (rule, self) => cel.evaluate(rule.replaceAll('.matches(', '.matchesRe2('), { self }) === true
}
