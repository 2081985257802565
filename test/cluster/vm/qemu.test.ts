import { describe, expect, it } from '@jest/globals'
import { qemuCommand } from './qemu.ts'

const FILES = {
  kernel: '/k',
  initramfs: '/i',
  console: '/f/console',
  control: '/f/control',
  listens: 'host' as const,
  kmsg: '/f/kmsg',
  swap: '/f/swap',
}

describe('qemuCommand', () => {
  it('gives the console, the scripts and the kernel’s log a serial port each, in init.sh’s order', () => {
    const { argv } = qemuCommand({ memoryMib: 256, cgroup: 'v1' }, FILES)
    const ports = argv.filter((_, at) => argv[at - 1] === '-serial')
    expect(ports).toEqual(['file:/f/console', 'chardev:control', 'file:/f/kmsg'])
    expect(argv).toContain('socket,id=control,path=/f/control')
    expect(argv.at(argv.indexOf('-append') + 1)).toMatch(/ CGROUP=v1$/)
    expect(argv).not.toContain('-numa')
    expect(argv).not.toContain('-drive')
  })

  it('has a disk where there is to be swap', () => {
    const { argv } = qemuCommand({ memoryMib: 256, cgroup: 'v2', swapMib: 64 }, FILES)
    expect(argv.at(argv.indexOf('-drive') + 1)).toMatch(/^file=\/f\/swap,/)
  })

  it('that is a node has its root on a disk, a network device, a fourth port for what its programs say, and listens itself', () => {
    const files = { ...FILES, listens: 'guest' as const, disk: '/f/disk', log: '/f/log' }
    const { argv } = qemuCommand({ memoryMib: 2048, cgroup: 'v2', tap: 'tap-b' }, files)
    const text = argv.join(' ')
    expect(text).toContain(
      ' -drive file=/f/disk,format=raw,cache=unsafe,if=none,id=root -device nvme,drive=root,serial=root ',
    )
    expect(text).toContain(' -netdev tap,id=network,ifname=tap-b,script=no,downscript=no ')
    expect(text).toContain(' -chardev socket,id=control,path=/f/control,server=on,wait=off ')
    expect(argv.filter((_, at) => argv[at - 1] === '-serial').at(-1)).toBe('file:/f/log')
  })

  it('shares the memory between NUMA nodes', () => {
    const text = qemuCommand({ memoryMib: 385, cgroup: 'v2', nodes: 2 }, FILES).argv.join(' ')
    expect(text).toContain(' -m 384M ')
    expect(text).toContain('memory-backend-ram,id=node0,size=192M -numa node,nodeid=0,memdev=node0 ')
    expect(text).toContain('memory-backend-ram,id=node1,size=192M -numa node,nodeid=1,memdev=node1 ')
  })
})
