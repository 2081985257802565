import { join } from 'node:path'
import type { Cluster } from '../cluster/attach.ts'
import { ensureBuilt, type Log } from '../cluster/build/ensureBuilt.ts'
import { KUBE_ROUTER } from '../cluster/build/goModule.ts'
import { ensurePrograms } from '../cluster/host/requirements.ts'
import { SERVICE_RANGE } from '../cluster/names.ts'
import { endPart, watchOver, type Part } from '../cluster/process/part.ts'
import { waitUntil } from '../cluster/process/wait.ts'

/** The chains of the table `filter` that lead into kube-router's. */
const BUILT_IN_CHAINS = ['INPUT', 'FORWARD', 'OUTPUT']

/** While it runs, the first node's network heeds NetworkPolicies: kube-router makes iptables rules and ipsets of them. */
export class HeededPolicies {
  readonly #cluster: Cluster
  readonly #part: Part

  private constructor(cluster: Cluster, part: Part) {
    this.#cluster = cluster
    this.#part = part
  }

  static async start(cluster: Cluster, log: Log): Promise<HeededPolicies> {
    await ensurePrograms({ ipset: 'ipset' }, log)
    const binary = join(await ensureBuilt(KUBE_ROUTER, log), 'kube-router')
    const policies = new HeededPolicies(
      cluster,
      cluster.launchBeside({ name: 'kube-router', argv: argvOf(binary, cluster) }),
    )
    await waitUntil("kube-router's rules", () => policies.#areThere(), {
      deadlineMs: 30_000,
      ...watchOver(policies.#part),
    })
    return policies
  }

  /** What it says, for a wait that depends on it. */
  evidence(): string {
    return watchOver(this.#part).evidence()
  }

  /** The network is as before: no rule leads into kube-router's chains any more. */
  async end(): Promise<void> {
    await endPart(this.#part, 'SIGTERM')
    for (const chain of BUILT_IN_CHAINS) {
      for (const rule of await this.#ways(chain)) {
        await this.#cluster.runInside(['sh', '-c', `iptables --wait ${rule.replace(/^-A/, '-D')}`])
      }
    }
  }

  async #areThere(): Promise<true | undefined> {
    for (const chain of BUILT_IN_CHAINS) if ((await this.#ways(chain)).length === 0) return undefined
    return true
  }

  /** As `iptables -S` says them: quoted for a shell. */
  async #ways(chain: string): Promise<string[]> {
    const rules = await this.#cluster.runInside(['iptables', '--wait', '-S', chain])
    return rules.split('\n').filter((rule) => rule.endsWith(`-j KUBE-ROUTER-${chain}`))
  }
}

/** Nothing but the policies: pods have their network from CNI, Services from kube-proxy. It dies with this process. */
function argvOf(binary: string, { kubeconfig, node }: Cluster): [string, ...string[]] {
  return [
    'setpriv',
    '--pdeathsig=KILL',
    binary,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${node}`,
    '--run-firewall=true',
    '--run-router=false',
    '--run-service-proxy=false',
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    '--health-port=0',
    '--v=1',
  ]
}
