/** What a Kubernetes Event is about. */
export interface ObjectReference {
  apiVersion: string
  kind: string
  /** Absent for what lies in no namespace. */
  namespace?: string
  name: string
  uid: string
}

/**
 * `OOMVictim`: the killer took a process. `OOMVictimHidden`: Kubernetes did not show that within 30 s. `OOMNoVictim`: the killer
 * ran and found nobody, or the kernel panicked. `OOMPolicyRolledBack`: a policy is not applied any more on a node. `OOMPolicyNotApplied`: a
 * policy selects a container and is not applied there. `OOMNodeFloods`: a node sends more kills than its share.
 */
export type EventReason =
  | 'OOMVictim'
  | 'OOMVictimHidden'
  | 'OOMNoVictim'
  | 'OOMPolicyRolledBack'
  | 'OOMPolicyNotApplied'
  | 'OOMNodeFloods'

/** One kill as an Event would tell it. */
export interface EventDraft {
  regarding: ObjectReference
  related?: ObjectReference
  reason: EventReason
  /** For a person; the apiserver takes 1,024 bytes. */
  note: string
  /** Kills of one object, reason and subject are one series: those that differ by pid, size and time only. */
  subject: string
  /** Which kill it is (killKey), or what else happened: the Event's name follows from it, so that one told twice is one. */
  kill: string
}

export const MAX_NOTE_BYTES = 1_024
