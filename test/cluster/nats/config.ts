import { nodePermissions } from '../../../contract/nodeLogin.ts'

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
  /** Agents are let in by whom the server asks, and have no user. */
  callout?: CalloutKeys
}

/** Public keys. */
export interface CalloutKeys {
  /** Of an account: answers are signed with it. */
  issuer: string
  /** Of the user that hears what the server asks. */
  callout: string
  /** Of the operator's user, in place of its password. */
  operator: string
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
/** Ends a connection: all that the operator may do in the system account, and only where it says who an agent is. */
const KICK_SERVICE = '$SYS.REQ.SERVER.*.KICK'

/** The configuration file of a nats-server: the only place that says who may do what. */
export function renderNatsConfig(config: NatsConfig): string {
  const { host, port, monitorPort } = config.listen
  const { callout } = config
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
${callout === undefined ? '' : renderCallout(callout)}accounts {
${callout === undefined ? '' : renderAuthAccount(callout)}  OOM {
    jetstream: enabled
    users: [ ${callout === undefined ? renderUser(config.users.operator) : `{ nkey: ${quote(callout.operator)} }`} ]
    exports: [
      ${[...SERVICES_FOR_NODES.map((subject) => `{ service: ${quote(subject)} }`), `{ stream: ${quote(DESIRED_STREAM)} }`].join('\n      ')}
    ]
    imports: [
      { service: { account: NODES, subject: ${quote(RANK_SERVICE)} } }${callout === undefined ? '' : `\n      { service: { account: SYS, subject: ${quote(KICK_SERVICE)} } }`}
    ]
  }
  NODES {
    ${callout === undefined ? renderAgents(config.users.agents) : NODES_LIMITS}
    exports: [ { service: ${quote(RANK_SERVICE)} } ]
    imports: [
      ${imports.join('\n      ')}
      { stream: { account: OOM, subject: ${quote(DESIRED_STREAM)} }, to: "oom.v1.desired.$1" }
    ]
  }
  SYS {
    users: [ ${renderUser(config.users.system)} ]
${callout === undefined ? '' : `    exports: [ { service: ${quote(KICK_SERVICE)}, accounts: [ OOM ] } ]\n`}  }
}
`
}

/** The server waits so long for an answer; without one the client tries again. */
function renderCallout({ issuer, callout, operator }: CalloutKeys): string {
  const users = [callout, operator].map(quote).join(', ')
  return `authorization {
  timeout: 5
  auth_callout { issuer: ${quote(issuer)}, account: AUTH, auth_users: [ ${users} ] }
}
`
}

/** Who is asked hears that and answers it, and may do nothing else. */
function renderAuthAccount({ callout }: CalloutKeys): string {
  return `  AUTH {
    users: [
      { nkey: ${quote(callout)}, permissions: { publish: { deny: ">" }, subscribe: "$SYS.REQ.USER.AUTH", allow_responses: { max: 1, expires: "5s" } } }
    ]
  }
`
}

/** Of each connection: an agent has five subscriptions. */
const NODES_LIMITS = 'limits: { max_subscriptions: 32 }'

function renderAgents(agents: NatsUsers['agents']): string {
  return `users: [
      ${Object.entries(agents).map(renderAgent).join('\n      ')}
    ]`
}

function renderUser({ user, password }: NatsUser, permissions = ''): string {
  return `{ user: ${quote(user)}, password: ${quote(password)}${permissions} }`
}

function renderAgent([node, user]: [string, NatsUser]): string {
  const { publish, subscribe } = nodePermissions(node)
  const lists = `publish: ${JSON.stringify(publish)}, subscribe: ${JSON.stringify(subscribe)}`
  // One answer to each rank request, and nothing else that a reply subject could be used for.
  return renderUser(user, `, permissions: { ${lists}, allow_responses: { max: 1, expires: "10s" } }`)
}

/** nats-server reads a quoted string as JSON writes it. */
function quote(text: string): string {
  return JSON.stringify(text)
}
