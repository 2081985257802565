import {
  HttpMethod,
  KubeConfig,
  PatchStrategy,
  RequestContext,
  Watch,
  createConfiguration,
} from '@kubernetes/client-node'
import { isProgramError, messageOf } from '#program/errors.ts'
import { operatorError } from '../errors.ts'

export interface KubeTarget {
  /** undefined: the service account of the pod that the operator runs in. */
  kubeconfig: string | undefined
  context: string | undefined
}

/** An answer of the apiserver, whatever its status code. */
export interface KubeAnswer {
  code: number
  body: unknown
  /** How long it asks to be left alone (Retry-After), in milliseconds. Absent: it does not. */
  retryAfterMs?: number
}

/** The part of metav1.Status that says why. */
export interface KubeStatus {
  reason?: string
  message?: string
  details?: { name?: string; kind?: string; causes?: readonly { reason?: string; message?: string; field?: string }[] }
}

export interface WatchHandler {
  /** The apiserver has taken the watch. */
  opened: () => void
  event: (type: string, object: unknown) => void
}

export interface RequestOptions {
  metadataOnly?: boolean
  timeoutMs?: number
}

export interface KubeClientOptions {
  requestTimeoutMs?: number
  watchSilenceMs?: number
  /** Called right before each request that changes something is sent. @throws where it must not be. */
  assertMayWrite?: () => void
}

const REQUEST_TIMEOUT_MS = 15_000
/** An object without spec and status, and the object where the apiserver knows no such form. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'
/** The apiserver sends a bookmark about once a minute: a watch that is silent for longer than two is dead. */
const WATCH_SILENCE_MS = 150_000

/**
 * Requests to the apiserver as plain JSON. The generated APIs of client-node would make Dates and classes of every
 * pod, and put whole answers into error messages.
 */
export class KubeClient {
  readonly #config: KubeConfig
  readonly #options: KubeClientOptions
  readonly #http = createConfiguration({}).httpApi
  readonly #watchSilenceMs: number

  constructor(config: KubeConfig, options: KubeClientOptions = {}) {
    this.#config = config
    this.#options = options
    this.#watchSilenceMs = options.watchSilenceMs ?? WATCH_SILENCE_MS
  }

  get server(): string {
    return this.#config.getCurrentCluster()?.server ?? ''
  }

  /** Of the pod that it runs in, or of the kubeconfig's context. */
  get namespace(): string {
    return this.#config.getContextObject(this.#config.getCurrentContext())?.namespace ?? 'default'
  }

  /**
   * @param options.metadataOnly For an answer whose spec and status nobody reads.
   * @param options.timeoutMs Instead of the client's own.
   * @throws ProgramError ApiserverUnreachable, with retry. Then nobody knows whether the request took effect.
   */
  async request(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    { metadataOnly = false, timeoutMs = this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS }: RequestOptions = {},
  ): Promise<KubeAnswer> {
    const context = new RequestContext(this.server + path, HttpMethod[method])
    context.setHeaderParam('Accept', metadataOnly ? METADATA_ONLY : 'application/json')
    if (body !== undefined) {
      // A patch without this header would be taken for a JSON Patch.
      context.setHeaderParam('Content-Type', method === 'PATCH' ? PatchStrategy.MergePatch : 'application/json')
      context.setBody(JSON.stringify(body))
    }
    const { assertMayWrite } = this.#options
    context.setSignal(AbortSignal.timeout(timeoutMs))
    try {
      await this.#config.applySecurityAuthentication(context)
      if (method !== 'GET') assertMayWrite?.()
      const response = await this.#http.send(context).toPromise()
      const text = await response.body.text()
      return {
        code: response.httpStatusCode,
        body: parseJson(text),
        ...parseRetryAfter(response.headers['retry-after']),
      }
    } catch (error) {
      if (isProgramError(error)) throw error
      throw operatorError(
        'ApiserverUnreachable',
        `expected an answer of the apiserver at ${this.server}, got: ${causeOf(error)}`,
        { cause: error },
      )
    }
  }

  /**
   * Watches until the connection ends.
   * @throws Error with `statusCode` where the apiserver refused; another where nothing came for too long, not even a bookmark.
   */
  async watch(
    path: string,
    query: Record<string, string | number | boolean>,
    { opened, event }: WatchHandler,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted()
    const watch = new Watch(this.#config)
    // Private in the typings, and the only way to say it: the default is shorter than the time between bookmarks.
    Object.assign(watch, { requestTimeoutMs: this.#watchSilenceMs })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let ended = false
    const abortable = watch.watch(path, query, event, (error: unknown) => {
      ended = true
      if (error === null || error === undefined) resolve()
      else reject(error instanceof Error ? error : new Error(causeOf(error), { cause: error }))
    })
    // It comes with the answer's headers; until then the time limit above ends it.
    const controller = await abortable
    const abort = (): void => controller.abort()
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    if (!ended) opened()
    try {
      await promise
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
}

/** @throws ProgramError KubeconfigUnusable: nothing to wait for. */
export function loadKubeConfig({ kubeconfig, context }: KubeTarget): KubeConfig {
  const config = new KubeConfig()
  try {
    if (kubeconfig === undefined) config.loadFromCluster()
    else config.loadFromFile(kubeconfig)
    if (context !== undefined) config.setCurrentContext(context)
  } catch (error) {
    throw unusable(kubeconfig, messageOf(error), error)
  }
  const cluster = config.getCurrentCluster()
  if (!cluster?.server) throw unusable(kubeconfig, `no cluster for the context "${config.getCurrentContext()}"`)
  // In a pod loadFromCluster takes whatever the environment says, which may be nothing.
  if (!URL.canParse(cluster.server) || new URL(cluster.server).hostname === 'undefined') {
    throw unusable(kubeconfig, 'no service account of a pod (KUBERNETES_SERVICE_HOST is not set)')
  }
  shareDispatcher(config)
  return config
}

/**
 * client-node 2.0.1 makes a TLS agent for each request. The method is internal: a test holds that it is still there.
 */
export function shareDispatcher(config: KubeConfig): void {
  const internal = config as unknown as { createDispatcher(...parameters: unknown[]): unknown }
  const make = internal.createDispatcher.bind(config)
  let shared: unknown
  internal.createDispatcher = (...parameters) => (shared ??= make(...parameters))
}

function unusable(kubeconfig: string | undefined, got: string, cause?: unknown): Error {
  const expected =
    kubeconfig === undefined
      ? 'expected to run in a pod with a service account'
      : `--kubeconfig: expected a kubeconfig with a usable context in ${kubeconfig}`
  const hint = kubeconfig === undefined ? '; outside of one, give --kubeconfig FILE' : ''
  return operatorError('KubeconfigUnusable', `${expected}, got: ${got}${hint}`, { cause })
}

/** In seconds, as the apiserver says it; the other form of RFC 9110, a date, is not believed. */
function parseRetryAfter(header: string | undefined): Pick<KubeAnswer, 'retryAfterMs'> {
  return header !== undefined && /^\d{1,9}$/.test(header) ? { retryAfterMs: Number(header) * 1_000 } : {}
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return { message: text.slice(0, 300) } satisfies KubeStatus
  }
}

/** fetch says "fetch failed" and keeps the reason one level down. */
function causeOf(error: unknown): string {
  const cause = (error as { cause?: unknown } | undefined)?.cause
  return cause === undefined || cause === null ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`
}
