import { describe, expect, it } from '@jest/globals'
import { ownPathOf, resolveNodeRoot, type NodeRoot, type NodeSigns } from './nodeRoot.ts'

const A = 'a1'.repeat(32)
const B = 'b2'.repeat(32)
const POD = '/kubelet.slice/kubelet-kubepods.slice/pod'

/** /proc/1/mountinfo of a container, as docker makes it. */
const mountsOf = (root: string, mountPoint = '/etc/resolv.conf') =>
  `21 20 0:20 / /proc rw - proc proc rw\n30 20 8:1 ${root} ${mountPoint} rw,relatime - ext4 /dev/sda1 rw\n`

const rootOf = (signs: Partial<NodeSigns>): NodeRoot | undefined =>
  resolveNodeRoot({
    configured: undefined,
    seesKernelPids: false,
    isFirst: false,
    firstCgroup: undefined,
    firstMounts: mountsOf('/', '/'),
    hasCgroup: () => false,
    ...signs,
  })

const DOCKER = mountsOf(`/var/lib/docker/containers/${A}/resolv.conf`)

describe('resolveNodeRoot', () => {
  it('is the whole tree on a machine of its own, whatever its first process shows', () => {
    expect(rootOf({ seesKernelPids: true, firstCgroup: '/init.scope', firstMounts: DOCKER })).toEqual({ kind: 'whole' })
  })

  it('is the whole tree where the first process is the agent: it tells of its own container, not of the node', () => {
    expect(rootOf({ isFirst: true, firstMounts: DOCKER })).toEqual({ kind: 'whole' })
  })

  it('is the whole tree where the first process is hidden: that is told as a right that is missing', () => {
    expect(rootOf({ firstMounts: '' })).toEqual({ kind: 'whole' })
  })

  it('is what the flag says', () => {
    const configured = '/lxc/node-a'
    expect(rootOf({ configured, hasCgroup: () => true })).toEqual({ kind: 'path', path: configured, isHidden: false })
    expect(rootOf({ configured, seesKernelPids: true })).toEqual({ kind: 'path', path: configured, isHidden: true })
  })

  it.each([
    ['docker', `/var/lib/docker/containers/${A}/resolv.conf`, '/etc/resolv.conf'],
    ['docker with a root of its own', `/data/containers/${A}/hostname`, '/etc/hostname'],
    ['podman', `/var/lib/containers/storage/overlay-containers/${A}/userdata/hosts`, '/etc/hosts'],
  ])(
    'goes by the id of the container that the node is, of %s, where a cgroup namespace hides its path',
    (_of, root, at) => {
      const expected = { kind: 'container', id: A, isHidden: true }
      for (const firstCgroup of [undefined, '/init.scope', '/init'])
        expect(rootOf({ firstCgroup, firstMounts: mountsOf(root, at) })).toEqual(expected)
    },
  )

  it.each([
    [`/docker/${A}/init.scope`, `/docker/${A}`],
    [`/docker/${A}`, `/docker/${A}`],
    [`/system.slice/docker-${A}.scope/init`, `/system.slice/docker-${A}.scope`],
  ])('goes by the path where it is shown: %s', (firstCgroup, path) => {
    expect(rootOf({ firstCgroup, firstMounts: DOCKER })).toEqual({ kind: 'path', path, isHidden: false })
  })

  it('goes by the path of a container without an id', () => {
    expect(rootOf({ firstCgroup: '/lxc.payload.n1/init.scope' })).toMatchObject({ path: '/lxc.payload.n1' })
  })

  it.each([undefined, '/init.scope', '/../../x'])('says nothing where nothing tells: %s', (firstCgroup) => {
    expect(rootOf({ firstCgroup, firstMounts: mountsOf('/x', '/etc/resolv.conf') })).toBeUndefined()
  })
})

describe('ownPathOf', () => {
  const byId: NodeRoot = { kind: 'container', id: A, isHidden: true }
  const shown: NodeRoot = { kind: 'path', path: `/docker/${A}`, isHidden: false }
  const hidden: NodeRoot = { ...shown, isHidden: true }

  it.each<[NodeRoot, string, string | undefined]>([
    [{ kind: 'whole' }, `/docker/${B}${POD}`, `/docker/${B}${POD}`],
    [byId, `/docker/${A}${POD}`, POD],
    [byId, `/system.slice/docker-${A}.scope${POD}`, POD],
    [byId, `/machine.slice/libpod-${A}.scope${POD}`, POD],
    // A node in a pod of another cluster: what is above it is not its own.
    [byId, `/kubepods/pod1/${B}/docker/${A}${POD}`, POD],
    [byId, `/docker/${A}`, '/'],
    [byId, `/docker/${B}${POD}`, undefined],
    [byId, '/system.slice/docker.service', undefined],
    [byId, '/', undefined],
    [shown, `/docker/${A}${POD}`, `/docker/${A}${POD}`],
    [shown, `/docker/${A}x${POD}`, undefined],
    [shown, '/', undefined],
    [hidden, `/docker/${A}${POD}`, POD],
    [hidden, `/docker/${A}`, '/'],
    [hidden, `/docker/${B}`, undefined],
  ])('of %j: %s is %s', (root, path, own) => {
    expect(ownPathOf(root, path)).toBe(own)
  })
})
