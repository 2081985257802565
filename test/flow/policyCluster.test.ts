import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { load } from 'js-yaml'

const root = resolve(import.meta.dirname, '../..')
const fixturePath = (name: string) => join(root, 'test/fixtures/policies', name)
const fixture = (name: string) => readFileSync(fixturePath(name), 'utf8')
const POLICY = fixturePath('shop-database.yaml')

let folder: string
let operator: Server
let operatorUrl: string

interface List {
  items: { kind: string }[]
}

/** The fixture's cluster, as kubectl reads it page by page, and an operator that knows one of its nodes. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-policy-'))
  const { items } = load(fixture('objects.yaml')) as List
  const list = (kind: string) => JSON.stringify({ items: items.filter((item) => item.kind === kind), metadata: {} })
  const pods = items.filter(({ kind }) => kind === 'Pod')
  writeFileSync(join(folder, 'pods1'), JSON.stringify({ items: pods.slice(0, 1), metadata: { continue: 'more' } }))
  writeFileSync(join(folder, 'pods2'), JSON.stringify({ items: pods.slice(1), metadata: {} }))
  for (const kind of ['Namespace', 'Node', 'RuntimeClass']) writeFileSync(join(folder, kind), list(kind))
  writeFileSync(join(folder, 'reports'), JSON.stringify({ ...(load(fixture('reports.yaml')) as List), metadata: {} }))
  const kubectl = `#!/bin/sh
case "$*" in
  *'/api/v1/pods?limit=500') cat ${folder}/pods1 ;;
  *'/api/v1/pods?limit=500&continue=more') cat ${folder}/pods2 ;;
  *'/api/v1/namespaces?'*) cat ${folder}/Namespace ;;
  *'/api/v1/nodes?'*) cat ${folder}/Node ;;
  *'/runtimeclasses?'*) cat ${folder}/RuntimeClass ;;
  *'/oomreports?'*) cat ${folder}/reports ;;
  *) echo 'Error from server (NotFound): the server could not find the requested resource' >&2; exit 1 ;;
esac
`
  writeFileSync(join(folder, 'kubectl'), kubectl)
  chmodSync(join(folder, 'kubectl'), 0o755)
  operator = createServer(({ url = '' }, response) => {
    const isKnown = url === '/api/v1/rank?node=node-a&top=50'
    response.writeHead(isKnown ? 200 : 504, { 'content-type': 'application/json' })
    response.end(isKnown ? fixture('ranking-node-a.json') : JSON.stringify({ detail: 'the node does not answer' }))
  }).listen(0, '127.0.0.1')
  await once(operator, 'listening')
  operatorUrl = `http://127.0.0.1:${(operator.address() as AddressInfo).port}`
})

afterAll(() => {
  operator.close()
  rmSync(folder, { recursive: true, force: true })
})

async function run(program: string, ...args: string[]) {
  const child = spawn(join(root, 'bin', program), args, {
    env: { PATH: [folder, process.env['PATH']].join(delimiter), HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [status] = (await once(child, 'close')) as [number]
  return { stdout, stderr, status }
}

describe('a policy and the cluster that it is for', () => {
  it('says of a cluster what it says of the same objects in files', async () => {
    const said = await run('kubectl-oom', 'policy', 'test', '-f', POLICY, '--operator', operatorUrl)
    expect(said).toEqual({ stdout: fixture('shop-database.txt'), stderr: '', status: 0 })
  })

  it('says all else where the operator or a node does not answer', async () => {
    const policy = ['policy', 'test', '-f', POLICY]
    const silent = await run('oomkeeper', ...policy, '--operator', operatorUrl, '--node', 'node-b')
    expect(silent).toMatchObject({ status: 0, stderr: '' })
    expect(silent.stdout).toContain('No ranking of node-b: the node does not answer')
    const away = await run('oomkeeper', ...policy, '--operator', 'http://127.0.0.1:1')
    expect(away.stdout).toMatch(/No ranking of node-a: expected the operator's API at/)
    expect(away.stdout).toContain('StatefulSet/db')
  })

  it('puts whom the kernel would take with it beside whom it would take now', async () => {
    const policy = ['--policy', POLICY, '--operator', operatorUrl]
    const { stdout, stderr, status } = await run('kubectl-oom', 'simulate', 'node-a', ...policy, '--top', '2')
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(stdout).toMatch(/^ {2}1 {3}shop\/db-0 postgres\(2002\) +600 MiB +shop\/web-5d9f-x1 nginx\(3001\) +300 MiB$/m)
    expect(stdout).toContain('postgres(2002) goes as number 5, now 1')
  })
})
