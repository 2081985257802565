import { LEASE_KEY, inboxPrefix, nodeToken } from '../../../contract/subjects.ts'

export interface NatsUser {
  user: string
  password: string
}

export interface NatsUsers {
  /** In account OOM, where the streams are: may do anything there. */
  operator: NatsUser
  /** In the system account. */
  system: NatsUser
  /** In account NODES, by node name: one user per node, held to its own subjects. */
  agents: Readonly<Record<string, NatsUser>>
}

export interface NatsConfig {
  serverName: string
  listen: { host: string; port: number; monitorPort: number }
  storeFolder: string
  users: NatsUsers
}

/**
 * Two accounts, because a reply subject is a weapon: in one account with JetStream, an agent could name a JetStream
 * API subject as the reply of its own request and so delete the stream. Agents get an account without JetStream
 * and reach just these services of the other one.
 */
const SERVICES_FOR_NODES = [
  'oom.v1.kill.*.>',
  'oom.v1.status.*',
  'oom.v1.audit.*.>',
  '$JS.API.DIRECT.GET.KV_OOM_DESIRED.$KV.OOM_DESIRED.*',
]
const DESIRED_STREAM = '$KV.OOM_DESIRED.*'
const RANK_SERVICE = 'oom.v1.rank.*'

/** What an agent may publish and subscribe to, in account NODES. */
export function agentPermissions(node: string): { publish: string[]; subscribe: string[] } {
  const token = nodeToken(node)
  return {
    publish: [
      `oom.v1.kill.${token}.>`,
      `oom.v1.status.${token}`,
      `oom.v1.audit.${token}.>`,
      `$JS.API.DIRECT.GET.KV_OOM_DESIRED.$KV.OOM_DESIRED.${token}`,
      `$JS.API.DIRECT.GET.KV_OOM_DESIRED.$KV.OOM_DESIRED.${LEASE_KEY}`,
    ],
    subscribe: [`${inboxPrefix(node)}.>`, `oom.v1.desired.${token}`, `oom.v1.rank.${token}`],
  }
}

/** The configuration file of a nats-server: the only place that says who may do what. */
export function renderNatsConfig(config: NatsConfig): string {
  const { host, port, monitorPort } = config.listen
  const imports = SERVICES_FOR_NODES.map((subject) => `{ service: { account: OOM, subject: ${quote(subject)} } }`)
  return `server_name: ${quote(config.serverName)}
listen: ${quote(`${host}:${port}`)}
http: ${quote(`${host}:${monitorPort}`)}
jetstream {
  store_dir: ${quote(config.storeFolder)}
  max_memory_store: 64MB
  max_file_store: 8GB
}
system_account: SYS
accounts {
  OOM {
    jetstream: enabled
    users: [ ${renderUser(config.users.operator)} ]
    exports: [
      ${[...SERVICES_FOR_NODES.map((subject) => `{ service: ${quote(subject)} }`), `{ stream: ${quote(DESIRED_STREAM)} }`].join('\n      ')}
    ]
    imports: [ { service: { account: NODES, subject: ${quote(RANK_SERVICE)} } } ]
  }
  NODES {
    users: [
      ${Object.entries(config.users.agents).map(renderAgent).join('\n      ')}
    ]
    exports: [ { service: ${quote(RANK_SERVICE)} } ]
    imports: [
      ${imports.join('\n      ')}
      { stream: { account: OOM, subject: ${quote(DESIRED_STREAM)} }, to: "oom.v1.desired.$1" }
    ]
  }
  SYS {
    users: [ ${renderUser(config.users.system)} ]
  }
}
`
}

function renderUser({ user, password }: NatsUser, permissions = ''): string {
  return `{ user: ${quote(user)}, password: ${quote(password)}${permissions} }`
}

function renderAgent([node, user]: [string, NatsUser]): string {
  const { publish, subscribe } = agentPermissions(node)
  const lists = `publish: ${JSON.stringify(publish)}, subscribe: ${JSON.stringify(subscribe)}`
  // One answer to each rank request, and nothing else that a reply subject could be used for.
  return renderUser(user, `, permissions: { ${lists}, allow_responses: { max: 1, expires: "10s" } }`)
}

/** nats-server reads a quoted string as JSON writes it. */
function quote(text: string): string {
  return JSON.stringify(text)
}
