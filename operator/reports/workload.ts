import type { OomReportSpec } from '../api/oomReport.ts'

export type Workload = OomReportSpec['workload']

/** A controller that an object names as its owner. */
export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
}

/** As it stands in an object's metadata.ownerReferences. */
export type RawOwnerReference = OwnerReference & { controller?: boolean }

/** The one owner that controls an object, with no more than what says which it is. */
export function controllerOf(references: readonly RawOwnerReference[] | undefined): OwnerReference | undefined {
  const controller = references?.find((reference) => reference.controller === true)
  if (controller === undefined) return undefined
  const { apiVersion, kind, name, uid } = controller
  return { apiVersion, kind, name, uid }
}

/** What is known of an owner. */
export type Owner =
  | { kind: 'readable'; controller: OwnerReference | undefined }
  | {
      kind: 'unreadable'
      /** It is there no more; the operator may not read its kind; the apiserver has no such kind. */
      reason: 'Gone' | 'Refused' | 'NotServed'
    }

/** `uid` is undefined where the pod is its own workload. */
export interface ResolvedWorkload {
  workload: Workload
  uid: string | undefined
}

export type GetOwner = (namespace: string, reference: OwnerReference) => Promise<Owner>

/** Beyond this a chain is a loop or a joke. */
const MAX_OWNERS = 5
/** What people deploy: whatever made one of these, they know it by this name. */
const TOP_KINDS = new Set(['apps/v1/Deployment', 'apps/v1/StatefulSet', 'apps/v1/DaemonSet', 'batch/v1/CronJob'])

/** A group as DNS has it, and a version as the apiserver has it. */
const API_VERSION = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?v[a-z0-9]{1,62}$/
const KIND = /^[A-Za-z][A-Za-z0-9]{0,62}$/
/** Wider than what the apiserver gives to objects of its own kinds, and safe as a part of a path. */
const NAME = /^(?!\.{1,2}$)[\w.:-]{1,253}$/
const UID = /^[\w-]{1,64}$/

/**
 * Whether a reference can be of an object that there is. The apiserver takes nearly any text in the references of a pod, from
 * whoever may make it.
 */
export function isNameable({ apiVersion, kind, name, uid }: OwnerReference): boolean {
  return API_VERSION.test(apiVersion) && KIND.test(kind) && NAME.test(name) && UID.test(uid)
}

/**
 * What people deployed to get this pod: the last controller up its chain of owners that can be named, else the
 * pod itself, without a UID. Its child names an owner, so one that cannot be read is named too; what is above it is not known. A
 * static pod's owner is its node: it is its own workload.
 */
export async function resolveWorkload(
  pod: { namespace: string; name: string; controller: OwnerReference | undefined },
  getOwner: GetOwner,
): Promise<ResolvedWorkload> {
  let workload: Workload = { apiVersion: 'v1', kind: 'Pod', name: pod.name }
  let uid: string | undefined
  let next = pod.controller
  for (let depth = 0; depth < MAX_OWNERS && next !== undefined && !isNode(next) && isNameable(next); depth++) {
    workload = { apiVersion: next.apiVersion, kind: next.kind, name: next.name }
    uid = next.uid
    if (TOP_KINDS.has(`${next.apiVersion}/${next.kind}`)) break
    const owner = await getOwner(pod.namespace, next)
    next = owner.kind === 'readable' ? owner.controller : undefined
  }
  return { workload, uid }
}

function isNode(reference: OwnerReference): boolean {
  return reference.apiVersion === 'v1' && reference.kind === 'Node'
}
