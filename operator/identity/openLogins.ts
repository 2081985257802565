import type { LoginRequest } from './loginRequest.ts'
import { setNewest } from '../runtime/setNewest.ts'

/** A connection to NATS, as its server knows it. */
export type Connection = Pick<LoginRequest, 'serverId' | 'connectionId'>

interface OpenLogin {
  connection: Connection
  endMs: number
}

const MAX_NODES = 20_000
/** Of one node: an agent has one, and those of before that have not ended by their time. */
const MAX_LOGINS = 1_000

/** The connections that this operator let in, by node, as long as they may be open: the server says nothing of their end. */
export class OpenLogins {
  readonly #nowMs: () => number
  readonly #byNode = new Map<string, readonly OpenLogin[]>()

  /** @param nowMs Milliseconds since 1970. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** @param endSeconds Since 1970: the server ends it then. */
  note(node: string, { serverId, connectionId }: Connection, endSeconds: number): void {
    const open = this.#open(node).slice(1 - MAX_LOGINS)
    const login = { connection: { serverId, connectionId }, endMs: endSeconds * 1_000 }
    setNewest(this.#byNode, node, [...open, login], MAX_NODES)
  }

  /** Those of a node, which are forgotten by that. */
  take(node: string): Connection[] {
    const open = this.#open(node)
    this.#byNode.delete(node)
    return open.map(({ connection }) => connection)
  }

  #open(node: string): OpenLogin[] {
    const nowMs = this.#nowMs()
    return (this.#byNode.get(node) ?? []).filter(({ endMs }) => endMs > nowMs)
  }
}
