import type { PartCommand } from '../process/part.ts'

/** The machine a guest gets. */
export interface MachineSpec {
  memoryMib: number
  /** Which cgroup hierarchy has the memory controller. */
  cgroup: 'v1' | 'v2'
  /** NUMA nodes, which share the memory equally; 1 if not given. */
  nodes?: number
  /** Size of a disk to swap to, /dev/nvme0n1: Debian's kernels have no other driver built in. */
  swapMib?: number
  processors?: number
  /** Size of the kernel's log; if not given, one in which no record is overwritten before it is read. */
  ringKib?: number
}

export interface MachineFiles {
  kernel: string
  initramfs: string
  /** What the kernel prints to its console. */
  console: string
  /** The socket where scripts come in, listening already. */
  control: string
  /** Gets every record of /dev/kmsg. */
  kmsg: string
  /** The disk to swap to, if the machine has one. */
  swap: string
}

/** No failure of the guest is waited out (panic=-1, -no-reboot). */
const KERNEL_ARGUMENTS = 'console=ttyS0 quiet panic=-1'

/** An emulated processor: it needs neither /dev/kvm nor root, and boots Debian's kernel in seconds. */
export function qemuCommand(spec: MachineSpec, files: MachineFiles): PartCommand {
  const { memoryMib, cgroup, nodes = 1, swapMib = 0, processors = 1, ringKib = 1024 } = spec
  const nodeMib = Math.floor(memoryMib / nodes)
  const numa = Array.from({ length: nodes > 1 ? nodes : 0 }, (_, node) => [
    ['-object', `memory-backend-ram,id=node${node},size=${nodeMib}M`],
    ['-numa', `node,nodeid=${node},memdev=node${node}`],
  ])
  const disk = `file=${files.swap},format=raw,if=none,id=swap`
  const swap = swapMib === 0 ? [] : ['-drive', disk, '-device', 'nvme,drive=swap,serial=swap']
  const options = [
    ['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', String(processors), '-m', `${nodeMib * nodes}M`],
    ...numa.flat(),
    swap,
    ['-nodefaults', '-display', 'none', '-no-reboot'],
    [
      '-kernel',
      files.kernel,
      '-initrd',
      files.initramfs,
      '-append',
      `${KERNEL_ARGUMENTS} log_buf_len=${ringKib}K CGROUP=${cgroup}`,
    ],
    ['-serial', `file:${files.console}`],
    ['-chardev', `socket,id=control,path=${files.control}`, '-serial', 'chardev:control'],
    ['-serial', `file:${files.kmsg}`],
  ]
  return { name: 'qemu', argv: ['qemu-system-x86_64', ...options.flat()] }
}
