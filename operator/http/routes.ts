import * as z from 'zod'
import type { KillFilter } from './followKills.ts'
import type { ReportKey } from '../runtime/reportStore.ts'
import { nodeRanking } from '../api/nodeRanking.ts'
import { nodeSimulation } from '../api/nodeSimulation.ts'
import { operatorSettings, type OperatorSettings } from '../api/operatorSettings.ts'
import { rankParameters, rankQueryOf, type RankTarget } from '../rank/rankQuery.ts'
import {
  health,
  killNotice,
  nodeReportPage,
  reportPage,
  storedKill,
  storedNodeOomReport,
  storedOomReport,
  type Health,
} from './answers.ts'
import {
  bootId,
  continueToken,
  killSequence,
  namespaceName,
  nodeName,
  pageLimit,
  readParameters,
  reportName,
  streamSequence,
  untilKib,
  type Parameters,
  type Values,
} from './parameters.ts'

/** What a request comes to. */
export type Answer =
  | { kind: 'json'; body: object }
  /** One JSON object a line, as they come; undefined keeps the connection alive. */
  | { kind: 'lines'; lines: AsyncIterable<object | undefined> }
  | { kind: 'problem'; status: number; detail: string }

export interface PageRequest {
  kind: ReportKey['kind']
  namespace?: string | undefined
  limit: number
  continueToken?: string | undefined
}

/** Where the answers come from. Each may throw: the request is then answered 502. */
export interface ApiSource {
  health(): Health
  settings(): OperatorSettings
  listReports(page: PageRequest): Promise<Answer>
  getReport(key: ReportKey): Promise<Answer>
  /** By its subject, which is its identity: no stream is searched. */
  findKill(node: string, boot: string, sequence: string): Promise<Answer>
  followKills(filter: KillFilter): Promise<Answer>
  rankNode(node: string, top: number, target: RankTarget): Promise<Answer>
  simulateNode(node: string, target: RankTarget, untilKib: number | undefined): Promise<Answer>
}

export interface Route<P extends Parameters = Parameters, Q extends Parameters = Parameters> {
  /** `{name}` stands for a part of the path that is a parameter. */
  path: string
  operationId: string
  summary: string
  inPath: P
  inQuery: Q
  /** What is answered with status 200. */
  answer: { type: 'application/json' | 'application/x-ndjson'; schema: z.ZodType; description: string }
  /** Which other statuses there are, and when. */
  problems: Readonly<Record<number, string>>
  run(source: ApiSource, path: Values<P>, query: Values<Q>): Answer | Promise<Answer>
}

/** Holds a route's functions to its own parameters, and forgets them. */
function route<P extends Parameters, Q extends Parameters>(one: Route<P, Q>): Route {
  return one as unknown as Route
}

const DEFAULT_PAGE = '20'
const ENVIRONMENT = {
  502: 'The apiserver or NATS did not answer as expected.',
  503: 'The operator is starting, or has too many requests.',
}
const pages = { limit: pageLimit.optional(), continue: continueToken.optional() }
const { top: _, ...simulationTarget } = rankParameters
const json = (schema: z.ZodType, description: string) => ({ type: 'application/json' as const, schema, description })

