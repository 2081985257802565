import { isProgramError, printable } from './errors.ts'

/** What a NATS client says of its connection (nats.js, `status()`). */
export interface ConnectionStatus {
  type: string
  data?: unknown
}

/** What a login knows of itself (`program/adapters/natsLogin.ts`). */
interface LoginHints {
  refusalAdvice: string
  trouble?(nowMs: number): string | undefined
}

const MAX_REASON_CHARS = 300
/** Said of a subject, not of the connection. */
const PERMISSIONS_VIOLATION = 'PERMISSIONS_VIOLATION'
const REFUSED = 'AUTHORIZATION_VIOLATION'
const ADVICE = new Map([
  ['CONNECTION_REFUSED', 'nobody listens there: does the NATS server run, is --nats-url right?'],
  ['TIMEOUT', 'no answer: is --nats-url right, does a network policy let it through?'],
])

/** Why there is no connection to NATS now, in one bounded line. */
export class NatsTrouble {
  #reason: string | undefined = 'no server has answered yet'
  /** Of the connection that was there last. */
  #ended: string | undefined
  /** The server says why before it closes the connection, too. */
  #refusal: string | undefined
  #adviceOfLogin: () => string = () => ''

  /** Tells what a refused login may be refused for. */
  ofLogin(login: LoginHints, nowMs: () => number): void {
    this.#adviceOfLogin = () => login.trouble?.(nowMs()) ?? login.refusalAdvice
  }

  /** undefined while there is a connection. */
  get reason(): string | undefined {
    return this.#reason
  }

  /** A first connection could not be made. */
  failed(error: unknown): void {
    this.#reason = bounded(isProgramError(error) ? error.message : natsErrorText(error, this.#adviceOfLogin))
  }

  connected(): void {
    this.#reason = undefined
    this.#ended = undefined
    this.#refusal = undefined
  }

  /** Takes what the client says after it was connected for the first time. */
  noted({ type, data }: ConnectionStatus): void {
    const text = String(data)
    if (type === 'reconnect') this.connected()
    if (type === 'disconnect') this.#ended = `the connection to ${text} has ended`
    if (type === 'reconnecting') this.#ended = this.#ended?.replace(/(?:; tried .*)?$/, `; tried again at ${text}`)
    if (type === 'error' && text !== PERMISSIONS_VIOLATION) this.#refusal = withAdvice(text, text, this.#adviceOfLogin)
    if (this.#ended !== undefined) this.#reason = bounded(this.#refusal ?? this.#ended)
  }
}

/** The client's own word for an error, what is below it, and what to look at: `CONNECTION_REFUSED: connect ECONNREFUSED 127.0.0.1:4222; nobody …`. */
export function natsErrorText(error: unknown, adviceOfLogin = (): string => ''): string {
  const {
    code,
    message = String(error),
    chainedError,
  } = (error ?? {}) as {
    code?: unknown
    message?: string
    chainedError?: { message?: string }
  }
  const words = chainedError?.message ?? message
  if (typeof code !== 'string') return printable(words)
  return printable(withAdvice(code, words.includes(code) ? words : `${code}: ${words}`, adviceOfLogin))
}

function withAdvice(code: string, text: string, adviceOfLogin: () => string): string {
  const hint = adviceOfLogin()
  const ofLogin = `the server refuses this login${hint === '' ? '' : `: ${hint}`}`
  const advice = code === REFUSED ? ofLogin : ADVICE.get(code)
  return advice === undefined ? text : `${text}; ${advice}`
}

function bounded(text: string): string {
  const line = printable(text)
  return line.length <= MAX_REASON_CHARS ? line : `${line.slice(0, MAX_REASON_CHARS - 1)}…`
}
