import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeServerCertificate } from '../../operator/adapters/makeServerCertificate.ts'
import { planKeys } from '../../operator/keys/planKeys.ts'
import { ensureBuilt } from '../cluster/build/ensureBuilt.ts'
import { NATS } from '../cluster/build/goModule.ts'
import type { CalloutSeeds } from '../cluster/nats/calloutSeeds.ts'
import { waitNatsReady } from '../cluster/nats/server.ts'
import type { PrivateNats } from '../cluster/privateServers.ts'
import { freePorts } from '../cluster/process/freePort.ts'
import { launchPrivate } from '../cluster/process/part.ts'
import { makePrivateFolder } from '../cluster/process/privateFolder.ts'
import { RestartablePart } from '../cluster/process/restartablePart.ts'
import { renderChart, type Helm, type RenderedObject } from './helm.ts'
import { TcpService } from './tcpService.ts'

interface Variable {
  name: string
  value?: string
  valueFrom?: { secretKeyRef?: { key: string }; fieldRef?: { fieldPath: string } }
}

/** The chart's three servers of NATS, with TLS, as processes of this machine: its configuration, with addresses of the loopback. */
export interface ChartNats extends PrivateNats {
  caFile: string
  seeds: CalloutSeeds
  /** By name. */
  servers: ReadonlyMap<string, RestartablePart>
}

export async function startChartNats(helm: Helm): Promise<ChartNats> {
  const objects = await renderChart(helm, ['nats.replicas=3'])
  const binary = join(await ensureBuilt(NATS, () => undefined), 'nats-server')
  const folder = makePrivateFolder('nats-cluster')
  const keys = planKeys('callout', {}, randomBytes)
  const names = [0, 1, 2].map((ordinal) => `oomkeeper-nats-${ordinal}`)
  const ports = await freePorts(9)
  const routes = new Map(names.map((name, at) => [`${name}.oomkeeper-nats-routes.oomkeeper.svc:6222`, ports[at + 6]]))
  const certificate = await makeServerCertificate({}, ['localhost', '127.0.0.1'], new Date())
  for (const [name, pem] of Object.entries(certificate)) writeFileSync(join(folder, name), pem, { mode: 0o600 })
  const launch = launchPrivate(folder)
  const servers = new Map<string, RestartablePart>()
  for (const [at, name] of names.entries()) {
    const [port = 0, monitorPort = 0, routePort = 0] = [ports[at], ports[at + 3], ports[at + 6]]
    const file = join(folder, `${name}.conf`)
    const storeFolder = join(folder, name)
    mkdirSync(storeFolder)
    const config = configOf(objects)
      .replace('"0.0.0.0:4222"', `"127.0.0.1:${port}"`)
      .replace('"0.0.0.0:8222"', `"127.0.0.1:${monitorPort}"`)
      .replace('"0.0.0.0:6222"', `"127.0.0.1:${routePort}"`)
      .replace('"/data"', JSON.stringify(storeFolder))
      .replaceAll('/etc/nats-tls/', `${folder}/`)
    writeFileSync(file, config, { mode: 0o600 })
    const env = Object.fromEntries(
      Object.entries(environmentOf(objects, name, keys)).map(([variable, value]) => [
        variable,
        [...routes].reduce((text, [host, route]) => text.replace(host, `127.0.0.1:${route}`), value),
      ]),
    )
    const place = { binary, folder, host: '127.0.0.1', address: '127.0.0.1', port, monitorPort }
    const command = { name, argv: [binary, '-c', file] as const, env }
    servers.set(name, new RestartablePart(command, launch, (part) => waitNatsReady(place, part)))
  }
  const service = await TcpService.open(ports.slice(0, 3))
  const dispose = async (): Promise<void> => {
    service.close()
    await Promise.all([...servers.values()].map((server) => server.kill()))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    // None is ready without another.
    await Promise.all([...servers.values()].map((server) => server.start()))
  } catch (error) {
    await dispose()
    throw error
  }
  const seed = (name: string): string => keys[`${name}-seed`] ?? ''
  const nobody = { user: '', password: '' }
  const [first] = servers.values()
  if (first === undefined) throw new Error('expected three servers, got none')
  return {
    url: `tls://127.0.0.1:${service.port}`,
    caFile: join(folder, 'ca.crt'),
    users: { operator: nobody, system: nobody, agents: {} },
    seeds: { issuer: seed('issuer'), callout: seed('callout'), operator: seed('operator') },
    process: first,
    storeFolder: join(folder, names[0] ?? ''),
    servers,
    dispose,
  }
}

function configOf(objects: readonly RenderedObject[]): string {
  const found = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'oomkeeper-nats')
  return (found?.['data'] as Record<string, string> | undefined)?.['cluster.conf'] ?? ''
}

/** As the kubelet makes it: `$(NAME)` is a variable that stands before. */
function environmentOf(
  objects: readonly RenderedObject[],
  podName: string,
  keys: Readonly<Record<string, string>>,
): Record<string, string> {
  const set = objects.find(({ kind }) => kind === 'StatefulSet') as unknown as {
    spec: { template: { spec: { containers: { env: Variable[] }[] } } }
  }
  const env: Record<string, string> = {}
  for (const { name, value, valueFrom } of set.spec.template.spec.containers[0]?.env ?? []) {
    const key = valueFrom?.secretKeyRef?.key
    const text = key === undefined ? (value ?? podName) : (keys[key] ?? '')
    env[name] = text.replaceAll(/\$\((\w+)\)/g, (whole, before: string) => env[before] ?? whole)
  }
  return env
}
