import { createHash } from 'node:crypto'
import type { EventSeries } from '../events/eventSeries.ts'
import { MAX_NOTE_BYTES } from '../events/eventDraft.ts'
import { microTime } from '../lease/leaseRecord.ts'
import { isDnsSubdomain } from '../reports/reportName.ts'
import type { EventSink } from '../runtime/eventTeller.ts'
import { isKindMissing, isNamespaceEnding, refusalOf, statusOf } from './kubeAnswers.ts'
import type { KubeAnswer, KubeClient } from './kubeClient.ts'

const API = '/apis/events.k8s.io/v1'
const CONTROLLER = 'oomkeeper.io/operator'
/** Where the apiserver takes Events about what lies in no namespace. */
const CLUSTER_NAMESPACE = 'default'
const ACTIONS = {
  OOMVictim: 'ProcessKilled',
  OOMVictimHidden: 'ProcessKilled',
  OOMNoVictim: 'NothingKilled',
  OOMPolicyRolledBack: 'ScoresGivenBack',
  OOMPolicyNotApplied: 'ScoreNotSet',
  OOMNodeFloods: 'KillsPassedOver',
}
const MAX_INSTANCE_CHARS = 128
const MAX_NAME_CHARS = 253

export class KubeEvents implements EventSink {
  readonly #client: KubeClient
  readonly #instance: string

  /** @param instance Which operator it is: the name of its pod. */
  constructor(client: KubeClient, instance: string) {
    this.#client = client
    this.#instance = instance.slice(0, MAX_INSTANCE_CHARS)
  }

  async create(series: EventSeries): Promise<'written' | 'refused'> {
    const { regarding, related, reason, note } = series.draft
    const namespace = namespaceOf(series)
    const answer = await this.#client.request('POST', collectionPath(namespace), {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: eventName(series), namespace },
      eventTime: microTime(series.firstAt),
      reportingController: CONTROLLER,
      reportingInstance: this.#instance,
      type: 'Warning',
      reason,
      action: ACTIONS[reason],
      note: cutBytes(note, MAX_NOTE_BYTES),
      regarding,
      ...(related === undefined ? {} : { related }),
      ...(series.kills > 1 ? { series: seriesField(series) } : {}),
    })
    // By its name it is this kill's: an answer was lost.
    if (answer.code === 201 || (answer.code === 409 && statusOf(answer).reason === 'AlreadyExists')) return 'written'
    return refused(answer, 'take an Event')
  }

  async update(series: EventSeries): Promise<'written' | 'gone' | 'refused'> {
    const path = `${collectionPath(namespaceOf(series))}/${eventName(series)}`
    const answer = await this.#client.request('PATCH', path, { series: seriesField(series) })
    if (answer.code === 200) return 'written'
    if (answer.code === 404 && !isKindMissing(answer)) return 'gone'
    return refused(answer, 'count on an Event')
  }
}

/** What stays refused, in a namespace that ends say, is a value; what waiting or an administrator can mend is thrown. */
function refused(answer: KubeAnswer, what: string): 'refused' {
  const { message = '' } = statusOf(answer)
  const isQuota = answer.code === 403 && !/\bcannot (?:create|patch) resource\b/.test(message)
  if (isNamespaceEnding(answer) || isQuota || [400, 404, 413, 422].includes(answer.code)) return 'refused'
  throw refusalOf(answer, what)
}

/** The object's name and which kill it is: the same kill, told again, is the same Event. */
function eventName({ draft: { regarding, reason, subject, kill } }: EventSeries): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([regarding, reason, subject, kill]))
    .digest('hex')
    .slice(0, 16)
  const prefix = regarding.name.slice(0, MAX_NAME_CHARS - hash.length - 1).replace(/[^a-z0-9]+$/, '')
  // An owner of a custom kind may have a name that no Event can have.
  return `${isDnsSubdomain(prefix) ? prefix : 'kill'}.${hash}`
}

function namespaceOf({ draft: { regarding } }: EventSeries): string {
  return regarding.namespace ?? CLUSTER_NAMESPACE
}

function collectionPath(namespace: string): string {
  return `${API}/namespaces/${encodeURIComponent(namespace)}/events`
}

function seriesField({ kills, lastAt }: EventSeries): object {
  return { count: kills, lastObservedTime: microTime(lastAt) }
}

/** At most so many bytes of UTF-8, with no character cut in two. */
function cutBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return text
  const room = maxBytes - Buffer.byteLength('…')
  return `${new TextDecoder().decode(bytes.subarray(0, room)).replace(/\uFFFD$/, '')}…`
}
