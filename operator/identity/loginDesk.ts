import { messageOf } from '#program/errors.ts'
import { judgeLogin, type LoginPorts, type LoginRules } from './judgeLogin.ts'
import { admit, loginEnd, refuse } from './loginAnswer.ts'
import { REFUSALS } from './loginChecks.ts'
import { parseLoginRequest, type LoginRequest } from './loginRequest.ts'
import type { Nkey } from './nkey.ts'

/**
 * What becomes of a login that nobody is let in by: it is refused, the apiserver does not answer, it waited for so long that the
 * server has given it up, or it cannot be read.
 */
export const UNANSWERED = ['ApiserverUnreachable', 'TooLate', 'Unreadable'] as const
export const LOGIN_REFUSALS = [...REFUSALS, ...UNANSWERED] as const
export type LoginRefusal = (typeof LOGIN_REFUSALS)[number]

export interface DeskOptions {
  issuer: Nkey
  rules: LoginRules
  /** Of a login, at most. */
  lifetimeSeconds: number
  /** Questions to the apiserver at the same time. */
  maxInFlight: number
  /** Logins that wait for one of these, at most; what is more is not answered, and comes again. */
  maxWaiting: number
  /** A server waits for an answer this long. */
  answerWithinMs: number
}

export interface DeskPorts extends LoginPorts {
  monotonicMs(): number
  random(): number
  /** @param endSeconds Since 1970. */
  admitted(node: string, request: LoginRequest, endSeconds: number): void
  /** @param message One line, of which parts come from outside. */
  refused(reason: LoginRefusal, address: string, message: string): void
}

/**
 * Answers logins, with bounded work: many thousand may come at once, after a restart of NATS. Who is not answered in time
 * tries again, so that late is dropped before the apiserver is asked, and the others are in time.
 */
export class LoginDesk {
  readonly #options: DeskOptions
  readonly #ports: DeskPorts
  readonly #waiting: (() => void)[] = []
  #inFlight = 0

  constructor(options: DeskOptions, ports: DeskPorts) {
    this.#options = options
    this.#ports = ports
  }

  /** @returns the answer to send; undefined where it would come too late, or where nobody could read it. */
  async answer(data: Uint8Array): Promise<string | undefined> {
    const request = parseLoginRequest(data)
    if (request === undefined) {
      this.#ports.refused('Unreadable', '', `expected an authorization request, got ${data.length} bytes that are none`)
      return undefined
    }
    const { maxInFlight, maxWaiting, answerWithinMs } = this.#options
    const cameMs = this.#ports.monotonicMs()
    if (this.#inFlight >= maxInFlight) {
      if (this.#waiting.length >= maxWaiting) return this.#late(request, 'too many wait')
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#inFlight++
    try {
      if (this.#ports.monotonicMs() - cameMs > answerWithinMs) return this.#late(request, 'it waited too long')
      return await this.#judge(request)
    } finally {
      // The place goes on to who waits, or is free.
      const next = this.#waiting.shift()
      if (next === undefined) this.#inFlight--
      else next()
    }
  }

  #late({ address }: LoginRequest, why: string): undefined {
    this.#ports.refused('TooLate', address, `expected to answer within the server's time, got more logins: ${why}`)
  }

  async #judge(request: LoginRequest): Promise<string> {
    const { issuer, rules, lifetimeSeconds } = this.#options
    const ports = this.#ports
    const seconds = (): number => Math.floor(ports.nowMs() / 1_000)
    try {
      const judgement = await judgeLogin(request, rules, ports)
      if (!judgement.admitted) {
        ports.refused(judgement.reason, request.address, judgement.message)
        return refuse(issuer, request, judgement.reason, seconds())
      }
      const { node, tokenEnd } = judgement
      const endSeconds = loginEnd(seconds(), lifetimeSeconds, tokenEnd, ports.random())
      const answer = admit(issuer, request, node, seconds(), endSeconds)
      ports.admitted(node, request, endSeconds)
      return answer
    } catch (error) {
      ports.refused('ApiserverUnreachable', request.address, messageOf(error))
      return refuse(issuer, request, 'ApiserverUnreachable', seconds())
    }
  }
}
