import { describe, expect, it } from '@jest/globals'
import { parseContainerName } from './containerName.ts'

const UID = '0b8f0a53-5c1e-4b0e-9d0c-6f3f5b1f9d11'
const mount = (root: string, point: string): string => `812 790 254:0 ${root} ${point} rw,relatime - ext4 /dev/vda rw`
const overlay = '790 601 0:61 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w'
const hosts = mount(`/var/lib/kubelet/pods/${UID}/etc-hosts`, '/etc/hosts')
const termination = (name: string, uid = UID): string =>
  mount(`/var/lib/kubelet/pods/${uid}/containers/${name}/3f2a9c01`, '/dev/termination-log')

describe('parseContainerName', () => {
  it('finds the name by the file of the termination message', () => {
    expect(parseContainerName([overlay, hosts, termination('app'), ''].join('\n'), UID)).toBe('app')
  })

  it('finds it below another root of the kubelet, at another mount point, and when the file is gone', () => {
    const root = `/lib/kubelet/pods/${UID}/containers/side-car/0a1b//deleted`
    expect(parseContainerName(mount(root, '/tmp/said'), UID)).toBe('side-car')
  })

  it('goes by the end of a path that has such a folder twice, as where the kubelet keeps its own below one', () => {
    const outer = `/pods/${UID}/containers/outer/1a`
    expect(
      parseContainerName(mount(`${outer}/kubelet/pods/${UID}/containers/app/2b`, '/dev/termination-log'), UID),
    ).toBe('app')
  })

  it.each([
    ['a sandbox', `${overlay}\n${mount('/sandboxes/5f/resolv.conf', '/etc/resolv.conf')}`],
    ['another pod', termination('app', UID.replace('0b', '0c'))],
    ['a path that only begins so', mount(`/pods/${UID}/containers/app`, '/x')],
    ['a name that no container has', mount(`/pods/${UID}/containers/A%2F/01`, '/x')],
    ['nothing', ''],
    ['a torn line', '812 790'],
  ])('has no name for %s', (_what, text) => {
    expect(parseContainerName(text, UID)).toBeUndefined()
  })
})
