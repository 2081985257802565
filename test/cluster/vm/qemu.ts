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
  /** A network device, eth0: the tap device at its other end, which is there already. */
  tap?: string
  /** Size of the kernel's log; if not given, one in which no record is overwritten before it is read. */
  ringKib?: number
}

export interface MachineFiles {
  kernel: string
  initramfs: string
  /** What the kernel prints to its console. */
  console: string
  /** The socket where scripts come in. */
  control: string
  /** Who listens at it: whoever boots the machine, already, or the machine itself, which outlives them. */
  listens: 'host' | 'guest'
  /** Gets every record of /dev/kmsg. */
  kmsg: string
  /** The disk to swap to, if the machine has one. */
  swap?: string
  /** The disk that has the root file system, /dev/nvme0n1. */
  disk?: string
  /** Gets what else the machine has to say, ttyS3. */
  log?: string
}

/** No failure of the guest is waited out (panic=-1, -no-reboot). */
const KERNEL_ARGUMENTS = 'console=ttyS0 quiet panic=-1 net.ifnames=0'

/** An emulated processor: it needs neither /dev/kvm nor root, and boots Debian's kernel in seconds. */
export function qemuCommand(spec: MachineSpec, files: MachineFiles): PartCommand {
  const { memoryMib, cgroup, nodes = 1, swapMib = 0, processors = 1, ringKib = 1024, tap } = spec
  const nodeMib = Math.floor(memoryMib / nodes)
  const numa = Array.from({ length: nodes > 1 ? nodes : 0 }, (_, node) => [
    ['-object', `memory-backend-ram,id=node${node},size=${nodeMib}M`],
    ['-numa', `node,nodeid=${node},memdev=node${node}`],
  ])
  const disk = (name: string, file: string): string[][] => [
    ['-drive', `file=${file},format=raw,cache=unsafe,if=none,id=${name}`],
    ['-device', `nvme,drive=${name},serial=${name}`],
  ]
  // romfile: nothing boots over it.
  const network = [
    ['-netdev', `tap,id=network,ifname=${tap},script=no,downscript=no`],
    ['-device', 'virtio-net-pci,netdev=network,romfile='],
  ]
  const listens = files.listens === 'guest' ? ',server=on,wait=off' : ''
  const options = [
    ['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', String(processors), '-m', `${nodeMib * nodes}M`],
    ...numa.flat(),
    ...(files.disk === undefined ? [] : disk('root', files.disk)),
    ...(files.swap === undefined || swapMib === 0 ? [] : disk('swap', files.swap)),
    ...(tap === undefined ? [] : network),
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
    ['-chardev', `socket,id=control,path=${files.control}${listens}`, '-serial', 'chardev:control'],
    ['-serial', `file:${files.kmsg}`],
    files.log === undefined ? [] : ['-serial', `file:${files.log}`],
  ]
  return { name: 'qemu', argv: ['qemu-system-x86_64', ...options.flat()] }
}
