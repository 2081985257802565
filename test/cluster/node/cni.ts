/**
 * Pods on a bridge, each under its own address for the pods of the other node too, as Kubernetes wants its network to be. The range
 * leaves room for a second node's addresses on the same bridge.
 */
export function renderCniConfig(bridge: string, gateway: string): string {
  const network = gateway.slice(0, gateway.lastIndexOf('.'))
  const config = {
    cniVersion: '1.0.0',
    name: 'oomkeeper-test',
    plugins: [
      {
        type: 'bridge',
        bridge,
        isGateway: true,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: `${network}.0/24`, rangeStart: `${network}.10`, rangeEnd: `${network}.199`, gateway }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