/** The list is the specification: the server and /openapi.json are made of it. */
export const ROUTES: readonly Route[] = [
  route({
    path: '/api/v1/health',
    operationId: 'getHealth',
    summary: 'Whether the operator does all of its work, and if not, why',
    inPath: {},
    inQuery: {},
    answer: json(health, 'Also when it is not ready.'),
    problems: {},
    run: (source) => ({ kind: 'json', body: source.health() }),
  }),
  route({
    path: '/api/v1/settings',
    operationId: 'getSettings',
    summary: 'How far policies may go, as the operator is set',
    inPath: {},
    inQuery: {},
    answer: json(operatorSettings, 'By its own flags.'),
    problems: {},
    run: (source) => ({ kind: 'json', body: source.settings() }),
  }),
  route({
    path: '/api/v1/reports',
    operationId: 'listReports',
    summary: 'OOMReports, of a namespace or of all',
    inPath: {},
    inQuery: { namespace: namespaceName.optional(), ...pages },
    answer: json(reportPage, 'A page of them.'),
    problems: { 410: '`continue` is too old: begin anew.', ...ENVIRONMENT },
    run: (source, _path, { namespace, limit = DEFAULT_PAGE, continue: token }) =>
      source.listReports({ kind: 'OOMReport', namespace, limit: Number(limit), continueToken: token }),
  }),
  route({
    path: '/api/v1/reports/{namespace}/{name}',
    operationId: 'getReport',
    summary: 'One OOMReport',
    inPath: { namespace: namespaceName, name: reportName },
    inQuery: {},
    answer: json(storedOomReport, 'As the apiserver has it.'),
    problems: { 404: 'There is no such report.', ...ENVIRONMENT },
    run: (source, { namespace, name }) => source.getReport({ kind: 'OOMReport', namespace, name }),
  }),
  route({
    path: '/api/v1/nodereports',
    operationId: 'listNodeReports',
    summary: 'NodeOOMReports: kills outside of pods, and of pods that cannot be resolved',
    inPath: {},
    inQuery: pages,
    answer: json(nodeReportPage, 'A page of them.'),
    problems: { 410: '`continue` is too old: begin anew.', ...ENVIRONMENT },
    run: (source, _path, { limit = DEFAULT_PAGE, continue: token }) =>
      source.listReports({ kind: 'NodeOOMReport', limit: Number(limit), continueToken: token }),
  }),
  route({
    path: '/api/v1/nodereports/{node}',
    operationId: 'getNodeReport',
    summary: 'The NodeOOMReport of a node',
    inPath: { node: nodeName },
    inQuery: {},
    answer: json(storedNodeOomReport, 'As the apiserver has it.'),
    problems: { 404: 'There is no report of that node.', ...ENVIRONMENT },
    run: (source, { node }) => source.getReport({ kind: 'NodeOOMReport', name: node }),
  }),
  route({
    path: '/api/v1/kills/{node}/{bootId}/{sequence}',
    operationId: 'getKill',
    summary: "One kill, with the kernel's own lines where it printed any",
    inPath: { node: nodeName, bootId, sequence: killSequence },
    inQuery: {},
    answer: json(storedKill, '`event.rawDump` is base64 of gzip of the lines.'),
    problems: {
      404: 'The stream does not hold it: it never did, or no longer does.',
      422: 'What is stored there is no kill event: it was set aside.',
      ...ENVIRONMENT,
    },
    run: (source, path) => source.findKill(path.node, path.bootId, path.sequence),
  }),
  route({
    path: '/api/v1/kills',
    operationId: 'followKills',
    summary: 'Kills as they are stored, until the connection is closed',
    inPath: {},
    inQuery: { node: nodeName.optional(), namespace: namespaceName.optional(), after: streamSequence.optional() },
    answer: {
      type: 'application/x-ndjson',
      schema: killNotice,
      description: 'One object a line. An empty line comes now and then while there is nothing to tell.',
    },
    problems: ENVIRONMENT,
    run: (source, _path, { node, namespace, after }) =>
      source.followKills({ node, namespace, after: after === undefined ? undefined : Number(after) }),
  }),
  route({
    path: '/api/v1/rank',
    operationId: 'rankNode',
    summary: "Whom the kernel's OOM killer would take next on a node, the likeliest first",
    inPath: {},
    inQuery: rankParameters,
    answer: json(nodeRanking, 'As the node is now.'),
    problems: {
      404: 'There is no such pod, container or cgroup on that node.',
      504: 'The node does not answer.',
      ...ENVIRONMENT,
    },
    run: (source, _path, query) => {
      const read = rankQueryOf(query)
      if (!read.ok) return { kind: 'problem', status: 400, detail: read.reason }
      return source.rankNode(read.node, read.top, read.target)
    },
  }),
  route({
    path: '/api/v1/simulate',
    operationId: 'simulateNode',
    summary: 'Whom the kernel would kill on a node if its memory, or that of a part of it, ran out now, and whom next',
    inPath: {},
    inQuery: { ...simulationTarget, until: untilKib.optional() },
    answer: json(nodeSimulation, 'By the 50 likeliest victims as they are now.'),
    problems: {
      404: 'There is no such pod, container or cgroup on that node.',
      504: 'The node does not answer.',
      ...ENVIRONMENT,
    },
    run: (source, _path, { until, ...query }) => {
      const read = rankQueryOf(query)
      if (!read.ok) return { kind: 'problem', status: 400, detail: read.reason }
      return source.simulateNode(read.node, read.target, until === undefined ? undefined : Number(until))
    },
  }),
]

const MATCHERS = ROUTES.map((one) => ({
  one,
  names: [...one.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
  form: new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '([^/]*)')}$`),
}))

/** Finds the route of a path, reads its parameters and runs it. */
export async function answerRequest(source: ApiSource, url: URL): Promise<Answer> {
  for (const { one, names, form } of MATCHERS) {
    const match = form.exec(url.pathname)
    if (match === null) continue
    const parts = names.map((name, at) => [name, decodePart(match[at + 1] ?? '')] as const)
    const path = readParameters(one.inPath, parts)
    if (!path.ok) return { kind: 'problem', status: 400, detail: path.reason }
    const query = readParameters(one.inQuery, url.searchParams)
    if (!query.ok) return { kind: 'problem', status: 400, detail: query.reason }
    return one.run(source, path.values, query.values)
  }
  const paths = ROUTES.map(({ path }) => path).join(', ')
  return { kind: 'problem', status: 404, detail: `expected one of /openapi.json, ${paths}` }
}

/** What is no percent-encoding stays as it came, and fits no parameter. */
function decodePart(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
