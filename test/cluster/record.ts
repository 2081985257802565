import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NatsUsers } from './nats/config.ts'
import { NODE_NAME, SECOND_NODE, STATE_FOLDER } from './names.ts'
import type { Owner } from './owner.ts'
import type { Part, PartCommand } from './process/part.ts'

/** Folders with what was built, and with what the distribution has. */
export interface Programs {
  kubernetes: string
  etcd: string
  nats: string
  images: string
  coredns: string
  cniPlugins: string
  /** Files of the second node's machine; without, the cluster has one node. */
  secondNode?: MachinePrograms
}

export interface MachinePrograms {
  kernel: string
  initramfs: string
  disk: string
}

/** A part as started, and how it is started again. */
export interface RecordedPart extends Part {
  command: PartCommand
}

/** What is known of the machine's test cluster, written before each next step: a crash leaves it true so far. */
export interface ClusterRecord {
  format: 1
  phase: 'starting' | 'up'
  owner: Owner
  bootId: string
  startedAt: string
  /** The process that keeps the namespaces open. */
  holder?: Part
  /** By which a process joins the cluster's cgroups. */
  joinFiles: string[]
  parts: RecordedPart[]
  natsUsers: NatsUsers
  /** What it runs: another checkout state may want others. */
  programs: Programs
  /** Values of this machine from before the kubelet changed them. */
  sysctls: Record<string, string>
}

export function nodeNames({ programs }: ClusterRecord): string[] {
  return programs.secondNode === undefined ? [NODE_NAME] : [NODE_NAME, SECOND_NODE.name]
}

const FILE = join(STATE_FOLDER, 'cluster.json')

export function saveRecord(record: ClusterRecord): void {
  const unfinished = `${FILE}.${process.pid}`
  writeFileSync(unfinished, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 })
  renameSync(unfinished, FILE)
}

/** Undefined when there is none; one that cannot be read is as good as none, since leftovers are found without it. */
export function readRecord(): ClusterRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(FILE, 'utf8')) as ClusterRecord
    return record.format === 1 ? record : undefined
  } catch {
    return undefined
  }
}

/** A restarted part takes its predecessor's place. */
export function recordPart(record: ClusterRecord, part: Part, command: PartCommand): void {
  record.parts = [...record.parts.filter(({ name }) => name !== part.name), { ...part, command }]
  saveRecord(record)
}
