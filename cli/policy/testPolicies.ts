import { EXIT } from '#program/errors.ts'
import { styleOf } from '../analysis/style.ts'
import { formatObject } from '../reports/objects.ts'
import { celRules } from './celRules.ts'
import { gatherClusterObjects } from './clusterObjects.ts'
import { parsePolicies } from './parsePolicies.ts'
import type { PolicyTestFlags } from './policyFlags.ts'
import { formatTest } from './policyText.ts'
import type { PolicyPorts } from './ports.ts'
import { previewAsSet } from './previewAsSet.ts'
import type { ContainerPreview, Preview } from './previewPolicies.ts'
import { previewRanking } from './previewRanking.ts'
import { replayReports } from './replayReports.ts'
import { wholeListOf } from './wholeList.ts'
import { describeTest, findingsOf, type NodePreview, type TestResult } from './testResult.ts'

const MAX_NODES = 5

/** Says what the policies of a file would do. @returns the exit code @throws ProgramError */
export async function testPolicies(flags: PolicyTestFlags, ports: PolicyPorts): Promise<number> {
  const { filename = '-', output, noColor, top } = flags
  const { policies, problems } = parsePolicies(await ports.readText(filename), celRules())
  for (const problem of problems) ports.warn(problem)
  if (problems.length > 0) return EXIT.usage
  const objects = await gatherClusterObjects(ports.source.objects())
  const nodes: NodePreview[] = []
  const notes = [...objects.notes]
  const { preview, protectedMemory, replays } = await ports.source.withOperator(async (operator) => {
    const previewed = await previewAsSet(policies, objects, flags, () => operator.settings())
    for await (const answer of operator.rankings(nodesOf(previewed.preview, flags.node))) {
      if ('problem' in answer) notes.push(`No ranking of ${answer.node}: ${answer.problem}`)
      else nodes.push({ before: answer.ranking, ...previewRanking(answer.ranking, previewed.preview.decided) })
    }
    const { facts } = previewed.preview
    const readWhole = wholeListOf(objects.pods, operator)
    const replays = await replayReports(ports.source.reports(), policies, objects.pods, facts, readWhole)
    return { ...previewed, replays }
  })
  const result: TestResult = { preview, protectedMemory, nodes, replays, notes, findings: findingsOf(preview) }
  if (output === 'json' || output === 'yaml') ports.write(formatObject(describeTest(result), output))
  else {
    const style = styleOf(ports.hasColor && !noColor)
    const lines = formatTest(result, { style, room: ports.columns, isWide: output === 'wide', top })
    ports.write(`${lines.join('\n')}\n`)
  }
  return result.findings.length === 0 ? EXIT.ok : EXIT.finding
}

/** Those where most would change, the busiest first. */
function nodesOf({ policies }: Preview, asked: string | undefined): string[] {
  if (asked !== undefined) return [asked]
  const counts = new Map<string, number>()
  const isSet = ({ outcome, isRunning }: ContainerPreview): boolean => isRunning && outcome === 'sets'
  for (const { containers } of policies)
    for (const { node } of containers.filter(isSet)) counts.set(node, (counts.get(node) ?? 0) + 1)
  const ordered = [...counts].toSorted(([a, some], [b, others]) => others - some || (a < b ? -1 : 1))
  return ordered.slice(0, MAX_NODES).map(([node]) => node)
}
